#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <string_view>

#include "base/result.hpp"
#include "haproxy/process/held.hpp"
#include "haproxy/process/process_handle.hpp"

namespace dfp::haproxy::process {

/// What a program may do that reads text we did not write.
struct Confinement {
  bool required = true;   ///< it is not started where Held::confined() does not come out
  bool any_file = false;  ///< reads the files that we can read, as our user: an operator permitted that
  rlim_t cpu_seconds = 5;
  rlim_t memory_bytes = rlim_t{1} << 30;  ///< address space
  rlim_t files = 128;                     ///< open at once
};

/// Starts a program that is held in: no network, no other processes, no environment, no files but programs,
/// libraries and public tables (landlock.hpp), nothing written, no new privileges, the limits above, in the
/// folder "/". As root it becomes nobody first. Each step's result is reported; where one fails, what another
/// step gives may suffice (Held), otherwise the program is not started. It ends when we do.
/// @param report the end of a pipe into which a Held is written before the program begins; close-on-exec
/// @return Unavailable when no process can be made. Exit code 127: the program cannot be executed; 125: it
/// cannot be held in; 126: its descriptors failed.
Result<pid_t> spawn_confined(const SpawnOptions& options, const Confinement& confinement, int report);

/// A file without a name that holds `text`, to be read from its beginning; the caller closes it.
Result<int> open_text(std::string_view text);

}  // namespace dfp::haproxy::process
