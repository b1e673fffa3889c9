#include "reconcile/watcher.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/eventually.hpp"
#include "base/testing.hpp"
#include "reconcile/change_time.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;
using dfp::testing::eventually;

/// One service with a template whose data a test changes.
class FakeFollowed : public Followed {
 public:
  explicit FakeFollowed(Executor executor) : changed_(std::move(executor)) {
    service.definition.service = "x";
    service.definition.consul_template_path = "x.tmpl";
    service.definition.watch = true;
    service.rendered = data;
    service.changed_at = "2026-01-31T12:00:00Z";
  }

  const model::Service* served(const std::string&) const override { return &service; }
  bool leads(const std::string&) const override { return leading; }
  Task<Result<Look>> look(model::Definition, std::chrono::system_clock::time_point now, Deadline) override {
    ++looks;
    last_now = now;
    if (broken) co_return fail(Errc::InvalidArgument, "template: x.tmpl:1: broken");
    Look look;
    look.text = data;
    look.index = version;
    co_return look;
  }
  Task<Result<>> changed(model::Definition, std::shared_ptr<const Look> look, Deadline deadline) override {
    while (look->index == version) {
      bool woken = co_await changed_.wait(deadline);
      if (!woken) co_return fail(Errc::Timeout, "no change");
    }
    co_return Result<>{};
  }
  Task<Result<>> renew(std::string) override {
    ++renewals;
    if (refused) co_return fail(Errc::Rejected, "refused");
    service.rendered = data;
    co_return Result<>{};
  }

  void change(std::string text) {
    data = std::move(text);
    ++version;
    changed_.notify_all();
  }

  model::Service service;
  std::string data = "one";
  std::uint64_t version = 1;
  bool broken = false;
  bool refused = false;
  bool leading = true;
  int looks = 0;
  int renewals = 0;
  std::chrono::system_clock::time_point last_now;

 private:
  Signal changed_;
};

WatchSettings quick() { return {30ms, 150ms, 200ms, 1s, 5ms, 20ms}; }

void with_watcher(std::function<Task<>(FakeFollowed&, Watcher&)> body) {
  testing::run([&](Executor executor) -> Task<> {
    FakeFollowed followed(executor);
    Watcher watcher(executor, followed, quick());
    co_await body(followed, watcher);
    co_await watcher.stop();
  });
}

TEST(Watcher, RenewsWhenTheDataChangesAndOnlyThen) {
  with_watcher([](FakeFollowed& followed, Watcher& watcher) -> Task<> {
    watcher.set("x", &followed.service);
    co_await eventually([&] { return followed.looks == 1; }, "first look");
    co_await sleep_for(200ms);
    EXPECT_EQ(followed.renewals, 0);
    EXPECT_EQ(followed.last_now, parse_change_time("2026-01-31T12:00:00Z"));
    followed.change("two");
    co_await eventually([&] { return followed.renewals == 1; }, "renewed");
    EXPECT_EQ(followed.service.rendered, "two");
    followed.change("two");
    co_await eventually([&] { return followed.looks >= 3; }, "looked again");
    co_await sleep_for(200ms);
    EXPECT_EQ(followed.renewals, 1) << "an equal text is no news";
  });
}

TEST(Watcher, TakesUpWhatChangedBeforeTheFirstLook) {
  with_watcher([](FakeFollowed& followed, Watcher& watcher) -> Task<> {
    followed.data = "moved meanwhile";
    watcher.set("x", &followed.service);
    co_await eventually([&] { return followed.service.rendered == "moved meanwhile"; }, "renewed");
  });
}

TEST(Watcher, WaitsUntilItIsQuietButNotForever) {
  with_watcher([](FakeFollowed& followed, Watcher& watcher) -> Task<> {
    watcher.set("x", &followed.service);
    co_await eventually([&] { return followed.looks == 1; }, "first look");
    co_await sleep_for(150ms);
    for (int i = 0; i < 5; ++i) {
      followed.change("burst " + std::to_string(i));
      co_await sleep_for(2ms);
    }
    co_await eventually([&] { return followed.renewals > 0; }, "renewed");
    EXPECT_EQ(followed.renewals, 1);
    EXPECT_EQ(followed.service.rendered, "burst 4");
    // Never quiet: it follows nevertheless.
    for (int i = 0; i < 200 && followed.renewals == 1; ++i) {
      followed.change("storm " + std::to_string(i));
      co_await sleep_for(5ms);
    }
    EXPECT_EQ(followed.renewals, 2);
  });
}

