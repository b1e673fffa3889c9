#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "docker/engine.hpp"

namespace dfp::docker {

struct InspectedContainer {
  Container container;
  std::string json;  ///< the engine's own text, where it is wanted
};

/// Reads containers one by one. One that the engine knows and cannot tell about (its files are damaged, say)
/// must not hide all others: it counts as it was read last. Use from one executor.
class ContainerReader {
 public:
  /// `engine` must outlive it.
  explicit ContainerReader(Engine& engine, bool with_json = false) : engine_(engine), with_json_(with_json) {}

  /// @return as Engine::container(); Rejected, after it was logged once, for one that could never be read
  Task<Result<InspectedContainer>> read(std::string id, Deadline deadline);
  /// As last read; nullptr: never.
  const InspectedContainer* known(const std::string& id) const;
  /// Forgets all others.
  void keep_only(const std::vector<std::string>& ids);

 private:
  Task<Result<InspectedContainer>> inspect(std::string id, Deadline deadline);

  Engine& engine_;
  bool with_json_;
  std::map<std::string, InspectedContainer> known_;
  std::set<std::string> reported_;
};

}  // namespace dfp::docker
