#pragma once
#include <memory>
#include <string>
#include <vector>

#include "haproxy/config/base_text.hpp"
#include "haproxy/config/settings.hpp"
#include "haproxy/process/process_handle.hpp"
#include "haproxy/process/survivors.hpp"
#include "haproxy/runtime/replies.hpp"
#include "haproxy/runtime/session.hpp"
#include "haproxy/worker/haproxy_log.hpp"

namespace dfp::haproxy {

/// The HAProxy master process and its present worker: started by us or taken over from an earlier life of
/// ours. It runs in a session of its own and lives on when we die.
class Master {
 public:
  Master(Executor executor, const Settings& settings);

  /// Opens HAProxy's log file. Before anything else.
  Result<> open_log();

  /// Looks for a master that serves this run directory, in its socket and among all processes. One that
  /// exists and does not answer (it executes itself anew in a reload) is asked again for 15 s; then it is
  /// taken as it is, and worker() is 0: the next reload brings its sockets back, or replaces it.
  /// @return NotFound when there is none.
  Task<Result<>> adopt(Deadline deadline);

  /// Starts a master and waits until its worker serves `wanted`.
  /// @return Rejected with HAProxy's own words; Timeout.
  Task<Result<>> start(std::string config_file, config::Description wanted, Deadline deadline);

  /// Starts another master, which takes the listening sockets over from the worker and asks it to finish, and
  /// waits until its worker serves `wanted`. For a master that does not answer. No connection is lost where
  /// the old worker's socket answers; on failure the old ones are as they were.
  Task<Result<>> replace(std::string config_file, config::Description wanted, Deadline deadline);

  /// Makes the master read its file again and waits until a new worker serves `wanted`; repeats a reload that
  /// got lost (2.6 answers before it has happened, and joins signals that come close together).
  /// @return Rejected when HAProxy refused: the old worker goes on; Unavailable when the master does not
  /// answer (see replace()); Timeout.
  Task<Result<>> reload(config::Description wanted, Deadline deadline);

  /// Ends gently: no new connections, those in flight may finish until the deadline; then it is ended.
  Task<> stop(Deadline deadline);
  /// Ends what is left of a master that died: its workers.
  void kill_workers();
  /// Ends everything at once: a HAProxy that is frozen.
  void kill_all();

  /// Waits for the end of the master. @return false when interrupted.
  Task<bool> wait_end();
  void interrupt_wait();
  bool running() const;
  /// Whether both sockets are there. A cleaner may have emptied the run directory.
  bool has_sockets() const;

  /// A new interactive session with the present worker.
  Task<Result<std::unique_ptr<runtime::Session>>> open_session(Deadline deadline);
  /// What the present worker tells about itself.
  Task<Result<runtime::Info>> worker_info(Deadline deadline);
  Task<Result<runtime::ProcessList>> processes(Deadline deadline);
  pid_t worker() const { return worker_; }
  const std::string& runtime_socket() const { return runtime_socket_; }
  const std::string& master_socket() const { return master_socket_; }
  /// Sends the present worker a signal.
  void signal_worker(int number);
  /// A worker that somebody else made.
  void set_worker(pid_t pid) { worker_ = pid; }
  /// Replaced workers that still lived when the processes were last looked at.
  std::size_t old_workers() const { return old_workers_; }

  /// HAProxy's messages, which are to be passed on from time to time.
  HaproxyLog& log() { return log_; }

 private:
  Task<Result<>> adopt_answering(Deadline deadline);
  Result<> adopt_silent(const process::Survivors& survivors, const Error& why);
  Task<> end_orphans(std::vector<pid_t> workers);
  void end_leftovers(const process::Survivors& survivors);
  static Task<> end_after(Executor executor, std::unique_ptr<process::ProcessHandle> master,
                          std::vector<pid_t> workers);
  Result<> spawn(std::string config_file, const std::vector<pid_t>& predecessors);
  Task<Result<runtime::ProcessList>> processes_within(Clock::duration span, Deadline deadline);
  Task<Result<runtime::ProcessList>> request_reload(Deadline deadline);
  Task<> await_stop(pid_t old_worker, Deadline deadline);
  Task<Result<>> await_worker(config::Description wanted, pid_t not_this_one, Deadline deadline);
  Task<bool> serves(config::Description wanted, pid_t not_this_one, Deadline deadline);
  Task<> learn_workers(Deadline deadline);
  Task<> announce_end();

  Executor executor_;
  const Settings& settings_;
  std::string master_socket_;
  std::string runtime_socket_;
  HaproxyLog log_;
  std::unique_ptr<process::ProcessHandle> process_;
  pid_t worker_ = 0;
  std::vector<pid_t> known_workers_;
  std::size_t old_workers_ = 0;
};

}  // namespace dfp::haproxy
