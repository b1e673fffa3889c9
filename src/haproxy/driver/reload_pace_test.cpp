#include "haproxy/driver/reload_pace.hpp"

#include <gtest/gtest.h>

#include "haproxy/driver/silence.hpp"

namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;

TEST(ReloadGap, GrowsWithTheNumberOfOldWorkersAndEndsInAWait) {
  EXPECT_EQ(reload_gap(0), 0s);
  EXPECT_EQ(reload_gap(2), 0s);
  EXPECT_EQ(reload_gap(3), 1s);
  EXPECT_EQ(reload_gap(5), 4s);
  EXPECT_EQ(reload_gap(kMostOldWorkers - 1), 15s);
  EXPECT_EQ(reload_gap(kMostOldWorkers), std::nullopt);
}

TEST(Silence, LastsFromTheFirstQuestionWithoutAnAnswer) {
  Silence silence;
  Clock::time_point begin(100s);
  silence.note(true, begin);
  EXPECT_EQ(silence.span(begin + 5s), 0s);
  silence.note(false, begin + 5s);
  silence.note(false, begin + 7s);
  EXPECT_EQ(silence.span(begin + 9s), 4s);
  silence.note(true, begin + 10s);
  EXPECT_EQ(silence.span(begin + 20s), 0s);
}

TEST(Silence, IsReportedOnce) {
  Silence silence;
  Clock::time_point begin(100s);
  silence.note(false, begin);
  EXPECT_FALSE(silence.report(3s, begin + 2s));
  EXPECT_TRUE(silence.report(3s, begin + 3s));
  EXPECT_FALSE(silence.report(3s, begin + 4s));
  silence.note(true, begin + 5s);
  EXPECT_FALSE(silence.report(3s, begin + 5s));
  silence.note(false, begin + 6s);
  EXPECT_TRUE(silence.report(3s, begin + 9s));
}

}  // namespace
}  // namespace dfp::haproxy
