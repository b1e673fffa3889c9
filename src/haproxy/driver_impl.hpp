#pragma once
#include <optional>

#include "base/wait.hpp"
#include "haproxy/driver.hpp"
#include "haproxy/master.hpp"
#include "haproxy/planner.hpp"
#include "haproxy/process/program.hpp"
#include "haproxy/run_files.hpp"
#include "haproxy/world.hpp"

namespace dfp::haproxy {

/// The driver's inside. Start, supervision and stop: lifecycle.cpp; new files and reload: reload.cpp.
struct Driver::Impl : std::enable_shared_from_this<Driver::Impl> {
  Impl(Executor executor, Settings settings);

  // lifecycle.cpp
  Task<Result<>> start(model::DesiredState state, Deadline deadline);
  Task<Result<>> prepare(Deadline deadline);
  Task<Result<>> launch(Deadline deadline);
  Task<> stop(Deadline deadline);
  /// Starts HAProxy again when it dies.
  static Task<> supervise(std::shared_ptr<Impl> self);
  Task<> revive();
  static Task<> follow_log(std::shared_ptr<Impl> self);

  // apply.cpp
  model::Plan plan(const model::Change& change) const;
  std::string shown_config();
  Task<Result<model::Plan>> apply(model::Change change, Deadline deadline);

  // reload.cpp
  /// Writes the files of the present world, lets HAProxy check them and puts them in force.
  Task<Result<config::Description>> install(Deadline deadline);
  /// As `install`, and makes HAProxy serve them; on failure the old files are in force again.
  Task<Result<>> reload(std::string reason, Deadline deadline);
  Result<> refresh_base();

  Executor executor;
  Settings settings;
  process::Version version;
  config::Surroundings surroundings;
  std::optional<config::BaseText> base;
  RunFiles files;
  Master master;
  World world;
  config::Addresses addresses;  ///< of all host names in use
  std::uint64_t generation = 0;
  AsyncMutex turn;  ///< whoever changes HAProxy or the world
  Signal stop_signal;
  bool prepared = false;
  bool stopping = false;
};

}  // namespace dfp::haproxy
