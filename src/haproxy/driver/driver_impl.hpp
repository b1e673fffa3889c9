#pragma once
#include <optional>

#include "base/blocking.hpp"
#include "base/start_state.hpp"
#include "base/task_group.hpp"
#include "base/wait.hpp"
#include "haproxy/driver/driver.hpp"
#include "haproxy/driver/left_out.hpp"
#include "haproxy/driver/names.hpp"
#include "haproxy/driver/silence.hpp"
#include "haproxy/driver/template_check.hpp"
#include "haproxy/driver/traffic_reader.hpp"
#include "haproxy/listeners/listening.hpp"
#include "haproxy/process/program.hpp"
#include "haproxy/state/drift.hpp"
#include "haproxy/state/planner.hpp"
#include "haproxy/worker/counters.hpp"
#include "haproxy/worker/master.hpp"
#include "haproxy/worker/run_files.hpp"
#include "haproxy/worker/worker_link.hpp"
#include "probe/prober.hpp"

namespace dfp::haproxy {

/// Cause of a repair that tells a worker of an earlier life what has changed: nothing is wrong then.
inline constexpr std::string_view kAdoption = "adoption";

/// Counts something that is under way.
class UnderWay {
 public:
  explicit UnderWay(int& count) : count_(count) { ++count_; }
  ~UnderWay() { --count_; }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  int& count_;
};

/// The driver's inside. Whoever changes the applied state or talks to the worker holds `turn`.
struct Driver::Impl : std::enable_shared_from_this<Driver::Impl> {
  using Self = std::shared_ptr<Impl>;
  Impl(Executor executor, Settings settings, metrics::Registry& registry);

  // lifecycle.cpp: start, supervision, end
  Task<Result<>> start(model::DesiredState state, Deadline deadline);
  Task<Result<>> prepare(Deadline deadline);
  Task<Result<model::DesiredState>> found(Deadline deadline);
  /// The state of a HAProxy of an earlier life: one that is busy is asked again.
  Task<Result<LiveState>> read_adopted(Deadline deadline);
  Task<Result<>> launch(Deadline deadline);
  Task<Result<>> take_over(Deadline deadline);
  Task<Result<>> start_process(Deadline deadline);
  Task<> stop(Deadline deadline);
  Task<> end_background();
  static Task<> supervise(Self self);
  Task<> revive();
  Task<Result<>> start_again(Deadline deadline);
  /// Starts from the files that lie there: what HAProxy does not know yet is told to it.
  Task<Result<>> start_from_old_files(Error why, Deadline deadline);
  static Task<> follow_log(Self self);

  // apply.cpp: the way of a change
  Abilities abilities() const;
  model::Plan plan(const model::Change& change) const;
  std::string shown_config();
  Task<Result<model::Plan>> apply(model::Change change, Deadline deadline);
  /// Expects the caller to hold `turn`.
  Task<Result<model::Plan>> apply_in_turn(model::Change change, Deadline deadline);
  Task<Result<>> examine(model::Change change, Deadline deadline);
  /// Lets a HAProxy that is held in check each new template alone, before anything changes.
  /// @param change the caller's, which awaits the check.
  Task<Result<>> check_templates(const model::Change* change, Deadline deadline);
  Task<Result<>> check_once(std::string text, Deadline deadline);
  Task<Result<>> check_template(const model::Service* service, Deadline deadline);
  /// Notes in `unfit` which services of a start cannot be served, one by one. @return Rejected naming them.
  Task<Result<>> vet(const model::Change* change, Deadline deadline);
  Task<Result<>> apply_by_reload(model::Change change, std::string reason, Deadline deadline);

  // runtime.cpp: without a reload
  Task<Result<>> apply_at_runtime(model::Change change, Deadline deadline);
  /// @param script, committed the caller's, which awaits the end.
  Task<Result<>> run_script(const Script* script, bool* committed, Deadline deadline);
  void keep_script(Script& script);
  /// Carries out what the last change left for later.
  Task<Result<>> finish_cleanup(Deadline deadline);
  /// Reads beside other work; only a picture without a change in it counts.
  Task<Result<std::vector<std::string>>> differences(Deadline deadline);
  /// Makes the worker hold exactly what the applied state says.
  Task<Result<>> repair(Unfinished unfinished, std::string cause, Deadline deadline);
  Task<Result<>> repair_from(LiveState live, Unfinished unfinished, std::string cause, Deadline deadline);

