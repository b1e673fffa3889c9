#pragma once
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "haproxy/config/backend.hpp"

namespace dfp::haproxy {

/// Backends by the key of their destination.
using Backends = std::map<std::string, config::Backend>;

/// The backends that HAProxy is to have, with their names and texts in its files. Kept up to date in time
/// proportional to a change.
class BackendBook {
 public:
  explicit BackendBook(const Checks& checks);

  /// @param backend nullptr: there is none any more
  void put(const std::string& destination, const config::Backend* backend);

  const Backends& all() const { return backends_; }
  /// Destination -> backend, as the files name them.
  const std::map<std::string, std::string>& names() const { return names_; }
  std::size_t server_count() const { return servers_; }
  /// Of the checks, for the number of servers when the texts were made last.
  std::chrono::milliseconds check_interval() const { return interval_; }

  /// The texts of the policies' maps that are not empty. Linear in the number of backends.
  std::map<std::string_view, std::string> policies() const;
  /// Destination -> section. @return an error for what the writer refuses, naming the destination
  Result<const std::map<std::string, std::string>*> texts();

 private:
  const Checks& checks_;
  Backends backends_;
  std::map<std::string, std::string> names_;
  std::map<std::string, std::string> texts_;
  std::vector<std::string> stale_;  ///< destinations whose text must be made again
  std::size_t servers_ = 0;
  std::chrono::milliseconds interval_;
};

}  // namespace dfp::haproxy
