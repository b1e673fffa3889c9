#pragma once
#include <cstdint>
#include <mutex>
#include <string>

#include "base/result.hpp"

namespace dfp::reconcile {

/// The file of LastKnown: a whole text, and behind it a line for each change since that text was begun. Of
/// several records of one service the last one counts. add() blocks for one write(2), write() for the disk.
/// Thread-safe.
class LastKnownFile {
 public:
  explicit LastKnownFile(std::string path) : path_(std::move(path)) {}
  ~LastKnownFile();
  LastKnownFile(const LastKnownFile&) = delete;
  LastKnownFile& operator=(const LastKnownFile&) = delete;

  /// A new whole text is being made: what add() gets from now on may be younger than it.
  void begin();
  /// Adds a record at once. It outlives this process; the machine only with the next whole text.
  Result<> add(const std::string& record);
  /// Replaces all that was added before begin(). Whoever writes an older text than the last one writes
  /// nothing.
  Result<> write(std::uint64_t number, const std::string& text);

 private:
  Result<> replace_by(const std::string& next);

  const std::string path_;
  std::mutex turn_;  ///< of those that write
  std::uint64_t written_ = 0;
  std::mutex mutex_;   ///< guards all below
  std::string added_;  ///< since begin()
  int fd_ = -1;        ///< of the present file, once something was added to it
};

}  // namespace dfp::reconcile
