#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace dfp::haproxy::runtime {

/// A lasting, interactive connection to the socket of one worker; it dies with that worker. One caller at a
/// time.
class Session {
 public:
  /// @return Unavailable when nobody listens there; Timeout.
  static Task<Result<std::unique_ptr<Session>>> open(Executor executor, std::string socket_path,
                                                     Deadline deadline);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Sends the commands (one line or one line with a payload each, without the last newline) and gives their
  /// replies in order. HAProxy works on them one after another, whatever it answers.
  /// @return Unavailable or Timeout: an unknown number of them was carried out, and the session is dead.
  Task<Result<std::vector<std::string>>> run(std::vector<std::string> commands, Deadline deadline);
  /// One command.
  Task<Result<std::string>> ask(std::string command, Deadline deadline);

  /// False after a failure of `run`.
  bool alive() const;

 private:
  struct Impl;
  explicit Session(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// One command on the master's socket, which answers after the client has ended its side.
/// @return Unavailable when no master listens; Timeout.
Task<Result<std::string>> ask_master(Executor executor, std::string socket_path, std::string command,
                                     Deadline deadline);

}  // namespace dfp::haproxy::runtime
