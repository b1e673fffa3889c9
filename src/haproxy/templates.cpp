#include "base/log.hpp"
#include "haproxy/driver_impl.hpp"
#include "haproxy/template_error.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kCheckTime = 10s;

void log_ignored(const std::string& service, const config::Fragment& fragment) {
  for (const auto& line : fragment.ignored)
    log::info("haproxy.template_line_ignored",
              {{"service", service},
               {"line", line.number},
               {"text", line.text},
               {"reason", "the shared frontend decides it for all services"}});
}

}  // namespace

/// A template that HAProxy does not take is a wrong request, and one that another service stands in the way
/// of a conflict.
Task<Result<>> Driver::Impl::check_templates(const model::Change* change, Deadline deadline) {
  for (const auto& [name, service] : *change) {
    auto present = world.state().services.find(name);
    bool known =
        service && present != world.state().services.end() && present->second.rendered == service->rendered;
    if (!service || known || service->rendered.empty()) continue;
    auto fragment = world.fragment_of(*service);
    if (!fragment) co_return fail(Errc::InvalidArgument, std::move(fragment.error().what));
    auto isolated = config::isolated_config(**fragment);
    // An operator who permitted files wants them read as HAProxy will read them.
    bool drop_user = settings.allowed_keywords.empty();
    auto accepted = co_await process::check_text(executor, settings.program, isolated.text, drop_user,
                                                 deadline.min(Deadline::after(kCheckTime)));
    if (!accepted) {
      auto code = accepted.error().code == Errc::Rejected ? Errc::InvalidArgument : accepted.error().code;
      Error why{code, config::explain(isolated, accepted.error().what)};
      co_return std::unexpected(template_error(*service, why));
    }
    log_ignored(name, **fragment);
  }
  co_return world.check_apart(*change);
}

}  // namespace dfp::haproxy
