#include "probe/check.hpp"

#include <fmt/format.h>

#include "net/http_probe.hpp"

namespace dfp::probe {

Task<Result<>> check_once(Executor executor, net::Endpoint instance, model::HealthCheck check,
                          std::shared_ptr<net::Interrupt> interrupt, Deadline deadline) {
  if (!check.is_http()) {
    auto stream = co_await net::dial(executor, std::move(instance), nullptr, std::move(interrupt), deadline);
    if (!stream) co_return std::unexpected(stream.error());
    co_return Result<>{};
  }
  net::HttpRequest request(check.method, check.path, "", {{"User-Agent", "docker-flow-proxy-check"}});
  if (!check.host.empty()) request.headers.set("Host", check.host);
  auto status = co_await net::probe_status(executor, std::move(instance), std::move(request),
                                           std::move(interrupt), deadline);
  auto asked = fmt::format("{} {}", check.method, check.path);
  if (!status) co_return fail(std::move(asked), status.error());
  if (!check.accepts(*status))
    co_return fail(Errc::Rejected,
                   fmt::format("{} answered {}, healthy are {}", asked, *status, check.statuses()));
  co_return Result<>{};
}

}  // namespace dfp::probe
