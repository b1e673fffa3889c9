#include "haproxy/bindings.hpp"

#include <gtest/gtest.h>

namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;

TEST(Bindings, TakesTheOwnBackendFirstThenASpareOne) {
  Bindings bindings;
  bindings.reset({{"a", "svc:a"}}, 1);
  bindings.unbind("a");
  bindings.give_back("svc:a");
  EXPECT_EQ(bindings.free_count(), 1U);
  EXPECT_EQ(bindings.take("b", ""), "spare:http-rr:00001");
  EXPECT_EQ(bindings.take("c", ""), std::nullopt);
  EXPECT_TRUE(bindings.has_own("a", ""));
  EXPECT_EQ(bindings.take("a", ""), "svc:a");
}

TEST(Bindings, ABackendIsFreeOnlyWhenItsServersAreGone) {
  Bindings bindings;
  auto now = Clock::now();
  bindings.reset({}, 1);
  auto backend = *bindings.take("a", "");
  bindings.bind("a", backend);
  bindings.leave(backend, "x", now);
  bindings.leave(backend, "y", now);
  bindings.unbind("a");
  bindings.give_back(backend);
  bindings.left(backend, "x");
  EXPECT_EQ(bindings.free_count(), 0U);
  bindings.left(backend, "y");
  EXPECT_EQ(bindings.free_count(), 1U);
}

TEST(Bindings, WhereBackendsCanBeMadeThereIsAlwaysOneMore) {
  Bindings bindings;
  bindings.grow();
  bindings.reset({{"a", "svc:a"}}, 0);
  EXPECT_EQ(bindings.take("b", "blue"), "svc:b:blue");
  EXPECT_TRUE(bindings.is_unborn("svc:b:blue"));
  bindings.born("svc:b:blue");
  bindings.bind("b", "svc:b:blue");
  EXPECT_EQ(bindings.take("a", ""), "spare:http-rr:00001") << "its own one serves";
  bindings.give_back("spare:http-rr:00001");
  EXPECT_FALSE(bindings.is_unborn("spare:http-rr:00001"));
  EXPECT_EQ(bindings.free_count(), 0U) << "it was never made";
}

TEST(Bindings, WhatCanBeMadeAgainIsDeletedWhenItIsFree) {
  Bindings bindings;
  bindings.grow();
  bindings.reset({{"a", "svc:a"}, {"b", "svc:b"}}, 0);
  auto now = Clock::now();
  EXPECT_TRUE(bindings.surplus(now + 1h, 10).empty());
  bindings.unbind("a");
  bindings.give_back("svc:a");
  EXPECT_TRUE(bindings.surplus(now, 10).empty()) << "its service may come back soon";
  EXPECT_LT(bindings.next_due(), now + 5s);
  EXPECT_EQ(bindings.surplus(now + 5s, 10), std::vector<std::string>{"svc:a"});
  bindings.deleted("svc:a");
  EXPECT_EQ(bindings.take("a", ""), "svc:a");
  EXPECT_TRUE(bindings.is_unborn("svc:a"));
}

TEST(Bindings, AFreeBackendWithAStrayServerIsNotGivenAway) {
  Bindings bindings;
  bindings.reset({}, 1);
  bindings.leave("spare:http-rr:00001", "stray", Clock::now());
  EXPECT_EQ(bindings.take("a", ""), std::nullopt);
  bindings.left("spare:http-rr:00001", "stray");
  EXPECT_EQ(bindings.take("a", ""), "spare:http-rr:00001");
}

TEST(Bindings, DeletionsAreTriedLaterAndLater) {
  Bindings bindings;
  auto now = Clock::now();
  bindings.reset({{"a", "svc:a"}}, 0);
  bindings.leave("svc:a", "x", now);
  EXPECT_TRUE(bindings.due(now, 10).empty());
  now = bindings.next_due();
  ASSERT_EQ(bindings.due(now, 10).size(), 1U);
  EXPECT_TRUE(bindings.due(now + 9ms, 10).empty());
  EXPECT_EQ(bindings.due(now + 10ms, 10).size(), 1U) << "soon: idle connections close at once";
  EXPECT_TRUE(bindings.due(now + 29ms, 10).empty());
  for (int i = 0; i < 20; ++i) bindings.due(bindings.next_due(), 10);
  EXPECT_EQ(bindings.next_due(), bindings.next_due());
  auto last = bindings.next_due();
  bindings.due(last, 10);
  EXPECT_EQ(bindings.next_due() - last, 10s);
}

}  // namespace
}  // namespace dfp::haproxy
