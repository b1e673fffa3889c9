#include "cli/exit_status.hpp"

#include <fmt/format.h>

#include <array>

namespace dfp::cli {
namespace {

constexpr std::array kTable = {
    ExitStatusInfo{kOk, "done", "What was asked for is done; a server has ended because it was asked to.",
                   "all"},
    ExitStatusInfo{kFailed, "refused or failed",
                   "The server said no, or something else failed; the message on standard error says what. "
                   "A refused request has changed nothing.",
                   "all"},
    ExitStatusInfo{kUsage, "wrong usage", "The command line or a setting is wrong; nothing was begun.",
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
    ExitStatusInfo{kUnknown, "outcome unknown",
                   "A request that changes something was sent, and no answer came within `--timeout`, the "
                   "connection broke, the registry did not answer the proxy (504), or something else answered, as a "
                   "gateway does: it may have been carried out. `docker-flow-proxy services` tells; asking for the same again does no harm.",
                   "reconfigure, remove, reload, register, deregister"},
    ExitStatusInfo{kNotParsed, "the template is wrong",
                   "The template cannot be parsed, or names a function that is refused.", "template"},
    ExitStatusInfo{kNotRendered, "the template gave no text",
                   "The template ended with an error, or needs what does not exist.", "template"},
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
