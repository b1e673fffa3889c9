#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "base/blocking.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/testing.hpp"
#include "base/text.hpp"
#include "base/wait.hpp"

namespace dfp {
namespace {
using namespace std::chrono_literals;

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(text::split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(text::split("", ','), std::vector<std::string>{""});
}

TEST(Text, Utf8RejectsOverlongSurrogatesAndCutSequences) {
  EXPECT_TRUE(text::is_valid_utf8("grüße \xf0\x9f\x98\x80"));
  for (auto bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xff"})
    EXPECT_FALSE(text::is_valid_utf8(bad)) << text::shown(bad);
}

TEST(Text, ShownMakesControlBytesVisible) { EXPECT_EQ(text::shown("a\nb\xff"), "\"a\\x0ab\\xff\""); }

TEST(Text, PercentEncodeKeepsOnlyUnreserved) {
  EXPECT_EQ(text::percent_encode("a/b c~é"), "a%2Fb%20c~%C3%A9");
  EXPECT_EQ(text::percent_encode("a/b", "/"), "a/b");
}

TEST(Log, JsonLineIsOneObject) {
  EXPECT_EQ(
      log::render_line(log::Level::Info, "x.y", {{"n", 3}, {"s", "a\nb"}, {"ok", true}}, log::Format::Json),
      R"({"level":"info","event":"x.y","n":3,"s":"a\nb","ok":true})");
}

TEST(Log, TextLineQuotesOnlyWhenNeeded) {
  EXPECT_EQ(log::render_line(log::Level::Warn, "x", {{"a", "b c"}, {"d", "e"}}, log::Format::Text),
            "warn  x a=\"b c\" d=e");
}

TEST(File, AtomicWriteLeavesNoTemporaryFile) {
  auto folder = std::filesystem::temp_directory_path() / "dfp_file_test";
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(file::write_atomic(folder / "f", "one", true));
  ASSERT_TRUE(file::write_atomic(folder / "f", "two"));
  EXPECT_EQ(file::read(folder / "f"), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
  EXPECT_EQ(file::read(folder / "absent").error().code, Errc::NotFound);
  std::filesystem::remove_all(folder);
}

TEST(AsyncMutex, IsFirstComeFirstServed) {
  std::string order;
  testing::run([&](Executor executor) -> Task<> {
    AsyncMutex mutex(executor);
    Signal done(executor);
    auto worker = [&](char name) -> Task<> {
      auto lock = co_await mutex.lock();
      order += name;
      co_await sleep_for(1ms);
      order += name;
      if (order.size() == 6) done.notify_all();
    };
    for (char name : {'a', 'b', 'c'}) spawn(executor, worker(name), "worker");
    co_await done.wait(Deadline::after(5s));
  });
  EXPECT_EQ(order, "aabbcc");
}

TEST(AsyncMutex, WhoGivesUpLosesItsPlaceAndTheOthersMoveUp) {
  testing::run([](Executor executor) -> Task<> {
    AsyncMutex mutex(executor);
    auto held = std::make_unique<AsyncMutex::Lock>(co_await mutex.lock());
    auto late = co_await mutex.lock(Deadline::after(1ms));
    EXPECT_EQ(late.error().code, Errc::Timeout);
    std::stop_source client;
    std::string order;
    auto wait = [&](std::string name, std::stop_token left) -> Task<> {
      auto lock = co_await mutex.lock(Deadline::after(5s), left);
      order += name + (lock ? "+" : lock.error().code == Errc::Cancelled ? "-" : "?");
    };
    spawn(executor, wait("a", client.get_token()), "a");
    spawn(executor, wait("b", {}), "b");
    co_await sleep_for(1ms);
    client.request_stop();
    co_await sleep_for(1ms);
    EXPECT_EQ(order, "a-");
    held.reset();
    co_await sleep_for(1ms);
    EXPECT_EQ(order, "a-b+");
    auto gone = co_await mutex.lock(Deadline::never(), client.get_token());
    EXPECT_EQ(gone.error().code, Errc::Cancelled);
    auto free = co_await mutex.lock(Deadline::after(5s));
    EXPECT_TRUE(free) << "every lock was handed on";
  });
}

TEST(AsyncMutex, WhoLeavesAtTheMomentOfItsTurnHandsItOn) {
  testing::run([](Executor executor) -> Task<> {
    AsyncMutex mutex(executor);
    auto held = std::make_unique<AsyncMutex::Lock>(co_await mutex.lock());
    std::stop_source client;
    std::optional<Errc> ended;
    auto wait = [&]() -> Task<> {
      auto lock = co_await mutex.lock(Deadline::after(5s), client.get_token());
      ended = lock ? Errc::Internal : lock.error().code;
    };
    spawn(executor, wait(), "wait");
    co_await sleep_for(1ms);
    held.reset();
    client.request_stop();
    auto next = co_await mutex.lock(Deadline::after(5s));
    EXPECT_TRUE(next);
    EXPECT_EQ(ended, Errc::Cancelled);
  });
}

TEST(ForEachConcurrently, KeepsToItsWidthAndWaitsForAll) {
  std::size_t running = 0, most = 0, done = 0;
  testing::run([&](Executor) -> Task<> {
    auto body = [&](std::size_t) -> Task<> {
      most = std::max(most, ++running);
      co_await sleep_for(1ms);
      --running;
      ++done;
    };
    co_await for_each_concurrently(10, 3, body);
    EXPECT_EQ(done, 10U);
  });
  EXPECT_EQ(most, 3U);
}

TEST(Signal, WaitEndsAtItsDeadline) {
  bool notified = testing::run([](Executor executor) -> Task<bool> {
    Signal signal(executor);
    co_return co_await signal.wait(Deadline::after(1ms));
  });
  EXPECT_FALSE(notified);
}

TEST(BlockingPool, RunsElsewhereAndComesHome) {
  testing::run([](Executor) -> Task<> {
    BlockingPool pool(1);
    auto here = std::this_thread::get_id();
    auto there = co_await pool.run([] { return std::this_thread::get_id(); });
    EXPECT_NE(here, there);
    EXPECT_EQ(here, std::this_thread::get_id());
  });
}

}  // namespace
}  // namespace dfp
