#include "cli/exit_status.hpp"

#include <fmt/format.h>

#include <array>

namespace dfp::cli {
namespace {

constexpr std::array kTable = {
    ExitStatusInfo{kOk, "done", "The command succeeded; a server was stopped on request.", "all"},
    ExitStatusInfo{kFailed, "rejected or failed",
                   "The server rejected the request, or something else failed; standard error says what. A "
                   "rejected request changes nothing.",
                   "all"},
    ExitStatusInfo{kUsage, "wrong usage", "The command line or a setting is wrong; nothing was started.",
                   "all"},
    ExitStatusInfo{
        kNoAddress, "an address cannot be used",
        "Clients: the API cannot be reached, or what answers a request that only reads is something "
        "else; nothing was changed. `server`, `demo-service`: an address to listen on is taken.",
        "all that use the network"},
    ExitStatusInfo{kNoHaproxy, "no HAProxy", "HAProxy is missing, too old, or does not start.", "server"},
    ExitStatusInfo{kNoRegistry, "no registry",
                   "The embedded registry cannot be opened; `registrator`: the registry cannot be used.",
                   "server, registrator"},
    ExitStatusInfo{
        kUnknown, "outcome unknown",
        "A change was requested, but no answer arrived within `--timeout`, the connection broke, the "
        "registry did not answer the proxy (504), or something else answered, such as a gateway: it may have "
        "taken effect. Check with `docker-flow-proxy services`; repeating the request is safe.",
        "reconfigure, remove, reload, register, deregister"},
    ExitStatusInfo{kNotParsed, "the template is wrong",
                   "The template cannot be parsed, or names a function that is rejected.", "template"},
    ExitStatusInfo{kNotRendered, "the template gave no text",
                   "Rendering failed, or a key or service it requires does not exist.", "template"},
    ExitStatusInfo{
        kNoServerUp, "a service has no server up",
        "`services --check`: at least one of the services has no server that gets requests; standard "
        "error names them. Where HAProxy cannot be asked, the status is 1.",
        "services"},
};

}  // namespace

std::span<const ExitStatusInfo> exit_statuses() { return kTable; }

std::string exit_status_sentence() {
  std::string out = "Exit status:";
  for (const auto& row : kTable)
    out += fmt::format("{} {} {}", row.status == kOk ? "" : ",", static_cast<int>(row.status), row.meaning);
  return out + ".";
}

}  // namespace dfp::cli
