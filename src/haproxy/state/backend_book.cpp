#include "haproxy/state/backend_book.hpp"

#include <fmt/format.h>

namespace dfp::haproxy {

BackendBook::BackendBook(const Checks& checks)
    : checks_(checks), interval_(config::check_interval(checks, 0)) {}

void BackendBook::put(const std::string& destination, const config::Backend* backend) {
  if (auto old = backends_.find(destination); old != backends_.end()) servers_ -= old->second.servers.size();
  stale_.push_back(destination);
  if (!backend) {
    backends_.erase(destination);
    names_.erase(destination);
    return;
  }
  servers_ += backend->servers.size();
  backends_.insert_or_assign(destination, *backend);
  names_.insert_or_assign(destination, config::backend_name(*backend));
}

std::map<std::string_view, std::string> BackendBook::policies() const {
  std::map<std::string_view, std::string> maps;
  for (const auto& [destination, backend] : backends_)
    for (const auto& entry : backend.policies)
      maps[entry.map] += fmt::format("{}{} {}\n", names_.at(destination), entry.key, entry.value);
  return maps;
}

Result<const std::map<std::string, std::string>*> BackendBook::texts() {
  auto interval = config::check_interval(checks_, servers_);
  if (interval != interval_) {
    interval_ = interval;
    stale_.clear();
    for (const auto& [destination, backend] : backends_) stale_.push_back(destination);
  }
  for (const auto& destination : stale_) {
    auto found = backends_.find(destination);
    if (found == backends_.end()) {
      texts_.erase(destination);
      continue;
    }
    auto text = config::backend_text(found->second, checks_, interval_);
    if (!text) return fail("service " + destination, text.error());
    texts_.insert_or_assign(destination, std::move(*text));
  }
  stale_.clear();
  return &texts_;
}

}  // namespace dfp::haproxy
