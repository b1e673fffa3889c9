#include "parameters/options.hpp"

#include <array>

#include "base/parse.hpp"

namespace dfp::parameters {
namespace {

constexpr auto kLongestWait = std::chrono::minutes(10);

constexpr std::array kOptions = {
    ParameterInfo{.name = "distribute",
                  .type = ParameterType::Bool,
                  .fallback = "false",
                  .allowed = "true or false",
                  .meaning = "Accepted for compatibility; has no effect: all proxies with this registry and "
                             "instance name follow within seconds anyway.",
                  .since = "the original of August 2016"},
    ParameterInfo{.name = "dryRun",
                  .type = ParameterType::Bool,
                  .fallback = "false",
                  .allowed = "true or false",
                  .meaning = "Report what would be done and whether it would be accepted; change nothing.",
                  .since = "new"},
    ParameterInfo{
        .name = "waitForHealthy",
        .type = ParameterType::Bool,
        .fallback = "false",
        .allowed = "true or false",
        .meaning = "Instances that are not in use yet receive no requests before they pass a health check. "
                   "If one is not healthy in time, the request is rejected (409) and nothing changes.",
        .since = "new"},
    ParameterInfo{.name = "waitTimeout",
                  .max_bytes = 16,
                  .fallback = "30s",
                  .allowed = "duration: 500ms, 10s, 2m; a number alone is seconds; 1ms to 10m",
                  .meaning = "How long waitForHealthy waits.",
                  .since = "new"},
};

}  // namespace

std::span<const ParameterInfo> option_parameters() { return kOptions; }

Result<RequestOptions> read_options(const ParameterValues& values) {
  RequestOptions options{.distribute = values.flag("distribute"),
                         .dry_run = values.flag("dryRun"),
                         .wait_for_healthy = values.flag("waitForHealthy")};
  if (!values.has("waitTimeout")) return options;
  auto timeout = parse::duration(values.text("waitTimeout"), std::chrono::milliseconds(1), kLongestWait);
  if (!timeout) return fail("waitTimeout", timeout.error());
  options.wait_timeout = *timeout;
  return options;
}

}  // namespace dfp::parameters
