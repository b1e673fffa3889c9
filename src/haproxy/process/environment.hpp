#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace dfp::haproxy::process {

/// The PATH of a program that is held in, and ours where we have none.
inline constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What a program that we start gets to know of our environment, each as NAME=VALUE: where programs,
/// libraries, certificates and the time zone are. Never tokens and passwords of other programs.
std::vector<std::string> program_environment();

/// What a running process was given under this name when it was started; "" when nothing, and where we may
/// not look (proc(5), /proc/pid/environ: the same user and no more rights than we have).
std::string environment_of(pid_t pid, std::string_view name);

/// The absolute path of a program: of a name without '/', the first of our PATH that can be executed, as
/// posix_spawnp() finds it; without links. Empty when there is none.
std::string find_executable(const std::string& name);

/// For exec: pointers to these strings and a null pointer at the end.
std::vector<char*> pointers_to(std::vector<std::string>& strings);

}  // namespace dfp::haproxy::process
