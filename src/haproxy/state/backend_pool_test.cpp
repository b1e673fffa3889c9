#include "haproxy/state/backend_pool.hpp"

#include <gtest/gtest.h>

namespace dfp::haproxy {
namespace {
using namespace std::chrono_literals;

TEST(BackendPool, TakesTheOwnBackendFirstThenASpareOne) {
  BackendPool backend_pool;
  backend_pool.reset({{"a", "svc:a"}}, 1);
  backend_pool.unbind("a");
  backend_pool.give_back("svc:a");
  EXPECT_EQ(backend_pool.free_count(), 1U);
  EXPECT_EQ(backend_pool.take({"b", ""}), "spare:http-rr:00001");
  EXPECT_EQ(backend_pool.take({"c", ""}), std::nullopt);
  EXPECT_TRUE(backend_pool.has_own({"a", ""}));
  EXPECT_EQ(backend_pool.take({"a", ""}), "svc:a");
}

TEST(BackendPool, ABackendIsFreeOnlyWhenItsServersAreGone) {
  BackendPool backend_pool;
  auto now = Clock::now();
  backend_pool.reset({}, 1);
  auto backend = *backend_pool.take({"a", ""});
  backend_pool.bind("a", backend);
  backend_pool.leave(backend, "x", now);
  backend_pool.leave(backend, "y", now);
  backend_pool.unbind("a");
  backend_pool.give_back(backend);
  backend_pool.left(backend, "x");
  EXPECT_EQ(backend_pool.free_count(), 0U);
  backend_pool.left(backend, "y");
  EXPECT_EQ(backend_pool.free_count(), 1U);
}

TEST(BackendPool, WhereBackendsCanBeMadeThereIsAlwaysOneMore) {
  BackendPool backend_pool;
  backend_pool.grow();
  backend_pool.reset({{"a", "svc:a"}}, 0);
  EXPECT_EQ(backend_pool.take({"b", "blue"}), "svc:b:blue");
  EXPECT_TRUE(backend_pool.is_unborn("svc:b:blue"));
  backend_pool.born("svc:b:blue");
  backend_pool.bind("b", "svc:b:blue");
  EXPECT_EQ(backend_pool.take({"a", ""}), "spare:http-rr:00001") << "its own one serves";
  backend_pool.give_back("spare:http-rr:00001");
  EXPECT_FALSE(backend_pool.is_unborn("spare:http-rr:00001"));
  EXPECT_EQ(backend_pool.free_count(), 0U) << "it was never made";
}

TEST(BackendPool, WhatCanBeMadeAgainIsDeletedWhenItIsFree) {
  BackendPool backend_pool;
  backend_pool.grow();
  backend_pool.reset({{"a", "svc:a"}, {"b", "svc:b"}}, 0);
  auto now = Clock::now();
  EXPECT_TRUE(backend_pool.surplus(now + 1h, 10).empty());
  backend_pool.unbind("a");
  backend_pool.give_back("svc:a");
  EXPECT_TRUE(backend_pool.surplus(now, 10).empty()) << "its service may come back soon";
  EXPECT_LT(backend_pool.next_due(), now + 5s);
  EXPECT_EQ(backend_pool.surplus(now + 5s, 10), std::vector<std::string>{"svc:a"});
  backend_pool.deleted("svc:a");
  EXPECT_EQ(backend_pool.take({"a", ""}), "svc:a");
  EXPECT_TRUE(backend_pool.is_unborn("svc:a"));
}

TEST(BackendPool, AFreeBackendWithAStrayServerIsNotGivenAway) {
  BackendPool backend_pool;
  backend_pool.reset({}, 1);
  backend_pool.leave("spare:http-rr:00001", "stray", Clock::now());
  EXPECT_EQ(backend_pool.take({"a", ""}), std::nullopt);
  backend_pool.left("spare:http-rr:00001", "stray");
  EXPECT_EQ(backend_pool.take({"a", ""}), "spare:http-rr:00001");
}

TEST(BackendPool, DeletionsAreTriedLaterAndLater) {
  BackendPool backend_pool;
  auto now = Clock::now();
  backend_pool.reset({{"a", "svc:a"}}, 0);
  backend_pool.leave("svc:a", "x", now);
  EXPECT_TRUE(backend_pool.leaving().due(now, 10).empty());
  now = backend_pool.next_due();
  ASSERT_EQ(backend_pool.leaving().due(now, 10).size(), 1U);
  EXPECT_TRUE(backend_pool.leaving().due(now + 9ms, 10).empty());
  EXPECT_EQ(backend_pool.leaving().due(now + 10ms, 10).size(), 1U) << "soon: idle connections close at once";
  EXPECT_TRUE(backend_pool.leaving().due(now + 29ms, 10).empty());
  for (int i = 0; i < 20; ++i) backend_pool.leaving().due(backend_pool.next_due(), 10);
  EXPECT_EQ(backend_pool.next_due(), backend_pool.next_due());
  auto last = backend_pool.next_due();
  backend_pool.leaving().due(last, 10);
  EXPECT_EQ(backend_pool.next_due() - last, 10s);
}

}  // namespace
}  // namespace dfp::haproxy
