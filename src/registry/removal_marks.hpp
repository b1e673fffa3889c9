#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "registry/key_value.hpp"

/// PREFIX/_/removed/SERVICE: this service was removed by order, at the time that is its value (RFC 3339, then
/// a blank and what makes each writing different). It tells a service that somebody removed from one that the
/// registry has lost. The next write of the service deletes it.
namespace dfp::registry {

class RemovalMarks {
 public:
  static constexpr std::chrono::hours kLifetime{24 * 30};  ///< who was down for longer may take it for a loss
  static constexpr std::size_t kMost = 1000;               ///< marks that are kept
  static constexpr std::size_t kDeletionsAtOnce = 20;      ///< below kMaxOperations

  explicit RemovalMarks(const std::string& prefix) : folder_(prefix + "/_/removed/") {}

  std::string key(std::string_view service) const { return folder_ + std::string(service); }
  Operation mark(std::string_view service, std::string_view write,
                 std::chrono::system_clock::time_point now) const;

  /// Takes up what a listing shows. @return the services that are marked
  std::set<std::string> read(const Tree& tree);
  /// Of those read last: deletions of marks that are too old or too many.
  std::vector<Operation> expired(std::chrono::system_clock::time_point now) const;

 private:
  std::string folder_;
  std::map<std::string, std::string> times_;  ///< service -> value
};

}  // namespace dfp::registry
