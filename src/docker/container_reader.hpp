#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "docker/engine.hpp"

namespace dfp::docker {

/// Reads containers one by one. One that the engine knows and cannot tell about (its files are damaged, say)
/// must not hide all others: it counts as it was read last. Use from one executor.
class ContainerReader {
 public:
  /// `engine` must outlive it.
  explicit ContainerReader(Engine& engine) : engine_(engine) {}

  /// @return as Engine::container(); Rejected, after it was logged once, for one that could never be read
  Task<Result<Container>> read(std::string id, Deadline deadline);
  /// As last read; nullptr: never.
  const Container* known(const std::string& id) const;
  /// Forgets all others.
  void keep_only(const std::vector<std::string>& ids);

 private:
  Engine& engine_;
  std::map<std::string, Container> known_;
  std::set<std::string> reported_;
};

}  // namespace dfp::docker
