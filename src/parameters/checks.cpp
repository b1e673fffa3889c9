#include "parameters/families.hpp"

#include <array>

#include "base/parse.hpp"

namespace dfp::parameters {
namespace {
using namespace std::chrono_literals;
using model::CheckParameters;
using std::chrono::milliseconds;
using Texts = std::vector<std::string>;

constexpr std::size_t kMaxPath = 1024;
constexpr std::size_t kMaxHost = 260;
constexpr std::size_t kMaxWord = 32;
constexpr milliseconds kLeastInterval = 100ms;
constexpr milliseconds kMostInterval = 1h;
constexpr milliseconds kLeastTimeout = 10ms;
constexpr milliseconds kMostTimeout = 1min;
constexpr int kMostTimes = 100;

/// Set and get of a field of CheckParameters that holds its value as it is.
template <auto Field, class T>
Result<> take(Definition& definition, Destination&, const ParameterValue& value) {
  definition.check.*Field = std::get<T>(value);
  return {};
}
template <auto Field>
ParameterValue give(const Definition& definition, const Destination&) {
  return definition.check.*Field;
}

struct Span {
  std::string_view name;
  milliseconds least, most;
};
constexpr Span kInterval{"checkInterval", kLeastInterval, kMostInterval};
constexpr Span kTimeout{"checkTimeout", kLeastTimeout, kMostTimeout};

template <auto Field, const Span& Allowed>
Result<> take_span(Definition& definition, Destination&, const ParameterValue& value) {
  const auto& text = std::get<std::string>(value);
  definition.check.*Field = std::nullopt;
  if (text.empty()) return {};
  auto span = parse::duration(text, Allowed.least, Allowed.most);
  if (!span) return fail(Allowed.name, span.error());
  definition.check.*Field = *span;
  return {};
}
template <auto Field>
ParameterValue give_span(const Definition& definition, const Destination&) {
  const auto& span = definition.check.*Field;
  return span ? parse::render_duration(*span) : std::string();
}

constexpr std::string_view kRise = "checkRise";
constexpr std::string_view kFall = "checkFall";

template <auto Field, const std::string_view& Name>
Result<> take_times(Definition& definition, Destination&, const ParameterValue& value) {
  const auto& text = std::get<std::string>(value);
  definition.check.*Field = std::nullopt;
  if (text.empty()) return {};
  auto times = parse::number(text, 1, kMostTimes);
  if (!times) return fail(Name, times.error());
  definition.check.*Field = static_cast<int>(*times);
  return {};
}
template <auto Field>
ParameterValue give_times(const Definition& definition, const Destination&) {
  const auto& times = definition.check.*Field;
  return times ? std::to_string(*times) : std::string();
}

constexpr std::string_view kApplied = "the running checks, and those of waitForHealthy";

constexpr std::array kRows = {
    Parameter{{.name = "checkPath",
               .max_bytes = kMaxPath,
               .allowed = "a path beginning with '/', with its query, percent-encoded",
               .meaning = "Path of the HTTP health check that an instance must pass to be used. Without it, "
                          "and without an HTTP check in the registry, a TCP connection is enough.",
               .since = "new"},
              kApplied,
              false,
              take<&CheckParameters::path, std::string>,
              give<&CheckParameters::path>},
    Parameter{{.name = "checkMethod",
               .max_bytes = kMaxWord,
               .allowed = "a method like GET, HEAD, OPTIONS",
               .meaning = "Method of the check request. Default: GET. Requires checkPath.",
               .since = "new"},
              kApplied,
              false,
              take<&CheckParameters::method, std::string>,
              give<&CheckParameters::method>},
    Parameter{{.name = "checkHost",
               .max_bytes = kMaxHost,
               .allowed = "a host name or address, optionally with a port",
               .meaning = "Host header of the check request. Default: the instance's address and port. "
                          "Requires checkPath.",
               .since = "new"},
              kApplied,
              false,
              take<&CheckParameters::host, std::string>,
              give<&CheckParameters::host>},
    Parameter{{.name = "checkStatus",
               .type = ParameterType::List,
               .max_bytes = kMaxWord,
               .allowed = "statuses, ranges and classes: 204, 200-399, 2xx",
               .meaning = "Response statuses that count as healthy. Default: 200-399. Requires checkPath.",
               .since = "new"},
              kApplied,
              false,
              take<&CheckParameters::status, Texts>,
              give<&CheckParameters::status>},
    Parameter{{.name = "checkInterval",
               .max_bytes = kMaxWord,
               .allowed = "duration: 500ms, 10s, 1m; a number alone is seconds; 100ms to 1h",
               .meaning = "Interval between checks of an instance. Default: the setting check-interval. "
                          "Longer if there are more instances than the proxy can check in that time.",
               .since = "new"},
              "the running checks",
              false,
              take_span<&CheckParameters::interval, kInterval>,
              give_span<&CheckParameters::interval>},
    Parameter{{.name = "checkTimeout",
               .max_bytes = kMaxWord,
               .allowed = "duration: 500ms, 10s, 1m; a number alone is seconds; 10ms to 1m",
               .meaning = "Time limit for a check's connection and response. Default: checkInterval.",
               .since = "new"},
              kApplied,
              false,
              take_span<&CheckParameters::timeout, kTimeout>,
              give_span<&CheckParameters::timeout>},
    Parameter{{.name = "checkRise",
               .max_bytes = 3,
               .allowed = "1 to 100",
               .meaning = "Consecutive passed checks before an instance that was taken out is used again, "
                          "and the number waitForHealthy requires (1 if not set).",
               .since = "new"},
              kApplied,
              false,
              take_times<&CheckParameters::rise, kRise>,
              give_times<&CheckParameters::rise>},
    Parameter{
        {.name = "checkFall",
         .max_bytes = 3,
         .allowed = "1 to 100",
         .meaning =
             "Consecutive failed checks before an instance is taken out. Default: the setting check-fall.",
         .since = "new"},
        "the running checks",
        false,
        take_times<&CheckParameters::fall, kFall>,
        give_times<&CheckParameters::fall>},
    Parameter{{.name = "checkTcp",
               .type = ParameterType::Bool,
               .fallback = "false",
               .allowed = "true or false",
               .meaning = "A TCP connection is enough, even if the registry has an HTTP check.",
               .since = "new"},
              kApplied,
              false,
              take<&CheckParameters::tcp, bool>,
              give<&CheckParameters::tcp>},
};

}  // namespace

std::span<const Parameter> check_parameters() { return kRows; }

}  // namespace dfp::parameters
