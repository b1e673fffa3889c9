#include "registry/removal_marks.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace dfp::registry {
namespace {

/// Sorts as the times do.
std::string time_text(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace

Operation RemovalMarks::mark(std::string_view service, std::string_view write,
                             std::chrono::system_clock::time_point now) const {
  return Put{key(service), time_text(now) + " " + std::string(write)};
}

std::set<std::string> RemovalMarks::read(const Tree& tree) {
  times_.clear();
  std::set<std::string> services;
  auto after = [](const Entry& entry, const std::string& folder) { return entry.key < folder; };
  auto at = std::lower_bound(tree.entries.begin(), tree.entries.end(), folder_, after);
  for (; at != tree.entries.end() && at->key.starts_with(folder_); ++at) {
    auto service = at->key.substr(folder_.size());
    services.insert(service);
    times_.emplace(std::move(service), at->value);
  }
  return services;
}

std::vector<Operation> RemovalMarks::expired(std::chrono::system_clock::time_point now) const {
  std::vector<std::pair<std::string_view, std::string_view>> by_age;
  for (const auto& [service, time] : times_) by_age.emplace_back(time, service);
  std::ranges::sort(by_age);
  auto oldest = time_text(now - kLifetime);
  auto too_many = by_age.size() > kMost ? by_age.size() - kMost : 0;
  std::vector<Operation> deletions;
  for (std::size_t i = 0; i < by_age.size() && deletions.size() < kDeletionsAtOnce; ++i) {
    if (i >= too_many && by_age[i].first >= oldest) break;
    deletions.emplace_back(Delete{key(by_age[i].second)});
  }
  return deletions;
}

}  // namespace dfp::registry
