#pragma once
#include <span>
#include <string>
#include <string_view>

/// THE exit statuses, of every command: one table, from which help and docs/reference/exit-statuses.md are
/// made. A contract with scripts and supervisors: a number means the same in every command and never changes
/// its meaning; what is new takes the next free number.
namespace dfp::cli {

enum ExitStatus : int {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNoAddress = 3,
  kNoHaproxy = 4,
  kNoRegistry = 5,
  kUnknown = 6,
  kNotParsed = 7,
  kNotRendered = 8,
  kNoServerUp = 9,
};

struct ExitStatusInfo {
  ExitStatus status;
  std::string_view meaning;   ///< a few words, for help
  std::string_view details;   ///< when it comes, and what to do
  std::string_view commands;  ///< that end with it
};

/// In the order of the numbers, without gaps.
std::span<const ExitStatusInfo> exit_statuses();
/// "0 done, 1 ...": one sentence for help.
std::string exit_status_sentence();

}  // namespace dfp::cli
