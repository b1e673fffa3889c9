#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace dfp::haproxy::process {

/// The pipe into which HAProxy writes its messages: a FIFO with a name, opened for reading and writing by
/// both sides. It outlives us together with HAProxy, and our next life reads on where this one ended. What
/// nobody reads is bounded by the pipe's size (256 kB) and takes no space on a disk; HAProxy never waits for
/// a reader (O_NONBLOCK), it drops what does not fit.
class LogTail {
 public:
  explicit LogTail(std::filesystem::path file);
  ~LogTail();
  LogTail(const LogTail&) = delete;
  LogTail& operator=(const LogTail&) = delete;

  /// Opens the pipe, creating it where it is absent or something else. @return Unavailable.
  Result<> open();
  /// For the output of a process.
  int descriptor() const { return descriptor_; }
  /// The complete lines that were written since the last call, 1 MB at most.
  std::vector<std::string> read_lines();

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
  std::string partial_;
};

}  // namespace dfp::haproxy::process
