#include "haproxy/driver/template_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "haproxy/config/writer.hpp"
#include "haproxy/driver/driver_impl.hpp"
#include "haproxy/runtime/commands.hpp"
#include "model/rendered_text.hpp"

namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;

constexpr auto kTellTime = 10s;
constexpr auto kReloadTime = 60s;

/// HAProxy 2.6 takes an address for a server that has none, and one away, in its files only.
bool are_the_same_servers(const config::ServerAddresses& a, const config::ServerAddresses& b) {
  auto name = &config::ServerAddresses::value_type::first;
  return std::ranges::equal(a, b, {}, name, name);
}

}  // namespace

std::set<std::string> names_in_templates(const AppliedState& applied_state) {
  std::set<std::string> all;
  for (const auto& [service, fragment] : applied_state.templates().all()) all.merge(Names::in(fragment));
  return all;
}

std::set<std::string> names_in(const AppliedState& applied_state, const model::Change& change) {
  auto all = Names::in(change);
  for (const auto& [name, service] : change) {
    if (!service || service->rendered.empty()) continue;
    auto fragment = applied_state.fragment_of(*service);
    if (fragment && *fragment) all.merge(Names::in(**fragment));
  }
  return all;
}

void remember_addresses(const AppliedState& applied_state, const runtime::LiveState& live, Names& names) {
  std::map<std::pair<std::string, std::string>, std::string> present;
  for (const auto& row : live.servers)
    if (config::is_ip_address(row.address)) present.emplace(std::pair{row.backend, row.name}, row.address);
  for (const auto& [service, fragment] : applied_state.templates().all())
    for (const auto& named : fragment.named_servers)
      for (const auto& server : named.servers)
        if (auto found = present.find({named.section, server}); found != present.end())
          names.remember(named.host, found->second);
}

runtime::Commands address_commands(const config::ServerAddresses& present,
                                   const config::ServerAddresses& wanted) {
  runtime::Commands commands;
  for (const auto& [server, address] : wanted)
    if (auto now = present.find(server); now != present.end() && now->second != address)
      commands.push_back({runtime::set_server_address(server.first, server.second, address),
                          runtime::Command::Answer::Anything});
  return commands;
}

Result<runtime::Commands> adopt_addresses(const config::ServerAddresses& wanted,
                                          const runtime::LiveState& live) {
  config::ServerAddresses present;
  for (const auto& row : live.servers) {
    auto server = wanted.find({row.backend, row.name});
    if (server == wanted.end()) continue;
    if (!config::is_ip_address(row.address))
      return fail(Errc::Conflict, fmt::format("server {}/{} has no address", row.backend, row.name));
    present.emplace(server->first, row.address);
  }
  return address_commands(present, wanted);
}

void Names::log_servers_without_address(const AppliedState& applied_state) {
  std::set<std::string> present;
  for (const auto& [service, fragment] : applied_state.templates().all())
    for (const auto& named : fragment.named_servers) {
      if (addresses_.of(named.host, named.port)) continue;
      auto key = fmt::format("{} {} {}", service, named.line, named.host);
      bool known = without_address_.contains(key);
      present.insert(std::move(key));
      if (known) continue;
      const auto& of = applied_state.state().services.at(service);
      auto place = model::rendered_place(of.definition, of.rendered, named.line);
      auto entry = entries_.find(named.host);
      auto problem = entry == entries_.end() ? "it was not looked up" : entry->second.state.problem;
      log::warn("haproxy.template_server_without_address",
                {{"service", service},
                 {"template", place.template_name},
                 {"line", place.line},
                 {"server", fmt::format("{}/{}", named.section, named.name)},
                 {"name", named.host},
                 {"error", addresses_.is_barred(named.host, named.port)
                               ? "it is this proxy's own API, which must not be published"
                               : problem}});
    }
  without_address_ = std::move(present);
}

Task<> Driver::Impl::follow_template_names() {
  if (!base || !master.running() ||
      base->templates == applied_state.templates().texts(applied_state.state(), names.addresses()))
    co_return;
  names.log_servers_without_address(applied_state);
  auto wanted = config::server_addresses(applied_state.templates().all(), names.addresses());
  bool by_reload = !are_the_same_servers(base->addresses, wanted);
  if (by_reload && !reload_is_due()) co_return;
  Result<> done;
  if (by_reload) {
    done = co_await reload("names", "a name in a template is known now, or leads to the proxy's own API",
                           true, Deadline::after(kReloadTime));
  } else {
    ++changes;
    done = co_await link.run(address_commands(base->addresses, wanted), Deadline::after(kTellTime));
    ++changes;
    // Somebody may have looked a name up meanwhile: then the next time tells it again.
    bool latest = wanted == config::server_addresses(applied_state.templates().all(), names.addresses());
    if (done && latest) done = refresh_base();
  }
  if (!done) {
    log::warn("haproxy.template_names_not_followed", {{"error", done.error().what}});
    co_return;
  }
  log::info("haproxy.template_names_followed", {{"by", by_reload ? "reload" : "runtime"}});
  files_stale = true;
  files_signal.notify_all();
}

}  // namespace dfp::haproxy
