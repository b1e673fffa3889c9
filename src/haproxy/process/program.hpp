#pragma once
#include <compare>
#include <string>
#include <string_view>

#include "haproxy/process/confined.hpp"
#include "haproxy/process/process_handle.hpp"

namespace dfp::haproxy::process {

struct Version {
  int major = 0;
  int minor = 0;
  std::string text;  ///< "2.6.12-1+deb12u4"

  bool at_least(int want_major, int want_minor) const {
    return major != want_major ? major > want_major : minor >= want_minor;
  }
};

/// From the first line of `haproxy -v`: "HAProxy version 2.6.12-1 2026/10/17 - https://haproxy.org/".
Result<Version> parse_version(std::string_view output);

/// Asks the program; it must be HAProxy 2.6 or newer.
/// @return NotFound with the way to install it; Rejected for an old one.
Task<Result<Version>> find_program(Executor executor, std::string program, Deadline deadline);

/// `haproxy -c`: whether HAProxy accepts the file. @return Rejected with the lines that say why.
Task<Result<>> check_config(Executor executor, std::string program, std::string config_file,
                            Deadline deadline);

/// What HAProxy says about a text.
struct TextVerdict {
  Result<> accepted;  ///< Rejected as by check_config(); Unavailable where it cannot be held in and that is
                      ///< required
  Held held;
};
/// The same for a text that HAProxy reads as /dev/stdin, while it is held in. @return Timeout or Unavailable
/// when it could not be asked.
Task<Result<TextVerdict>> check_text(Executor executor, std::string program, std::string config,
                                     Confinement confinement, Deadline deadline);

/// The lines of HAProxy's output that tell an error, without their prefix ("[ALERT]    (123) : config : ").
std::string error_lines(std::string_view output);

/// Whether this process, and so HAProxy, may open enough files. With less HAProxy starts and ends again.
/// @return InvalidArgument naming the limit and how to raise it.
Result<> check_descriptor_limit();

}  // namespace dfp::haproxy::process
