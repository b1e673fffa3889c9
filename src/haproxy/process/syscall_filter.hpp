#pragma once
#include <linux/filter.h>

#include <vector>

namespace dfp::haproxy::process {

/// A seccomp filter for a program that only reads, computes and writes to its output: no networks, no other
/// processes (threads are allowed), no signals to anybody, no looking into or steering other processes, no
/// namespaces, no mounts, no kernel interfaces beyond. A refused call fails with EPERM and the program goes
/// on; a call of another architecture ends it. What is not named is allowed, so it fits every HAProxy and C
/// library. Source: seccomp(2), Linux' Documentation/userspace-api/seccomp_filter.rst.
std::vector<sock_filter> syscall_filter();

/// Puts the filter in force for the calling thread and what it executes, for good. A system call only, for
/// use between fork and exec; needs no_new_privs. @return 0 or errno.
int install_filter(const std::vector<sock_filter>& filter);

/// Whether this kernel (and whoever confines us) has filters at all. A system call only. @return 0 or errno.
int filter_available();

}  // namespace dfp::haproxy::process
