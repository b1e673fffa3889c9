#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "haproxy/config/secrets.hpp"
#include "haproxy/driver/driver_impl.hpp"
#include "haproxy/state/template_error.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kCheckTime = 10s;
constexpr std::size_t kRemembered = 256;  ///< texts of templates that HAProxy has accepted

/// The first word of a line: the others may be a password.
std::string keyword_of(std::string_view line) {
  line = text::trim(line);
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

void log_ignored(const std::string& service, const config::Fragment& fragment) {
  for (const auto& line : fragment.ignored)
    log::info("haproxy.template_line_ignored",
              {{"service", service},
               {"line", line.number},
               {"keyword", keyword_of(line.text)},
               {"reason", "the shared frontend decides it for all services"}});
}

/// Whether a name leads to our API, as it was looked up last.
Result<> check_doubtful_servers(const model::Service& service, const config::Fragment& fragment,
                                const config::Addresses& addresses) {
  for (const auto& server : fragment.doubtful_servers) {
    if (!addresses.is_barred(server.host, server.port)) continue;
    auto why =
        fmt::format("line {}: server at {}:{}: this is the proxy's own API, which must not be published",
                    server.line, server.host, server.port);
    return std::unexpected(template_error(service, {Errc::InvalidArgument, std::move(why)}));
  }
  return {};
}

}  // namespace

/// A text that was accepted is not checked again: what is found before the turn counts in it too. (The whole
/// configuration is checked with every reload in any case.)
Task<Result<>> Driver::Impl::check_once(std::string text, Deadline deadline) {
  auto key = sha256_hex(text);
  if (accepted_texts.contains(key)) co_return Result<>{};
  auto accepted = co_await template_check.check(std::move(text), deadline);
  if (!accepted) co_return accepted;
  if (accepted_texts.size() >= kRemembered) accepted_texts.clear();
  accepted_texts.insert(key);
  co_return accepted;
}

/// A template that HAProxy does not take is a wrong request, and one that another service or program stands
/// in the way of a conflict.
Task<Result<>> Driver::Impl::check_template(const model::Service* service, Deadline deadline) {
  auto fragment = applied_state.fragment_of(*service);
  if (!fragment) co_return fail(Errc::InvalidArgument, std::move(fragment.error().what));
  if (auto ok = check_doubtful_servers(*service, **fragment, names.addresses()); !ok) co_return ok;
  const auto& name = service->definition.service;
  {  // let go at once: it is the reload that keeps them
    auto claimed = co_await listening.claim(ports_of(name, **fragment));
    if (!claimed) co_return std::unexpected(template_error(*service, claimed.error().why));
  }
  auto isolated = config::isolated_config(**fragment);
  auto accepted = co_await check_once(isolated.text, deadline.min(Deadline::after(kCheckTime)));
  if (!accepted) {
    auto code = accepted.error().code == Errc::Rejected ? Errc::InvalidArgument : accepted.error().code;
    auto told = config::explain(isolated, accepted.error().what);
    Error why{code, config::mask_quotations(std::move(told), service->rendered)};
    co_return std::unexpected(template_error(*service, why));
  }
  log_ignored(name, **fragment);
  co_return Result<>{};
}

Task<Result<>> Driver::Impl::check_templates(const model::Change* change, Deadline deadline) {
  for (const auto& [name, service] : *change) {
    auto present = applied_state.state().services.find(name);
    bool known = service && present != applied_state.state().services.end() &&
                 present->second.rendered == service->rendered;
    if (!service || known || service->rendered.empty()) continue;
    auto accepted = co_await check_template(&*service, deadline);
    if (!accepted) co_return accepted;
  }
  co_return applied_state.check_apart(*change);
}

Task<Result<>> Driver::Impl::vet(const model::Change* change, Deadline deadline) {
  unfit.clear();
  for (const auto& [name, service] : *change) {
    if (!service) continue;
    auto accepted = AppliedState::check(*service);
    if (accepted && !service->rendered.empty()) accepted = co_await check_template(&*service, deadline);
    if (accepted) continue;
    // A check that could not be made, too, keeps out its own service only.
    if (accepted.error().code == Errc::Cancelled || deadline.passed()) co_return accepted;
    unfit.emplace(name, std::move(accepted.error().what));
  }
  if (!unfit.empty()) co_return fail(Errc::Rejected, unfit.begin()->second);
  auto apart = applied_state.check_apart(*change);
  if (!apart) co_return fail(Errc::Rejected, std::move(apart.error().what));
  co_return Result<>{};
}

}  // namespace dfp::haproxy
