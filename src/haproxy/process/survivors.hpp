#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

namespace dfp::haproxy::process {

/// HAProxy processes of an earlier life of ours.
struct Survivors {
  std::vector<pid_t> masters;  ///< the latest first
  std::vector<pid_t> workers;  ///< of any of them, or left without a master

  bool empty() const { return masters.empty() && workers.empty(); }
};

/// Looks in /proc for HAProxy processes that were started with this master socket, and that see the same
/// files as we do (a container's HAProxy may bear the same paths). It finds those whose sockets do not
/// answer, or were deleted; a socket that does not answer says nothing about what runs. One pass over /proc:
/// 1 ms per 100 processes.
/// @param master_socket the path, as we passed it with -S.
Survivors find_survivors(const std::string& master_socket);

}  // namespace dfp::haproxy::process
