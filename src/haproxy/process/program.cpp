#include "haproxy/process/program.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <charconv>

#include "base/text.hpp"

namespace dfp::haproxy::process {
namespace {

bool parse_number(std::string_view& text, int& value) {
  auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
  return true;
}

/// "[ALERT]    (123) : config : parsing [x:1] ..." -> "parsing [x:1] ...".
std::string_view without_prefix(std::string_view line) {
  if (auto at = line.find(") : "); at != std::string_view::npos) line.remove_prefix(at + 4);
  constexpr std::string_view kConfig = "config : ";
  if (line.starts_with(kConfig)) line.remove_prefix(kConfig.size());
  return line;
}

}  // namespace

Result<Version> parse_version(std::string_view output) {
  constexpr std::string_view kBegin = "version ";
  auto at = output.find(kBegin);
  auto first_line = output.substr(0, output.find('\n'));
  if (at == std::string_view::npos || at > first_line.size())
    return fail(Errc::Rejected, fmt::format("this is not haproxy: {}", text::shown(first_line)));
  auto rest = first_line.substr(at + kBegin.size());
  Version version;
  version.text = rest.substr(0, rest.find(' '));
  bool ok = parse_number(rest, version.major) && rest.starts_with('.');
  rest.remove_prefix(ok ? 1 : 0);
  if (!ok || !parse_number(rest, version.minor))
    return fail(Errc::Rejected,
                fmt::format("haproxy's version is not understood: {}", text::shown(first_line)));
  return version;
}

namespace {

/// A program that cannot be used, with the setting that names it.
std::unexpected<Error> not_usable(const std::string& program, const Error& why) {
  return fail(why.code, fmt::format("{}: {}; name another one with --haproxy", program, why.what));
}

}  // namespace

Task<Result<Version>> find_program(Executor executor, std::string program, Deadline deadline) {
  std::vector<std::string> arguments = {program, "-v"};
  auto output = co_await run_program(executor, std::move(arguments), deadline);
  if (!output && output.error().code == Errc::NotFound)
    co_return fail(
        Errc::NotFound,
        fmt::format("haproxy is not installed as {}: install it (apt-get install haproxy) or name it with "
                    "--haproxy",
                    text::shown(program)));
  if (!output) co_return not_usable(program, output.error());
  auto version = parse_version(output->text);
  if (!version) co_return not_usable(program, version.error());
  if (!version->at_least(2, 6))
    co_return not_usable(
        program,
        {Errc::Rejected, fmt::format("this is HAProxy {}, and 2.6 or newer is needed", version->text)});
  co_return std::move(*version);
}

namespace {

Result<> verdict(const ProgramOutput& output) {
  if (!output.status.by_signal && output.status.code == 0) return {};
  auto why = error_lines(output.text);
  return fail(Errc::Rejected, why.empty() ? fmt::format("haproxy -c: {}", output.status.text()) : why);
}

}  // namespace

Task<Result<>> check_config(Executor executor, std::string program, std::string config_file,
                            Deadline deadline) {
  std::vector<std::string> arguments = {program, "-c", "-f", std::move(config_file)};
  auto output = co_await run_program(executor, std::move(arguments), deadline);
  if (!output) co_return std::unexpected(output.error());
  co_return verdict(*output);
}

Task<Result<TextVerdict>> check_text(Executor executor, std::string program, std::string config,
                                     Confinement confinement, Deadline deadline) {
  std::vector<std::string> arguments = {program, "-c", "-f", "/dev/stdin"};
  auto output =
      co_await run_confined(executor, std::move(arguments), std::move(config), confinement, deadline);
  if (!output) co_return std::unexpected(output.error());
  if (confinement.required && !output->held.confined())
    co_return TextVerdict{fail(Errc::Unavailable, fmt::format("{} cannot be confined here, it misses {}",
                                                              program, output->held.missing())),
                          output->held};
  constexpr int kNotExecuted = 127;  // of exec and of the dynamic linker: nobody has read the text
  if (!output->status.by_signal && output->status.code == kNotExecuted)
    co_return fail(Errc::Unavailable, fmt::format("{} cannot be started confined: {}", program,
                                                  text::shown(text::trim(output->text))));
  co_return TextVerdict{verdict(*output), output->held};
}

std::string error_lines(std::string_view output) {
  std::string errors;
  for (const auto& line : text::split(output, '\n')) {
    if (!line.starts_with("[ALERT]")) continue;
    auto text = without_prefix(line);
    if (text.starts_with("Error(s) found") || text.starts_with("Fatal errors found")) continue;
    if (!errors.empty()) errors += "; ";
    errors += text::trim(text);
  }
  return errors;
}

Result<> check_descriptor_limit() {
  constexpr rlim_t kFewest = 256;  // HAProxy 2.6 without connections takes up to 224
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max >= kFewest) return {};
  return fail(
      Errc::InvalidArgument,
      fmt::format("the limit of open files is {}, but HAProxy needs {} plus one or two per connection: raise "
                  "the limit (ulimit -n, LimitNOFILE=, docker run --ulimit nofile=)",
                  limit.rlim_max, kFewest));
}

}  // namespace dfp::haproxy::process
