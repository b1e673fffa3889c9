#pragma once
#include <memory>

#include "haproxy/runtime/command.hpp"
#include "haproxy/runtime/live_state.hpp"
#include "haproxy/worker/master.hpp"

namespace dfp::haproxy {
using runtime::Command, runtime::Commands, runtime::LiveState;

/// Our lasting session with the present worker. One caller at a time.
class WorkerLink {
 public:
  explicit WorkerLink(Master& master);

  /// Says the commands and checks the answers; commands of one call go out together, up to a patterns
  /// rewrite.
  /// @return Rejected with the command and HAProxy's words: the commands before it were carried out, later
  /// ones of the call perhaps too; Unavailable, Timeout: any number of them may have been.
  Task<Result<>> run(Commands commands, Deadline deadline);
  Task<Result<std::vector<std::string>>> ask(std::vector<std::string> commands, Deadline deadline);
  /// After a reload: the session belongs to the old worker.
  void drop() { session_.reset(); }

 private:
  Task<Result<>> connect(Deadline deadline);
  Task<Result<>> rewrite_patterns(std::vector<runtime::MapEntry> entries, Deadline deadline);

  Master& master_;
  std::unique_ptr<runtime::Session> session_;
};

/// Reads it over a session of its own.
Task<Result<LiveState>> read_live_state(std::unique_ptr<runtime::Session> session, Deadline deadline);

}  // namespace dfp::haproxy
