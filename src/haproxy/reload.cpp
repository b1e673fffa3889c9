#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "haproxy/addresses.hpp"
#include "haproxy/driver_impl.hpp"
#include "haproxy/offender.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;

Result<> Driver::Impl::refresh_base() {
  auto depth = std::max(surroundings.wildcard_depth, world.routes().deepest_wildcard());
  if (base && base->wildcard_depth == depth) return {};
  surroundings.wildcard_depth = depth;
  auto text = config::base_text(settings, surroundings);
  if (!text) return std::unexpected(text.error());
  base = std::move(*text);
  return {};
}

Task<Result<config::Description>> Driver::Impl::install(Deadline deadline) {
  if (auto fresh = refresh_base(); !fresh) co_return std::unexpected(fresh.error());
  ++generation;
  auto rendered = world.render(*base, surroundings.certificates, generation);
  if (!rendered) co_return std::unexpected(rendered.error());
  auto file = files.write(generation, *rendered);
  if (!file) co_return std::unexpected(file.error());
  auto accepted = co_await process::check_config(executor, settings.program, file->string(), deadline);
  if (!accepted) {
    auto service = offending_service(accepted.error().what, rendered->find(config::kConfigFile)->second);
    co_return fail(service ? "haproxy refuses service " + *service : "haproxy refuses the configuration",
                   accepted.error());
  }
  if (auto active = files.activate(generation); !active) co_return std::unexpected(active.error());
  co_return config::Description{generation, base->hash, base->wildcard_depth};
}

Task<Result<>> Driver::Impl::reload(std::string reason, Deadline deadline) {
  auto begin = Clock::now();
  auto before = files.active();
  auto installed = co_await install(deadline);
  if (!installed) co_return std::unexpected(installed.error());
  auto done = co_await master.reload(*installed, deadline);
  if (!done) {
    if (before && files.activate(*before)) files.remove_all_but(*before);
    co_return done;
  }
  files.remove_all_but(generation);
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  log::info("haproxy.reload", {{"generation", generation}, {"took_ms", took.count()}, {"reason", reason}});
  co_return Result<>{};
}

}  // namespace dfp::haproxy
