#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/wait.hpp"
#include "docker/engine.hpp"

/// For tests only.
namespace dfp::docker::testing {

/// A Docker Engine in memory. What a test changes is seen by the next call; events come only when the test
/// sends them, so that a lost event is easy to play. Use from its executor only.
class FakeEngine : public Engine {
 public:
  explicit FakeEngine(Executor executor) : changed_(std::move(executor)) { engine.name = "node-1"; }

  EngineInfo engine;
  std::map<std::string, Container> containers;         ///< by id, also those that have ended
  std::map<std::string, std::string> container_jsons;  ///< by id; for tests that need them
  std::vector<SwarmService> swarm_services;
  std::vector<SwarmTask> swarm_tasks;
  std::vector<SwarmNode> swarm_nodes;
  std::vector<EngineNetwork> engine_networks;

  Task<Result<EngineInfo>> info(Deadline deadline) override;
  Task<Result<std::vector<std::string>>> container_ids(bool all, Deadline deadline) override;
  Task<Result<Container>> container(std::string id, Deadline deadline) override;
  Task<Result<std::string>> container_json(std::string id, Deadline deadline) override;
  Task<Result<std::vector<SwarmService>>> services(Deadline deadline) override;
  Task<Result<std::vector<SwarmTask>>> tasks(Deadline deadline) override;
  Task<Result<std::vector<SwarmNode>>> nodes(Deadline deadline) override;
  Task<Result<std::vector<EngineNetwork>>> networks(Deadline deadline) override;
  Task<Result<>> events(EventFilter filter, std::chrono::nanoseconds since, std::function<void()> on_open,
                        std::function<bool(Event)> on_event, Clock::duration idle) override;
  void cancel() override;

  /// Tells every open stream, and later ones that ask for the time before it.
  void emit(Event event);
  /// The same with only type, action and id.
  void emit(std::string type, std::string action, std::string id) {
    emit(Event{.type = std::move(type), .action = std::move(action), .id = std::move(id), .attributes = {}});
  }
  /// Ends the open event streams, as a restarted engine does.
  void break_streams();
  /// Everything fails until come_back(), streams end.
  void go_away();
  void come_back() { away_ = false; }
  /// This worker does not know the swarm any more.
  bool manager = true;
  /// Ids of containers that it lists and cannot tell about.
  std::set<std::string> unreadable;
  /// The list of services comes after this time.
  Clock::duration delay{0};

  int listings() const { return listings_; }
  int inspections() const { return inspections_; }
  int open_streams() const { return open_; }

 private:
  Result<> reachable() const;
  Result<> leading() const;

  Signal changed_;
  std::vector<Event> log_;
  int generation_ = 0;
  int cancelled_ = 0;
  int listings_ = 0;
  int inspections_ = 0;
  int open_ = 0;
  bool away_ = false;
};

}  // namespace dfp::docker::testing
