#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace dfp::haproxy::process {

/// The file into which HAProxy writes its messages: it goes on writing when we are gone, which a pipe would
/// not allow. We pass its lines to our log and keep it small.
class LogTail {
 public:
  explicit LogTail(std::filesystem::path file);
  ~LogTail();
  LogTail(const LogTail&) = delete;
  LogTail& operator=(const LogTail&) = delete;

  /// Opens the file, creating it where it is absent; what it holds already is not read.
  Result<> open();
  /// For the output of a process (append mode).
  int descriptor() const { return descriptor_; }
  /// The complete lines that were written since the last call.
  std::vector<std::string> read_lines();

 private:
  std::filesystem::path file_;
  int descriptor_ = -1;
  off_t offset_ = 0;
  std::string partial_;
};

/// Writes one of HAProxy's lines to our log, at the level it tells; drops the "stopped" notice that every
/// proxy writes at every reload.
void log_haproxy_line(const std::string& line);

}  // namespace dfp::haproxy::process
