#include "net/lookup.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/testing.hpp"
#include "base/wait.hpp"

namespace dfp::net {
namespace {
using namespace std::chrono_literals;

TEST(Lookup, FindsAHostAndSaysWhyNot) {
  testing::run([](Executor executor) -> Task<> {
    auto found = co_await look_up_host(executor, "localhost", Deadline::after(10s));
    EXPECT_TRUE(found) << found.error().what;
    EXPECT_TRUE(*found == "127.0.0.1" || *found == "::1") << *found;
    auto unknown = co_await look_up_host(executor, "no-such-host.invalid", Deadline::after(10s));
    EXPECT_FALSE(unknown);
    EXPECT_TRUE(unknown.error().what.starts_with("name lookup: ") || unknown.error().code == Errc::Timeout);
  });
}

/// Whoever is left behind takes neither the executor nor anything else with it.
TEST(Lookup, MayOutliveWhoAsked) {
  for (int round = 0; round < 20; ++round)
    testing::run([](Executor executor) -> Task<> {
      auto hurried = co_await look_up_host(executor, "localhost", Deadline::after(0ms));
      EXPECT_TRUE(hurried || hurried.error().code == Errc::Timeout);
    });
}

TEST(Lookup, AThreadIsFreeAgainBeforeItsAnswerIsHeardOf) {
  testing::run([](Executor executor) -> Task<> {
    std::size_t refused = 0;
    auto look = [&](std::size_t) -> Task<> {
      auto found = co_await look_up_host(executor, "localhost", Deadline::after(10s));
      if (!found) ++refused;
    };
    // Those that the test before left behind may still be under way.
    co_await for_each_concurrently(20 * kInstanceLookups, kInstanceLookups / 4, look);
    EXPECT_EQ(refused, 0U) << "more than the budget were counted";
  });
}

}  // namespace
}  // namespace dfp::net
