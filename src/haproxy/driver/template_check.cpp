#include "haproxy/driver/template_check.hpp"

#include <fmt/format.h>

#include "base/log.hpp"

namespace dfp::haproxy {
namespace {

constexpr const char* kWayOut =
    "allow the container or service seccomp(2) and landlock(7), or accept it with --template-check "
    "unconfined";

/// Nothing is served by it, so nothing can be wrong with it.
constexpr const char* kEmptyConfig =
    "defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\nbackend empty\n";

}  // namespace

TemplateCheck::TemplateCheck(Executor executor, const Settings& settings, metrics::Registry& registry)
    : executor_(std::move(executor)),
      settings_(settings),
      confined_(registry.gauge("dfp_haproxy_template_check_confined",
                               "1 when the check of a template runs without network and without files; 0 "
                               "when not, or not known yet.")) {}

void TemplateCheck::note(const process::Held& held) {
  bool news = !held_ || held_->confined() != held.confined() || held_->missing() != held.missing();
  held_ = held;
  confined_.set(held.confined() ? 1 : 0);
  if (!news) return;
  if (held.confined())
    log::info("haproxy.template_check_confined", {{"by", held.text()}});
  else
    log::warn("haproxy.template_check_not_confined",
              {{"missing", held.missing()},
               {"held_by", held.text()},
               {"templates", settings_.confine_template_check ? "refused" : "checked unconfined"},
               {"way_out", kWayOut}});
}

process::Confinement TemplateCheck::confinement() const {
  process::Confinement out;
  out.required = settings_.confine_template_check;
  // An operator who permitted files wants them read as HAProxy will read them.
  out.any_file = !settings_.allowed_keywords.empty();
  return out;
}

Task<> TemplateCheck::find_out(Deadline deadline) {
  auto verdict =
      co_await process::check_text(executor_, settings_.program, kEmptyConfig, confinement(), deadline);
  if (!verdict)
    log::warn("haproxy.template_check_failed", {{"error", verdict.error().what}});
  else
    note(verdict->held);
}

Task<Result<>> TemplateCheck::check(std::string config, Deadline deadline) {
  auto confined = confinement();
  auto verdict =
      co_await process::check_text(executor_, settings_.program, std::move(config), confined, deadline);
  if (!verdict) co_return std::unexpected(verdict.error());
  note(verdict->held);
  if (confined.required && !verdict->held.confined())
    co_return fail(Errc::Rejected,
                   fmt::format("it cannot be checked: {}; {}", verdict->accepted.error().what, kWayOut));
  co_return std::move(verdict->accepted);
}

std::string TemplateCheck::text() const {
  if (!held_) return "unknown yet";
  if (held_->confined()) return "confined: " + held_->text();
  return fmt::format("{}: {} is missing; held by: {}",
                     settings_.confine_template_check ? "templates are refused" : "unconfined",
                     held_->missing(), held_->text());
}

}  // namespace dfp::haproxy
