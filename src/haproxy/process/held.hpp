#pragma once
#include <string>

namespace dfp::haproxy::process {

/// What holds a confined program in, as its own start found it: each field is the result of a system call, 0
/// for done, an errno, or kNotTried. Plain, because the started process hands it back through a pipe before
/// it becomes the program.
struct Held {
  static constexpr int kNotTried = -1;

  int own_network = kNotTried;  ///< a network of its own, with nothing in it (namespaces(7))
  int filter = kNotTried;       ///< no sockets, no processes, no signals, no looking into others (seccomp(2))
  int files = kNotTried;        ///< reads programs and libraries, writes nothing (landlock(7))
  int files_version = 0;        ///< of Landlock's interface
  int other_user = kNotTried;   ///< is nobody, in no group of ours
  int no_new_privileges = kNotTried;  ///< as PR_SET_NO_NEW_PRIVS of prctl(2)
  int limits = kNotTried;             ///< of time, memory, files
  int descriptors = kNotTried;        ///< none of ours but its three
  bool any_file = false;              ///< it was asked to read whatever we can read

  bool without_network() const { return filter == 0 || own_network == 0; }
  /// What only we may read is out of its reach: by Landlock, or because it is another user.
  bool without_files() const { return files == 0 || (!any_file && other_user == 0); }
  bool confined() const {
    return without_network() && without_files() && no_new_privileges == 0 && limits == 0 && descriptors == 0;
  }
  /// "seccomp, landlock 6, own network, user nobody": what was done.
  std::string text() const;
  /// "the network (seccomp: Function not implemented; ...)": what confined() misses, and why; empty when
  /// nothing.
  std::string missing() const;
};

}  // namespace dfp::haproxy::process
