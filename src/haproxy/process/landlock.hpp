#pragma once
#include <string>
#include <vector>

namespace dfp::haproxy::process {

/// Which files a program may open.
struct FileRules {
  std::vector<std::string> programs;  ///< files, or folders with all below: may be read and executed
  std::vector<std::string> readable;  ///< may be read
  std::vector<std::string> devices;   ///< may be read and written
};

/// What HAProxy needs to check a configuration: itself, libraries, public tables of the system. Nothing of
/// ours, of /proc, or of /home.
/// @param program the path of the program
FileRules rules_of_program(const std::string& program);

/// Takes every other file away from the calling thread and what it executes, for good; also, where the
/// kernel's interface is new enough, TCP (4), devices (5), signals to others and abstract sockets (6). What
/// does not exist is left out. Without CAP_SYS_ADMIN it needs no_new_privs. System calls only, for use
/// between fork and exec.
/// @param version set to the kernel's; 0 where it has no Landlock
/// @return 0 or errno. Source: Linux' Documentation/userspace-api/landlock.rst.
int restrict_files(const FileRules& rules, int& version);

}  // namespace dfp::haproxy::process
