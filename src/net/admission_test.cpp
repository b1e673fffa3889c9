#include "net/admission.hpp"

#include <gtest/gtest.h>

namespace dfp::net {
namespace {

constexpr Clock::time_point kBegin{};

/// A server's connections: each idle since a moment, or at work.
struct Guests {
  explicit Guests(Admission::Limits limits) : admission(limits) {}

  /// @return whether it was let in, and on which kind of seat: "normal", "reserved", "no".
  std::string come(const std::string& name, const std::string& peer, std::optional<int> idle_since) {
    auto seat = admission.admit(peer);
    if (!seat) return "no";
    (*seat)->idle_since = [idle_since]() -> std::optional<Clock::time_point> {
      if (!idle_since) return std::nullopt;
      return kBegin + std::chrono::seconds(*idle_since);
    };
    (*seat)->evict = [this, name] { evicted.push_back(name); };
    return (*seat)->reserved ? "reserved" : "normal";
  }

  Admission admission;
  std::vector<std::string> evicted;
};

TEST(Admission, TheLongestIdleGivesItsSeatToANewcomer) {
  Guests guests({.connections = 3, .per_peer = 3, .reserved = 2});
  EXPECT_EQ(guests.come("a", "10.0.0.1:1", 5), "normal");
  EXPECT_EQ(guests.come("b", "10.0.0.2:1", 3), "normal");
  EXPECT_EQ(guests.come("c", "10.0.0.3:1", std::nullopt), "normal");
  EXPECT_EQ(guests.come("d", "10.0.0.4:1", std::nullopt), "normal");
  EXPECT_EQ(guests.evicted, std::vector<std::string>({"b"}));
}

TEST(Admission, APeerAtItsShareTakesNoSeatOfOthers) {
  Guests guests({.connections = 4, .per_peer = 2, .reserved = 2});
  EXPECT_EQ(guests.come("other", "10.0.0.2:1", 1), "normal");
  EXPECT_EQ(guests.come("a", "10.0.0.1:1", 7), "normal");
  EXPECT_EQ(guests.come("b", "10.0.0.1:2", std::nullopt), "normal");
  EXPECT_EQ(guests.come("c", "10.0.0.1:3", std::nullopt), "normal");
  EXPECT_EQ(guests.evicted, std::vector<std::string>({"a"}));
  EXPECT_EQ(guests.come("d", "10.0.0.1:4", std::nullopt), "reserved");
  EXPECT_EQ(guests.come("e", "10.0.0.1:5", 9), "no") << "half of the reserved seats are for others";
  EXPECT_EQ(guests.come("f", "10.0.0.3:1", std::nullopt), "normal");
}

TEST(Admission, IsFullWhereNobodyGivesWay) {
  Guests guests({.connections = 1, .per_peer = 1, .reserved = 1});
  EXPECT_EQ(guests.come("a", "10.0.0.1:1", std::nullopt), "normal");
  EXPECT_FALSE(guests.admission.full());
  EXPECT_EQ(guests.come("b", "10.0.0.2:1", std::nullopt), "reserved");
  EXPECT_TRUE(guests.admission.full());
  EXPECT_EQ(guests.come("c", "10.0.0.3:1", std::nullopt), "no");
}

TEST(Admission, WhoLeavesGivesTheSeatBackOnce) {
  Admission admission({.connections = 1, .per_peer = 1, .reserved = 0});
  auto seat = admission.admit("10.0.0.1:1");
  ASSERT_TRUE(seat);
  int closed = 0;
  (*seat)->idle_since = [] { return std::optional(kBegin); };
  (*seat)->evict = [&closed] { ++closed; };
  auto next = admission.admit("10.0.0.1:2");
  ASSERT_TRUE(next);
  EXPECT_EQ(closed, 1);
  admission.leave(*seat);
  EXPECT_FALSE(admission.admit("10.0.0.2:1")) << "the seat of the first was given to the second already";
  admission.leave(*next);
  EXPECT_TRUE(admission.admit("10.0.0.2:1"));
}

TEST(PeerKey, IsTheMachineNotThePort) {
  EXPECT_EQ(peer_key("10.0.0.1:4711"), "10.0.0.1");
  EXPECT_EQ(peer_key("[2001:db8:1:2:3:4:5:6]:4711"), "2001:db8:1:2::");
  EXPECT_EQ(peer_key("[2001:db8:1:2:ffff::1]:1"), "2001:db8:1:2::");
  EXPECT_EQ(peer_key("[::ffff:10.0.0.1]:1"), "10.0.0.1");
  EXPECT_EQ(peer_key("/run/x/api.sock"), "/run/x/api.sock");
}

}  // namespace
}  // namespace dfp::net
