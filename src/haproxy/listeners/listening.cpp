#include "haproxy/listeners/listening.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <iterator>

#include "base/log.hpp"
#include "base/wait.hpp"
#include "haproxy/process/listening_sockets.hpp"
#include "haproxy/process/survivors.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kAskTime = 500ms;   // for one step of the worker's answer
constexpr auto kHealTime = 700ms;  // for a worker to listen again
constexpr auto kHealPause = 20ms;

std::vector<WantedPort> named(std::string_view name, const std::vector<Bind>& binds) {
  std::vector<WantedPort> ports;
  for (const auto& bind : binds)
    ports.push_back({{config::canonical_address(bind.address), bind.port, false}, "", std::string(name)});
  return ports;
}

bool is_held(const config::BindAddress& bind, const Listeners& held) {
  return std::ranges::any_of(
      held, [&](const auto& one) { return one.address == bind.address && one.port == bind.port; });
}

bool is_beside(const config::BindAddress& bind, const Listeners& held) {
  return std::ranges::any_of(held, [&](const auto& one) { return one.port == bind.port; });
}

/// The proxy's own ports are named as the settings that choose them.
std::string refusal(const std::string& service, const std::string& name, const Error& why) {
  bool chosen = why.code == Errc::Conflict || why.code == Errc::InvalidArgument;
  return fmt::format("{}: {}{}", name, why.what, service.empty() && chosen ? " with --" + name : "");
}

std::vector<std::string> not_accepting(const std::vector<config::BindAddress>& wanted,
                                       const Listeners& present) {
  std::vector<std::string> missing;
  for (const auto& bind : wanted) {
    bool good = bind.udp || std::ranges::any_of(present, [&](const auto& one) {
                  return one.accepts && one.address == bind.address && one.port == bind.port;
                });
    if (!good) missing.push_back(fmt::format("{}:{}", bind.address, bind.port));
  }
  return missing;
}

/// As the worker says, or, where it does not answer or its socket is gone, as the kernel does.
Result<Listeners> find_listeners(const std::string& runtime_socket, const std::string& master_socket) {
  auto told = runtime::read_listeners(runtime_socket, kAskTime);
  if (told) return told;
  auto processes = process::find_survivors(master_socket);
  std::ranges::copy(processes.masters, std::back_inserter(processes.workers));
  auto sockets = process::listening_sockets(processes.workers);
  if (!sockets) return fail(told.error().what, sockets.error());
  Listeners listeners;
  for (auto& socket : *sockets) listeners.push_back({std::move(socket.address), socket.port, true});
  return listeners;
}

}  // namespace

std::vector<WantedPort> own_ports(const Settings& settings, const config::Surroundings& surroundings) {
  auto ports = named("http", settings.http);
  if (config::listens_tls(settings, surroundings))
    std::ranges::copy(named(kHttpsPort, settings.https), std::back_inserter(ports));
  if (config::listens_for_stats(settings, surroundings))
    std::ranges::copy(named(kStatsPort, {*settings.stats->bind}), std::back_inserter(ports));
  return ports;
}

std::vector<WantedPort> ports_of(const std::string& service, const config::Fragment& fragment) {
  std::vector<WantedPort> ports;
  for (const auto& [bind, line] : fragment.binds)
    ports.push_back({bind, service, fmt::format("line {} ({})", line.number, line.text)});
  return ports;
}

std::vector<config::BindAddress> addresses_of(const std::vector<WantedPort>& ports) {
  std::vector<config::BindAddress> all;
  for (const auto& port : ports) all.push_back(port.bind);
  return all;
}

std::expected<std::vector<process::ReservedPort>, RefusedPort> reserve(const std::vector<WantedPort>& wanted,
                                                                       const Listeners& held) {
  std::vector<process::ReservedPort> reserved;
  for (const auto& [bind, service, name] : wanted) {
    if (bind.udp || is_held(bind, held)) continue;
    auto port = process::reserve_port(bind.address, bind.port, is_beside(bind, held));
    if (!port)
      return std::unexpected(
          RefusedPort{service, name, {port.error().code, refusal(service, name, port.error())}});
    reserved.push_back(std::move(*port));
  }
  return reserved;
}

Task<std::optional<Listeners>> Listening::held() {
  seen_.clear();
  if (!master_.running()) co_return Listeners{};
  auto read = [worker = master_.runtime_socket(), master = master_.master_socket()] {
    return find_listeners(worker, master);
  };
  auto listeners = co_await pool_.run(std::move(read));
  if (listeners) {
    seen_ = *listeners;
    co_return std::move(*listeners);
  }
  log::warn("haproxy.listeners_unknown", {{"error", listeners.error().what}});
  co_return std::nullopt;
}

Task<std::expected<std::vector<process::ReservedPort>, RefusedPort>> Listening::claim(
    std::vector<WantedPort> wanted) {
  auto held = co_await this->held();
  if (held) co_return reserve(wanted, *held);
  std::erase_if(wanted, [](const auto& port) { return port.service.empty(); });  // our own HAProxy has those
  if (wanted.empty()) co_return std::vector<process::ReservedPort>{};
  const auto& [bind, service, name] = wanted.front();
  Error why{Errc::Unavailable,
            name + ": haproxy does not say what it listens on, so nobody knows whether this port is free"};
  co_return std::unexpected(RefusedPort{service, name, std::move(why)});
}

std::vector<config::BindAddress> Listening::last_seen() const {
  std::vector<config::BindAddress> all;
  for (const auto& one : seen_)
    if (one.accepts) all.push_back({one.address, one.port, false});
  return all;
}

Task<> Listening::ensure(std::vector<config::BindAddress> wanted) {
  bool reported = false;
  for (auto deadline = Deadline::after(kHealTime); master_.running();) {
    auto present = co_await held();
    if (!present) co_return;  // who does not answer at all is another case: see Responsiveness
    auto missing = not_accepting(wanted, *present);
    if (missing.empty()) break;
    if (!reported) {
      log::error("haproxy.not_listening", {{"addresses", fmt::format("{}", fmt::join(missing, " "))}});
      counters_.listener_losses.add();
      reported = true;
    }
    if (deadline.passed() && missing.size() < wanted.size()) co_return;
    if (deadline.passed()) {
      log::error("haproxy.replaced", {{"reason", "it does not listen any more"}});
      master_.kill_workers();
      co_return;
    }
    master_.signal_worker(SIGTTIN);
    co_await sleep_for(kHealPause);
  }
  if (reported) log::info("haproxy.listens_again");
}

}  // namespace dfp::haproxy
