#pragma once
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "haproxy/process/held.hpp"

namespace dfp::haproxy::process {

/// How a child ended.
struct ExitStatus {
  bool by_signal = false;
  int code = 0;  ///< exit code or signal number

  std::string text() const;  ///< "exit code 1", "signal 9"
};

/// One process, held by a pidfd: its number cannot be taken over by another one meanwhile. A child is reaped
/// when its end is seen; the process is not ended by the handle's destruction.
class ProcessHandle {
 public:
  /// @return NotFound when there is no such process.
  static Result<std::unique_ptr<ProcessHandle>> open(Executor executor, pid_t pid);
  ~ProcessHandle();
  ProcessHandle(const ProcessHandle&) = delete;
  ProcessHandle& operator=(const ProcessHandle&) = delete;

  pid_t pid() const;
  /// False when it has ended.
  bool signal(int number);
  bool ended() const;
  /// Several may wait. @return true once it has ended, false at the deadline, when interrupted, or when the
  /// handle is gone.
  Task<bool> wait(Deadline deadline);
  /// Ends all waits that are under way.
  void interrupt();
  /// After the end, for our own children.
  std::optional<ExitStatus> status() const;

 private:
  struct Impl;
  explicit ProcessHandle(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with those who wait
};

struct Confinement;

struct SpawnOptions {
  std::vector<std::string> arguments;         ///< the first one is the program, looked up in PATH
  int output = -1;                            ///< descriptor for stdout and stderr; stdin is /dev/null
  bool own_session = false;                   ///< not reached by our terminal's or our group's signals
  int input = -1;                             ///< descriptor for the stdin of a confined program
  std::vector<std::string> environment = {};  ///< more of it, each as NAME=VALUE
  const Confinement* confinement = nullptr;   ///< see confined.hpp
  int report = -1;                            ///< see spawn_confined
};

/// Starts a program with default signal handling, an empty signal mask, and of our environment only what
/// program_environment() hands on, and `environment`. All our other descriptors are close-on-exec.
/// @return NotFound when there is no such program.
Result<std::unique_ptr<ProcessHandle>> spawn_process(Executor executor, SpawnOptions options);

/// What a program wrote and how it ended.
struct ProgramOutput {
  std::string text;  ///< stdout and stderr, at most 1 MB
  ExitStatus status;
  Held held;  ///< of a confined program
};
/// Runs a program to its end; kills it at the deadline (Timeout).
Task<Result<ProgramOutput>> run_program(Executor executor, std::vector<std::string> arguments,
                                        Deadline deadline);
/// The same for a program that is held in, with `input` on its stdin. Where confinement is required and
/// `held.confined()` is false, it was not executed.
Task<Result<ProgramOutput>> run_confined(Executor executor, std::vector<std::string> arguments,
                                         std::string input, Confinement confinement, Deadline deadline);

/// As process 1 (a container without an init): reaps orphans that were handed to us, for ever. Our own
/// children are left to their handles. Returns at once when we are not process 1.
Task<> reap_orphans(Executor executor);

}  // namespace dfp::haproxy::process
