#include "probe/prober.hpp"

#include <gtest/gtest.h>

#include "base/eventually.hpp"
#include "base/testing.hpp"
#include "net/testing/http_imposter.hpp"
#include "probe/check.hpp"
#include "probe/server_health.hpp"

namespace dfp::probe {
namespace {
using namespace std::chrono_literals;
using dfp::testing::eventually;
using net::HttpResponse;
using net::testing::HttpImposter;
using Names = std::set<std::string>;

model::HealthCheck quick(std::string path) {
  model::HealthCheck check;
  check.path = std::move(path);
  check.interval = 20ms;
  check.timeout = 5s;
  check.rise = 2;
  check.fall = 3;
  return check;
}

/// A prober that runs, and servers to check.
struct Rig {
  explicit Rig(Executor ex) : executor(ex), web(executor), prober(executor, 1000, metrics) {
    web.on("GET", "/health", HttpResponse(200));
    spawn(executor, prober.run(), "prober");
  }
  ~Rig() { prober.stop(); }
  void watch(model::HealthCheck check) { prober.set("go-demo", {{"a", web.endpoint(), std::move(check)}}); }
  Task<> until_down(Names names) {
    co_await eventually([this, names] { return prober.down("go-demo") == names; }, "down as expected");
  }

  Executor executor;
  metrics::Registry metrics;
  HttpImposter web;
  Prober prober;
};

template <class Body>
void with_rig(Body body) {
  dfp::testing::run([body](Executor executor) -> Task<> {
    Rig rig(executor);
    co_await body(rig);
  });
}

TEST(ServerHealth, CountsAsHaproxyDoes) {
  ServerHealth health;
  EXPECT_TRUE(health.up());
  health.bad(3);
  EXPECT_FALSE(health.up()) << "the very first check is enough";
  health.good(2);
  EXPECT_FALSE(health.up());
  health.bad(3);
  health.good(2);
  EXPECT_FALSE(health.up()) << "two in a row";
  health.good(2);
  EXPECT_TRUE(health.up());
  health.bad(3);
  health.bad(3);
  EXPECT_TRUE(health.up() && health.in_doubt());
  health.good(2);
  health.bad(3);
  health.bad(3);
  EXPECT_TRUE(health.up()) << "three in a row";
  health.bad(3);
  EXPECT_FALSE(health.up());
}

TEST(ServerHealth, OfASuspectIsTheNextCheck) {
  ServerHealth health;
  health.suspect();
  EXPECT_FALSE(health.up());
  health.good(5);
  EXPECT_TRUE(health.up());
}

TEST(Prober, TakesAServerOutWhileItAnswers500AndBringsItBack) {
  with_rig([](Rig& rig) -> Task<> {
    rig.watch(quick("/health"));
    co_await eventually([&] { return rig.web.count("GET", "/health") >= 3; },
                        "it is checked again and again");
    EXPECT_EQ(rig.prober.down("go-demo"), Names{});
    rig.web.on("GET", "/health", HttpResponse(500));
    auto changed = co_await rig.prober.wait_for_changes();
    EXPECT_EQ(changed, Names{"go-demo"});
    EXPECT_EQ(rig.prober.down("go-demo"), Names{"a"});
    EXPECT_EQ(rig.prober.reasons("go-demo").at("a"), "GET /health answered 500, healthy are 200-399");
    rig.web.on("GET", "/health", HttpResponse(204));
    changed = co_await rig.prober.wait_for_changes();
    EXPECT_EQ(rig.prober.down("go-demo"), Names{});
  });
}

TEST(Prober, TakesAServerOutThatDoesNotAnswerInTime) {
  with_rig([](Rig& rig) -> Task<> {
    rig.web.on("GET", "/slow", [](net::HttpRequest) -> Task<HttpResponse> {
      co_await sleep_for(2s);
      co_return HttpResponse(200);
    });
    auto check = quick("/slow");
    check.timeout = 30ms;
    rig.watch(check);
    co_await rig.until_down({"a"});
  });
}

TEST(Prober, KeepsHealthWhereOnlyTheCheckChanges) {
  with_rig([](Rig& rig) -> Task<> {
    rig.web.on("GET", "/bad", HttpResponse(500));
    rig.watch(quick("/bad"));
    co_await rig.until_down({"a"});
    auto once = quick("/health");
    once.rise = 1;
    rig.watch(once);
    EXPECT_EQ(rig.prober.down("go-demo"), Names{"a"});
    co_await rig.until_down({});
  });
}

TEST(Prober, ForgetsWhatIsNotCheckedAnyMore) {
  with_rig([](Rig& rig) -> Task<> {
    rig.web.on("GET", "/bad", HttpResponse(500));
    rig.watch(quick("/bad"));
    co_await rig.until_down({"a"});
    rig.prober.set("go-demo", {});
    EXPECT_EQ(rig.prober.down("go-demo"), Names{});
    auto seen = rig.web.requests().size();
    co_await sleep_for(100ms);
    EXPECT_LE(rig.web.requests().size(), seen + 1);
  });
}

TEST(Prober, TakesWhatAnEarlierLifeTookOutBackAfterOneGoodCheck) {
  with_rig([](Rig& rig) -> Task<> {
    auto check = quick("/health");
    check.rise = 100;
    rig.prober.assume_down("go-demo", {"a", "gone"});
    rig.watch(check);
    EXPECT_EQ(rig.prober.down("go-demo"), Names{"a"});
    auto changed = co_await rig.prober.wait_for_changes();
    EXPECT_EQ(changed, Names{"go-demo"});
    co_await rig.until_down({});
  });
}

TEST(Prober, BeginsNoMoreChecksThanAllowed) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpImposter web(executor);
    web.on("GET", "/health", HttpResponse(200));
    metrics::Registry metrics;
    Prober prober(executor, 100, metrics);
    spawn(executor, prober.run(), "prober");
    std::vector<Target> targets;
    for (int n = 0; n < 200; ++n) targets.push_back({std::to_string(n), web.endpoint(), quick("/health")});
    auto began = Clock::now();
    prober.set("many", std::move(targets));
    co_await sleep_for(300ms);
    auto took = std::chrono::duration<double>(Clock::now() - began).count();
    EXPECT_LE(static_cast<double>(web.requests().size()), 100 * took + 10);
    EXPECT_GE(web.requests().size(), 10U);
    prober.stop();
  });
}

TEST(CheckOnce, SaysWhatWasWrong) {
  with_rig([](Rig& rig) -> Task<> {
    rig.web.on("GET", "/bad", HttpResponse(500));
    auto interrupt = std::make_shared<net::Interrupt>();
    auto ask = [&](model::HealthCheck check, net::Endpoint to) {
      return check_once(rig.executor, std::move(to), std::move(check), interrupt, Deadline::after(5s));
    };
    auto good = co_await ask(quick("/health"), rig.web.endpoint());
    EXPECT_TRUE(good);
    auto bad = co_await ask(quick("/bad"), rig.web.endpoint());
    EXPECT_EQ(bad.error().what, "GET /bad answered 500, healthy are 200-399");
    auto connection = co_await ask({}, rig.web.endpoint());
    EXPECT_TRUE(connection);
    auto nobody = co_await ask(quick("/health"), {net::Endpoint::Kind::Tcp, "127.0.0.1", 1});
    EXPECT_TRUE(nobody.error().what.starts_with("GET /health: ")) << nobody.error().what;
  });
}

}  // namespace
}  // namespace dfp::probe