  // health_check.cpp: checks that HAProxy does not make
  /// The check with what the settings say where it says nothing.
  model::HealthCheck complete(model::HealthCheck check) const;
  /// Checks the instances of these services as they are defined now.
  void watch_health(const std::vector<std::string>& services);
  static Task<> follow_health(Self self);
  /// Takes out what is down now, and lets in what is not any more.
  Task<Result<>> apply_health(std::set<std::string> services);
  /// What an earlier life had taken out of a worker stays out until its first good check.
  void adopt_health(const LiveState& live);
  std::vector<std::string> unhealthy(const std::string& service) const;

  // reload.cpp: new files and a new worker
  Task<Result<>> reload_on_request(bool recreate, reconcile::RequestContext context);
  Result<> refresh_base();
  /// Before HAProxy is started: see hand_over_key.hpp.
  void renew_hand_over();
  /// Reserves of these what the running worker lacks. @return Conflict or InvalidArgument naming template and
  /// line.
  Task<Result<std::vector<process::ReservedPort>>> claim_ports(std::vector<WantedPort> wanted);
  Task<Result<config::Description>> install(bool check, Deadline deadline);
  Task<Result<>> reload(std::string cause, std::string reason, bool check, Deadline deadline);
  void forget_worker();

  // names_following.cpp, template_names.cpp
  static Task<> follow_names(Self self);
  Task<> follow_moved_names();
  /// Gives the worker the addresses of servers in templates that have changed. Expects the caller to hold
  /// `turn`.
  Task<> follow_template_names();

  // reload_pace.cpp
  bool reload_is_due() const;
  bool must_wait_for_room(const model::Change& change) const;
  Task<Result<>> await_room(Deadline deadline);

  // silence_watch.cpp
  std::optional<std::string> trouble() const;
  static Task<> watch_silence(Self self);
  /// @return false when the worker is ending, though nobody has replaced it.
  Task<bool> listen_for_answers();
  Task<> end_silence();
  Task<> renew_sockets();
  void keep_run_dir();
  Task<> relieve_worker();
  /// Makes a successor of a worker that is ending without one. Expects the caller to hold `turn`.
  Task<> relieve_ending_worker();

  // background.cpp
  void spawn_background();
  static Task<> clean_up_soon(Self self);
  static Task<> write_files(Self self);
  static Task<> delete_leaving_servers(Self self);
  static Task<> watch_worker(Self self);
  static Task<> find_out_about_confinement(Self self);
  /// @return false when it should be tried again.
  Task<bool> write_files_now();
  Task<> delete_due_servers();
  /// Backends that no service is in, where they can be made again (HAProxy 3.4 and later).
  Task<> delete_surplus_backends();
  Task<> check_worker(bool thoroughly);
  Task<> refill_spares();
  Task<> complete_start();
  void update_gauges();

  Executor executor;
  Settings settings;
  Counters counters;
  process::Version version;
  config::Surroundings surroundings;
  std::optional<config::BaseText> base;
  RunFiles files;
  Master master;
  WorkerLink link;
  TemplateCheck template_check;
  AppliedState applied_state;
  probe::Prober prober;
  BackendPool backend_pool;
  std::set<std::string> accepted_texts;  ///< SHA-256 of texts that HAProxy took, checked alone
  Names names;                           ///< of instances, and in templates
  std::uint64_t generation = 0;

  Commands cleanup;                ///< of the last change
  Clock::time_point committed_at;  ///< of the last change
  std::uint64_t changes = 0;       ///< counts begins and ends of changes
  bool suspect = false;            ///< the worker may differ from the applied state
  bool files_stale = false;

  AsyncMutex turn;
  AsyncMutex files_turn;  ///< whoever writes files; taken after `turn`
  Signal stop_signal;
  Signal files_signal;
  Signal leaving_signal;
  Signal check_signal;
  TaskGroup tasks;  ///< in the background
  BlockingPool pool{1};
  Listening listening;
  TrafficReader traffic;
  LeftOut left_out;
  std::map<std::string, std::string> unfit;  ///< services of the last start, with the reason
  struct {
    Silence worker;
    Silence master;
  } silence;
  int exchanges = 0;                ///< starts and reloads that are under way
  Clock::time_point reloaded_at{};  ///< the last reload
  bool prepared = false;
  bool nothing_found = false;           ///< found() saw no HAProxy
  bool launched = false;                ///< HAProxy runs, and serves the applied state
  StartState life{"HAProxy's driver"};  ///< asked by every public call that acts
  bool stopping = false;
};

}  // namespace dfp::haproxy