TEST(Watcher, DoesNotWriteOverWhatAnotherProxyMakesOfTheSameData) {
  with_watcher([](FakeFollowed& followed, Watcher& watcher) -> Task<> {
    watcher.set("x", &followed.service);
    co_await eventually([&] { return followed.looks == 1; }, "first look");
    co_await sleep_for(150ms);
    followed.service.rendered = "the other's environment";
    watcher.set("x", &followed.service);
    followed.change(followed.data);
    co_await eventually([&] { return followed.looks >= 2; }, "looked again");
    co_await sleep_for(200ms);
    EXPECT_EQ(followed.renewals, 0);
  });
}

TEST(Watcher, LeavesTheFirstGoToTheProxyThatLeads) {
  with_watcher([](FakeFollowed& followed, Watcher& watcher) -> Task<> {
    followed.leading = false;
    followed.data = "two";
    auto begin = Clock::now();
    watcher.set("x", &followed.service);
    co_await eventually([&] { return followed.renewals == 1; }, "renewed");
    EXPECT_GE(Clock::now() - begin, 200ms);
  });
}

TEST(Watcher, AFailureIsShownAndTriedAgain) {
  with_watcher([](FakeFollowed& followed, Watcher& watcher) -> Task<> {
    watcher.set("x", &followed.service);
    co_await eventually([&] { return followed.looks == 1; }, "first look");
    followed.broken = true;
    followed.change("two");
    co_await eventually([&] { return watcher.problems().contains("x"); }, "the problem is shown");
    EXPECT_EQ(watcher.problems().at("x"), "template: x.tmpl:1: broken");
    EXPECT_THAT(metrics::process_registry().render(), ::testing::HasSubstr("dfp_watch_problems 1\n"));
    EXPECT_EQ(followed.service.rendered, "one");
    followed.broken = false;
    followed.refused = true;
    co_await eventually([&] { return watcher.problems()["x"] == "refused"; }, "the refusal is shown");
    followed.refused = false;
    co_await eventually([&] { return followed.service.rendered == "two"; }, "renewed at last");
    co_await eventually([&] { return watcher.problems().empty(); }, "no problem is left");
    EXPECT_THAT(metrics::process_registry().render(), ::testing::HasSubstr("dfp_watch_problems 0\n"));
  });
}

TEST(Watcher, EndsWithTheServiceOrItsWish) {
  with_watcher([](FakeFollowed& followed, Watcher& watcher) -> Task<> {
    watcher.set("x", &followed.service);
    co_await eventually([&] { return followed.looks == 1; }, "first look");
    watcher.set("x", nullptr);
    followed.change("two");
    co_await sleep_for(200ms);
    EXPECT_EQ(followed.looks, 1);
    EXPECT_EQ(followed.renewals, 0);
    followed.service.definition.watch = false;
    watcher.set("x", &followed.service);
    co_await sleep_for(100ms);
    EXPECT_EQ(followed.looks, 1);
  });
}

TEST(Look, ComparesWhatIsServed) {
  model::Instance a;
  a.service = "x";
  a.id = "1";
  a.port = 80;
  auto critical = a;
  critical.health = model::Health::Critical;
  auto moved = a;
  moved.port = 81;
  EXPECT_TRUE((Look{{a}, ""}).same_content({{critical}, ""}));
  EXPECT_FALSE((Look{{a}, ""}).same_content({{moved}, ""}));
  EXPECT_FALSE((Look{{a}, ""}).same_content({{}, ""}));
  EXPECT_FALSE((Look{{}, "a"}).same_content({{}, "b"}));
}

}  // namespace
}  // namespace dfp::reconcile
