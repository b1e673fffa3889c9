#include "base/fair_turns.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "base/yield.hpp"

namespace dfp {
namespace {

Task<> work(FairTurns* turns, std::string group, std::vector<std::string>* order) {
  auto turn = co_await turns->take(group);
  order->push_back(group);
  co_await yield();
}

TEST(FairTurns, AGroupWithManyHoldsUpNobodyButItself) {
  testing::run([](Executor executor) -> Task<> {
    FairTurns turns(1);
    std::vector<std::string> order;
    for (int i = 0; i < 100; ++i) spawn(executor, work(&turns, "greedy", &order), "greedy");
    co_await yield();
    spawn(executor, work(&turns, "a", &order), "a");
    spawn(executor, work(&turns, "b", &order), "b");
    while (order.size() < 102) co_await yield();
    auto position = [&](const std::string& group) { return std::ranges::find(order, group) - order.begin(); };
    EXPECT_LT(position("a"), 10);
    EXPECT_LT(position("b"), 10);
  });
}

TEST(FairTurns, SoManyAtOnceAndNoMore) {
  testing::run([](Executor executor) -> Task<> {
    FairTurns turns(2);
    int inside = 0, most = 0, done = 0;
    auto enter = [&](int number) -> Task<> {
      auto turn = co_await turns.take(std::to_string(number % 3));
      most = std::max(most, ++inside);
      for (int i = 0; i < 5; ++i) co_await yield();
      --inside;
      ++done;
    };
    for (int i = 0; i < 20; ++i) spawn(executor, enter(i), "worker");
    while (done < 20) co_await yield();
    EXPECT_EQ(most, 2);
  });
}

}  // namespace
}  // namespace dfp
