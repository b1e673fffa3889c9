// One health check by ourselves: where new servers have to be healthy before HAProxy gets to know them.
#include <fmt/format.h>

#include "haproxy/driver_impl.hpp"
#include "net/dial.hpp"

namespace dfp::haproxy {

/// HAProxy's "check" without a protocol makes a connection and closes it (configuration manual 2.6, section
/// 5.2, "check"); it gives it as much time as lies between two checks.
Task<Result<>> Driver::check(model::Instance instance, Deadline deadline) {
  auto self = impl_;
  net::Endpoint endpoint{net::Endpoint::Kind::Tcp, instance.address, instance.port};
  auto until = deadline.min(Deadline::after(self->settings.checks.interval));
  auto stream = co_await net::dial(self->executor, std::move(endpoint), nullptr,
                                   std::make_shared<net::Interrupt>(), until);
  if (!stream) co_return std::unexpected(stream.error());
  co_return Result<>{};
}

}  // namespace dfp::haproxy
