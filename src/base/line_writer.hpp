#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace dfp {

/// Writes lines to a descriptor that may be a pipe nobody reads, a terminal that is held, or a file on a
/// server that is away, and never makes its caller wait: a thread of its own writes, and what does not fit
/// into the buffer is dropped, counted, and told once there is room again. The descriptor's flags stay as
/// they are: they belong to everybody who shares it (O_NONBLOCK on a terminal would hit the shell too). Safe
/// to use from any thread.
class LineWriter {
 public:
  /// @param told the line that says how many were dropped
  LineWriter(int descriptor, std::size_t buffer_bytes, std::string (*told)(std::uint64_t dropped));
  /// Does not wait: a line that is being written at this moment may still come, the rest is lost. See
  /// flush().
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  /// @param line with its line end; one write(2), which keeps lines of several processes apart
  void put(std::string line);
  /// Waits until everything is written. @return false when that took too long.
  bool flush(std::chrono::milliseconds at_most);
  /// Since the beginning.
  std::uint64_t dropped() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with its thread, which may hang in a write for ever
};

}  // namespace dfp
