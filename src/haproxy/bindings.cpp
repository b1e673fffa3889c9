#include "haproxy/bindings.hpp"

#include <algorithm>

#include "haproxy/config/backend.hpp"

namespace dfp::haproxy {
namespace {

// The first try waits for requests that had chosen the backend just before the change; a connection that
// lasts (a web socket) makes the tries rare.
constexpr auto kFirstTry = std::chrono::milliseconds(100);
constexpr auto kLastPause = std::chrono::seconds(10);

}  // namespace

void Bindings::reset(const std::map<std::string, std::string>& file_names, std::size_t spares) {
  *this = {};
  for (const auto& [service, backend] : file_names) bind(service, backend);
  for (std::size_t n = 1; n <= spares; ++n) spares_.insert(config::spare_name(n));
}

void Bindings::reset(const std::vector<std::string>& free_backends) {
  *this = {};
  for (const auto& backend : free_backends) free(backend);
}

void Bindings::free(const std::string& backend) {
  if (config::is_spare_name(backend)) spares_.insert(backend);
  if (backend.starts_with("svc-")) named_.insert(backend);
}

const std::string* Bindings::backend_of(const std::string& service) const {
  auto found = backends_.find(service);
  return found == backends_.end() ? nullptr : &found->second;
}

const std::string* Bindings::service_in(const std::string& backend) const {
  auto found = services_.find(backend);
  return found == services_.end() ? nullptr : &found->second;
}

std::optional<std::string> Bindings::take(const std::string& service, const std::string& color) {
  auto own = config::backend_name(service, color);
  if (named_.erase(own) > 0) return own;
  if (spares_.empty()) return std::nullopt;
  return spares_.extract(spares_.begin()).value();
}

bool Bindings::has_own(const std::string& service, const std::string& color) const {
  return named_.contains(config::backend_name(service, color));
}

void Bindings::give_back(const std::string& backend) {
  if (leaving_.contains(backend))
    emptying_.insert(backend);
  else
    free(backend);
}

void Bindings::bind(const std::string& service, const std::string& backend) {
  spares_.erase(backend);
  named_.erase(backend);
  emptying_.erase(backend);
  unbind(service);
  backends_[service] = backend;
  services_[backend] = service;
}

void Bindings::unbind(const std::string& service) {
  auto found = backends_.find(service);
  if (found == backends_.end()) return;
  services_.erase(found->second);
  backends_.erase(found);
}

void Bindings::leave(const std::string& backend, const std::string& server, Clock::time_point now) {
  leaving_[backend].try_emplace(server, Retry{now + kFirstTry, kFirstTry});
  if (spares_.erase(backend) + named_.erase(backend) > 0) emptying_.insert(backend);
}

bool Bindings::is_leaving(const std::string& backend, const std::string& server) const {
  auto found = leaving_.find(backend);
  return found != leaving_.end() && found->second.contains(server);
}

void Bindings::left(const std::string& backend, const std::string& server) {
  auto found = leaving_.find(backend);
  if (found == leaving_.end()) return;
  found->second.erase(server);
  if (!found->second.empty()) return;
  leaving_.erase(found);
  if (emptying_.erase(backend) > 0) free(backend);
}

std::vector<Bindings::Leaving> Bindings::due(Clock::time_point now, std::size_t limit) {
  std::vector<Leaving> due;
  for (auto& [backend, servers] : leaving_)
    for (auto& [server, retry] : servers) {
      if (due.size() == limit) return due;
      if (retry.at > now) continue;
      retry.pause = std::min<Clock::duration>(retry.pause * 2, kLastPause);
      retry.at = now + retry.pause;
      due.push_back({backend, server});
    }
  return due;
}

Clock::time_point Bindings::next_due() const {
  auto next = Clock::time_point::max();
  for (const auto& [backend, servers] : leaving_)
    for (const auto& [server, retry] : servers) next = std::min(next, retry.at);
  return next;
}

std::size_t Bindings::leaving_count() const {
  std::size_t count = 0;
  for (const auto& [backend, servers] : leaving_) count += servers.size();
  return count;
}

}  // namespace dfp::haproxy
