#pragma once
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/deadline.hpp"

namespace dfp::net {

/// What a peer is counted by: its IPv4 address, the first 64 bits of its IPv6 address (one machine owns all
/// of them), or the path of a unix socket. @param peer as HttpRequest::peer: "10.0.0.1:4711",
/// "[2001:db8::1]:4711", "/run/x.sock"
std::string peer_key(std::string_view peer);

/// Who may have a connection of a server. Bookkeeping only: no I/O. A peer has at most its share; who comes
/// when the share (or all) is used takes the seat of the connection that has done nothing for the longest.
/// Where all of them work, a few reserved seats remain, so that whoever asks how the program is still gets an
/// answer; a reserved seat is for one short request. Costs a pass over all seats per eviction, and nothing
/// else in proportion to their number.
class Admission {
 public:
  struct Limits {
    std::size_t connections = 1024;
    std::size_t per_peer = 256;  ///< of `connections`
    std::size_t reserved = 32;   ///< on top of `connections`; half of them for one peer
  };

  /// One connection, from accept to close.
  struct Seat {
    std::string peer;  ///< its key
    bool reserved = false;
    bool counted = true;  ///< false: evicted, it only has to end yet
    /// When the connection began to do nothing (or to be slow); nothing while it works, or before it can be
    /// evicted.
    std::function<std::optional<Clock::time_point>()> idle_since = {};
    std::function<void()> evict = {};  ///< closes the connection; it leaves soon after
  };
  using Handle = std::list<Seat>::iterator;

  explicit Admission(Limits limits) : limits_(limits) {}

  /// A seat for a peer that has connected; nothing when there is none, not even by eviction.
  std::optional<Handle> admit(std::string_view peer);
  void leave(Handle seat);
  /// Whether nobody at all would be admitted.
  bool full() const;
  std::size_t evicted() const { return evicted_; }

 private:
  struct Count {
    std::size_t normal = 0;
    std::size_t reserved = 0;
  };
  bool evict_one(const std::string* peer, bool reserved);
  void uncount(Seat& seat);
  Handle add(std::string peer, bool reserved);

  Limits limits_;
  std::list<Seat> seats_;
  std::map<std::string, Count, std::less<>> peers_;
  Count all_;
  std::size_t evicted_ = 0;
};

}  // namespace dfp::net
