#include "net/admission.hpp"

#include <arpa/inet.h>

#include <cstring>
#include <utility>

namespace dfp::net {

std::string peer_key(std::string_view peer) {
  if (peer.starts_with('/')) return std::string(peer);
  std::string host(peer.substr(0, peer.rfind(':')));
  if (!host.starts_with('[')) return host;
  host = host.substr(1, host.find(']') - 1);
  host = host.substr(0, host.find('%'));
  in6_addr address{};
  if (::inet_pton(AF_INET6, host.c_str(), &address) != 1) return host;
  if (IN6_IS_ADDR_V4MAPPED(&address)) return host.substr(host.rfind(':') + 1);
  std::memset(address.s6_addr + 8, 0, 8);
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, &address, text, sizeof text);
  return text;
}

std::optional<Admission::Handle> Admission::admit(std::string_view peer) {
  auto key = peer_key(peer);
  auto count = [&]() -> const Count& { return peers_[key]; };
  if (count().normal >= limits_.per_peer) evict_one(&key, false);
  if (count().normal < limits_.per_peer) {
    if (all_.normal >= limits_.connections) evict_one(nullptr, false);
    if (all_.normal < limits_.connections) return add(std::move(key), false);
  }
  auto share = (limits_.reserved + 1) / 2;
  if (count().reserved >= share) evict_one(&key, true);
  if (count().reserved < share) {
    if (all_.reserved >= limits_.reserved) evict_one(nullptr, true);
    if (all_.reserved < limits_.reserved) return add(std::move(key), true);
  }
  if (count().normal + count().reserved == 0) peers_.erase(key);
  return std::nullopt;
}

Admission::Handle Admission::add(std::string peer, bool reserved) {
  auto& count = peers_[peer];
  ++(reserved ? count.reserved : count.normal);
  ++(reserved ? all_.reserved : all_.normal);
  return seats_.insert(seats_.end(), Seat{std::move(peer), reserved});
}

void Admission::uncount(Seat& seat) {
  if (!std::exchange(seat.counted, false)) return;
  auto& count = peers_[seat.peer];
  --(seat.reserved ? count.reserved : count.normal);
  --(seat.reserved ? all_.reserved : all_.normal);
  if (count.normal + count.reserved == 0) peers_.erase(seat.peer);
}

void Admission::leave(Handle seat) {
  uncount(*seat);
  seats_.erase(seat);
}

/// Closes the connection that is idle for the longest, of all or of one peer.
bool Admission::evict_one(const std::string* peer, bool reserved) {
  Seat* longest = nullptr;
  Clock::time_point since = Clock::time_point::max();
  for (auto& seat : seats_) {
    if (!seat.counted || seat.reserved != reserved || !seat.idle_since || (peer && seat.peer != *peer))
      continue;
    auto idle = seat.idle_since();
    if (!idle || *idle >= since) continue;
    longest = &seat;
    since = *idle;
  }
  if (!longest) return false;
  uncount(*longest);
  ++evicted_;
  longest->evict();
  return true;
}

bool Admission::full() const {
  if (all_.normal < limits_.connections || all_.reserved < limits_.reserved) return false;
  for (const auto& seat : seats_)
    if (seat.counted && seat.idle_since && seat.idle_since()) return false;
  return true;
}

}  // namespace dfp::net
