#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <string_view>

#include "base/result.hpp"
#include "haproxy/process/process_handle.hpp"

namespace dfp::haproxy::process {

/// What a program may do that reads text we did not write.
struct Confinement {
  bool drop_user = true;  ///< runs as nobody when we are root
  rlim_t cpu_seconds = 5;
  rlim_t memory_bytes = rlim_t{1} << 30;  ///< address space
  rlim_t files = 128;                     ///< open at once
};

/// Starts a program that is held in: no network, no environment, no new privileges, no files written, and the
/// limits above. Where the kernel does not let us take away the network or the user (a container without
/// these rights), the rest still holds. The program dies with us.
/// @return Unavailable when no process can be made. A program that cannot be executed ends with exit code
/// 127.
Result<pid_t> spawn_confined(const SpawnOptions& options, const Confinement& confinement);

/// A file without a name that holds `text`, to be read from its beginning; the caller closes it.
Result<int> open_text(std::string_view text);

}  // namespace dfp::haproxy::process
