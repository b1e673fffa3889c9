#include "base/task_group.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "base/testing.hpp"

namespace dfp {
namespace {
using namespace std::chrono_literals;

TEST(TaskGroup, StopsWhenAllTasksHaveEnded) {
  dfp::testing::run([](Executor executor) -> Task<> {
    TaskGroup group(executor);
    Signal wake(executor);
    int ended = 0;
    auto loop = [](TaskGroup* tasks, Signal* signal, int* count) -> Task<> {
      while (!tasks->stopping()) co_await signal->wait(Deadline::never());
      ++*count;
    };
    for (int i = 0; i < 3; ++i) group.spawn(loop(&group, &wake, &ended), "loop");
    co_await sleep_for(1ms);
    EXPECT_EQ(group.running(), 3U);
    co_await group.stop([&] { wake.notify_all(); });
    EXPECT_EQ(ended, 3);
    EXPECT_EQ(group.running(), 0U);
  });
}

TEST(TaskGroup, WaitsUntilTheDeadlineAtMost) {
  dfp::testing::run([](Executor executor) -> Task<> {
    TaskGroup group(executor);
    auto deaf = []() -> Task<> { co_await sleep_for(300ms); };
    group.spawn(deaf(), "deaf");
    auto ended = co_await group.stop([] {}, Deadline::after(10ms));
    EXPECT_FALSE(ended);
    EXPECT_EQ(group.running(), 1U);
  });
}

TEST(TaskGroup, ATaskThatThrowsHasEnded) {
  dfp::testing::run([](Executor executor) -> Task<> {
    TaskGroup group(executor);
    auto bad = []() -> Task<> {
      co_await sleep_for(1ms);
      throw std::runtime_error("a bug");
    };
    group.spawn(bad(), "bad");
    co_await group.stop([] {});
    EXPECT_EQ(group.running(), 0U);
  });
}

TEST(TaskGroup, WhatTheCallerRunsItselfCounts) {
  dfp::testing::run([](Executor executor) -> Task<> {
    TaskGroup group(executor);
    bool done = false;
    auto call = [](TaskGroup* tasks, bool* end) -> Task<> {
      auto running = tasks->enter();
      co_await sleep_for(20ms);
      *end = true;
    };
    spawn(executor, call(&group, &done), "call");
    co_await sleep_for(1ms);
    co_await group.stop([] {});
    EXPECT_TRUE(done);
  });
}

TEST(TaskGroup, ATaskMayOutliveIt) {
  dfp::testing::run([](Executor executor) -> Task<> {
    bool done = false;
    auto late = [](bool* end) -> Task<> {
      co_await sleep_for(5ms);
      *end = true;
    };
    {
      TaskGroup group(executor);
      group.spawn(late(&done), "late");
    }
    co_await sleep_for(30ms);
    EXPECT_TRUE(done);
  });
}

}  // namespace
}  // namespace dfp
