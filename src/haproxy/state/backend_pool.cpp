#include "haproxy/state/backend_pool.hpp"

#include <algorithm>

#include "haproxy/config/backend.hpp"

namespace dfp::haproxy {
namespace {

constexpr auto kSurplusPause =
    std::chrono::seconds(1);  // a destination that comes back soon finds its backend

}  // namespace

void BackendPool::reset(const std::map<std::string, std::string>& file_names, std::size_t plain_spares,
                        std::size_t policy_spares) {
  forget_all();
  for (const auto& [destination, backend] : file_names) bind(destination, backend);
  for (std::size_t n = 1; n <= plain_spares; ++n) free(config::spare_name(config::Profile::Plain, n));
  for (std::size_t n = 1; n <= policy_spares; ++n) free(config::spare_name(config::Profile::Policies, n));
}

void BackendPool::reset(const std::vector<std::string>& free_backends) {
  forget_all();
  for (const auto& backend : free_backends) free(backend);
}

void BackendPool::forget_all() {
  bool grows = grows_;
  *this = {};
  grows_ = grows;
}

void BackendPool::free(const std::string& backend) {
  if (config::is_spare_name(backend)) spares_[config::profile_of(backend)].insert(backend);
  if (config::is_service_backend(backend)) named_.insert(backend);
  if (grows_) surplus_due_ = std::min(surplus_due_, Clock::now() + kSurplusPause);
}

const std::string* BackendPool::backend_of(const std::string& destination) const {
  auto found = backends_.find(destination);
  return found == backends_.end() ? nullptr : &found->second;
}

const std::string* BackendPool::destination_in(const std::string& backend) const {
  auto found = destinations_.find(backend);
  return found == destinations_.end() ? nullptr : &found->second;
}

std::optional<std::string> BackendPool::take(const config::Backend& wanted) {
  auto own = config::backend_name(wanted);
  if (named_.erase(own) > 0) return own;
  auto& spares = spares_[wanted.profile()];
  if (!spares.empty()) return spares.extract(spares.begin()).value();
  if (!grows_) return std::nullopt;
  return *unborn_.insert(new_name(own, wanted.profile())).first;
}

std::size_t BackendPool::free_count(config::Profile profile) const {
  auto spares = spares_.find(profile);
  return spares == spares_.end() ? 0 : spares->second.size();
}

/// The destination's own, unless a backend of that name is still serving or emptying.
std::string BackendPool::new_name(const std::string& own, config::Profile profile) {
  auto in_use = [&](const std::string& name) {
    return destinations_.contains(name) || emptying_.contains(name) || spares_[profile].contains(name) ||
           unborn_.contains(name);
  };
  auto name = own;
  while (in_use(name)) name = config::spare_name(profile, ++last_number_);
  return name;
}

bool BackendPool::has_own(const config::Backend& wanted) const {
  return named_.contains(config::backend_name(wanted));
}

void BackendPool::give_back(const std::string& backend) {
  if (unborn_.erase(backend) > 0) return;
  if (leaving_.any_of(backend))
    emptying_.insert(backend);
  else
    free(backend);
}

void BackendPool::bind(const std::string& destination, const std::string& backend) {
  spares_[config::profile_of(backend)].erase(backend);
  named_.erase(backend);
  emptying_.erase(backend);
  unbind(destination);
  backends_[destination] = backend;
  destinations_[backend] = destination;
}

void BackendPool::unbind(const std::string& destination) {
  auto found = backends_.find(destination);
  if (found == backends_.end()) return;
  destinations_.erase(found->second);
  backends_.erase(found);
}

void BackendPool::leave(const std::string& backend, const std::string& server, Clock::time_point now) {
  leaving_.add(backend, server, now);
  bool was_free = spares_[config::profile_of(backend)].erase(backend) > 0 || named_.erase(backend) > 0;
  if (was_free) emptying_.insert(backend);
}

void BackendPool::left(const std::string& backend, const std::string& server) {
  bool last = leaving_.erase(backend, server);
  if (last && emptying_.erase(backend) > 0) free(backend);
}

std::vector<std::string> BackendPool::surplus(Clock::time_point now, std::size_t limit) {
  std::vector<std::string> all;
  if (!grows_ || surplus_due_ > now) return all;
  auto add = [&](const std::set<std::string>& backends) {
    for (const auto& backend : backends)
      if (all.size() < limit) all.push_back(backend);
  };
  add(named_);
  for (const auto& [profile, spares] : spares_) add(spares);
  surplus_due_ = all.empty() ? Clock::time_point::max() : now + kSurplusPause;
  return all;
}

void BackendPool::deleted(const std::string& backend) {
  named_.erase(backend);
  spares_[config::profile_of(backend)].erase(backend);
}

Clock::time_point BackendPool::next_due() const { return std::min(surplus_due_, leaving_.next_due()); }

}  // namespace dfp::haproxy
