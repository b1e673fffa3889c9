#include "reconcile/shrink_guard.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using Names = std::set<std::string>;

const ShrinkGuard::Time kNow = std::chrono::sys_days(std::chrono::year(2026) / 1 / 31);

Names names(int n) {
  Names out;
  for (int i = 0; i < n; ++i) out.insert(fmt::format("s{}", i));
  return out;
}

/// Judges the same reading until it is settled.
ShrinkGuard::Verdict settled(ShrinkGuard& guard, const ShrinkGuard::Reading& reading) {
  auto verdict = guard.judge(reading, kNow);
  return verdict.read_again ? guard.judge(reading, kNow + 1s) : verdict;
}

struct LossCase {
  std::size_t vanished, known;
  bool suspicious;
};
class Loss : public ::testing::TestWithParam<LossCase> {};
TEST_P(Loss, IsMoreThanOneServiceAndMoreThanATenth) {
  auto [vanished, known, suspicious] = GetParam();
  EXPECT_EQ(ShrinkGuard::suspicious(vanished, known), suspicious) << vanished << " of " << known;
}
INSTANTIATE_TEST_SUITE_P(Table, Loss,
                         ::testing::Values(LossCase{0, 0, false}, LossCase{1, 1, false},
                                           LossCase{1, 2, false}, LossCase{2, 2, true}, LossCase{2, 3, true},
                                           LossCase{2, 19, true}, LossCase{2, 20, false},
                                           LossCase{100, 1000, false}, LossCase{101, 1000, true}));

TEST(ShrinkGuard, WhatWasRemovedByOrderGoesAtOnceHoweverManyThatAre) {
  ShrinkGuard guard(1h);
  auto verdict = guard.judge({names(9), names(9), 10}, kNow);
  EXPECT_EQ(verdict.drop, names(9));
  EXPECT_FALSE(verdict.read_again);
  EXPECT_TRUE(guard.held().empty());
}

TEST(ShrinkGuard, ASingleServiceWhoseKeysAreGoneGoesAtOnce) {
  ShrinkGuard guard(1h);
  EXPECT_EQ(guard.judge({{"a"}, {}, 2}, kNow).drop, Names{"a"});
}

TEST(ShrinkGuard, WhatOnlyTheProxyHasToldOfIsNotDroppedForARegistryThatLacksIt) {
  ShrinkGuard guard(1h);
  EXPECT_EQ(settled(guard, {{"a"}, {}, 1, {"a"}}).newly_held, Names{"a"});
}

TEST(ShrinkGuard, ALossIsHeldOnceASecondReadingSaysTheSame) {
  ShrinkGuard guard(1h);
  auto first = guard.judge({names(5), {}, 6}, kNow);
  EXPECT_TRUE(first.read_again);
  EXPECT_EQ(first.drop, Names{});
  EXPECT_TRUE(guard.held().empty()) << "nothing is reported yet";
  EXPECT_TRUE(guard.judge({names(5), {}, 6}, kNow + 10ms).read_again) << "that is the same moment";
  auto second = guard.judge({names(5), {}, 6}, kNow + 1s);
  EXPECT_FALSE(second.read_again);
  EXPECT_EQ(second.newly_held, names(5));
  EXPECT_EQ(guard.judge({names(5), {}, 6}, kNow + 59min).drop, Names{}) << "and stays held";
}

TEST(ShrinkGuard, ALossThatASecondReadingDoesNotConfirmIsNone) {
  ShrinkGuard guard(1h);
  EXPECT_TRUE(guard.judge({names(5), {}, 6}, kNow).read_again);
  auto second = guard.judge({{"s3"}, {}, 6}, kNow);
  EXPECT_EQ(second.drop, Names{"s3"}) << "one alone is no loss";
  EXPECT_TRUE(guard.judge({names(5), {}, 6}, kNow).read_again) << "the next loss is asked twice again";
}

TEST(ShrinkGuard, WhatIsHeldGoesByOrderAloneOrWhenItWasHeldLongEnough) {
  ShrinkGuard guard(1h);
  settled(guard, {names(3), {}, 4});
  EXPECT_EQ(guard.judge({names(3), {"s1"}, 4}, kNow).drop, Names{"s1"});
  auto late = guard.judge({{"s0", "s2"}, {}, 3}, kNow + 1h + 1s);
  EXPECT_EQ(late.drop, (Names{"s0", "s2"}));
  EXPECT_EQ(late.expired, late.drop);
}

TEST(ShrinkGuard, WhatTheRegistryHasAgainIsNotHeldAnyMore) {
  ShrinkGuard guard(1h);
  settled(guard, {names(3), {}, 4});
  guard.judge({{"s0"}, {}, 4}, kNow + 2s);
  EXPECT_EQ(guard.held().size(), 1);
  guard.forget("s0");
  EXPECT_TRUE(guard.held().empty());
}

TEST(ShrinkGuard, WhatIsHeldIsNoMeasureOfWhatTheRegistryHad) {
  ShrinkGuard guard(1h);
  settled(guard, {names(38), {}, 40});
  auto both = guard.judge({names(40), {}, 40}, kNow);
  EXPECT_TRUE(both.read_again) << "two of the two that were left";
}

TEST(ShrinkGuard, AHoldGoesOnOverARestart) {
  ShrinkGuard guard(1h);
  guard.resume({{"a", kNow - 30min}, {"b", kNow - 2h}});
  EXPECT_EQ(guard.next_expiry(), kNow - 1h);
  auto verdict = guard.judge({{"a", "b"}, {}, 2}, kNow);
  EXPECT_EQ(verdict.drop, Names{"b"});
  guard.judge({{"a"}, {}, 1}, kNow);
  EXPECT_EQ(guard.held().size(), 1);
}

}  // namespace
}  // namespace dfp::reconcile
