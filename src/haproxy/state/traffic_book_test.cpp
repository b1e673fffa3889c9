#include "haproxy/state/traffic_book.hpp"

#include <gtest/gtest.h>

namespace dfp::haproxy {
namespace {
using runtime::Count;
using runtime::TrafficStat;

constexpr std::uint64_t kWorker = 7;

class Traffic : public testing::Test {
 protected:
  Traffic() { all(kWorker, {backend("one", 0), backend("two", 0)}); }
  static TrafficStat backend(std::string name, std::uint64_t requests) {
    TrafficStat stat{std::move(name), false, {}};
    stat.traffic[Count::Status2xx] = requests;
    stat.traffic.sessions = requests > 0 ? 1 : 0;
    return stat;
  }
  std::optional<std::string> owner(const std::string& name) const {
    auto found = owners.find(name);
    return found == owners.end() ? std::nullopt : std::optional(found->second);
  }
  void all(std::uint64_t worker, std::vector<TrafficStat> stats) {
    book.take_all(worker, stats, [this](const auto& name) { return owner(name); });
  }
  void some(std::uint64_t worker, std::vector<TrafficStat> stats) {
    book.take_some(worker, stats, [this](const auto& name) { return owner(name); });
  }
  std::uint64_t requests(const std::string& service) const {
    auto found = book.services().find(service);
    return found == book.services().end() ? 0 : found->second[Count::Status2xx];
  }
  std::map<std::string, std::string> owners{{"one", "shop"}};
  TrafficBook book;
};

TEST_F(Traffic, OfAWorkerThatIsReplacedIsAddedUp) {
  all(kWorker, {backend("one", 10)});
  EXPECT_EQ(requests("shop"), 10U);
  all(kWorker + 1, {backend("one", 4)});
  all(kWorker + 1, {backend("one", 5)});
  EXPECT_EQ(requests("shop"), 15U);
}

TEST_F(Traffic, OfSeveralBackendsIsOneServices) {
  owners["two"] = "shop";
  all(kWorker, {backend("one", 10), backend("two", 3)});
  EXPECT_EQ(requests("shop"), 13U);
  EXPECT_EQ(book.services().at("shop").sessions, 2U);
}

TEST_F(Traffic, OfABackendThatChangesHandsIsNotTheNextOnes) {
  all(kWorker, {backend("one", 10)});
  owners.erase("one");
  some(kWorker, {backend("one", 12)});  // it was freed
  EXPECT_EQ(requests("shop"), 12U);
  owners["one"] = "cart";
  book.begin_reading();
  all(kWorker, {backend("one", 17)});
  EXPECT_EQ(requests("cart"), 5U);
  EXPECT_EQ(requests("shop"), 0U) << "it is not served any more";
}

TEST_F(Traffic, OfABackendThatChangedHandsUnseenIsNobodys) {
  all(kWorker, {backend("one", 10)});
  owners["one"] = "cart";
  all(kWorker, {backend("one", 17)});
  EXPECT_EQ(requests("cart"), 0U);
  all(kWorker, {backend("one", 18)});
  EXPECT_EQ(requests("cart"), 1U);
}

TEST_F(Traffic, OfTheTimeBeforeTheFirstReadingIsNotCounted) {
  TrafficBook fresh;
  auto owner = [](const auto&) { return std::optional<std::string>("shop"); };
  fresh.take_all(kWorker, {backend("one", 1000)}, owner);
  EXPECT_EQ(fresh.services().at("shop")[Count::Status2xx], 0U);
  EXPECT_EQ(fresh.services().at("shop").sessions, 1U);
}

TEST_F(Traffic, GoesOnAfterCountersWereCleared) {
  all(kWorker, {backend("one", 10)});
  all(kWorker, {backend("one", 2)});
  EXPECT_EQ(requests("shop"), 12U);
}

TEST_F(Traffic, OfFrontendsHasTheirNames) {
  TrafficStat stat{"dfp:services", true, {}};
  all(kWorker, {stat});
  stat.traffic[Count::Received] = 5;
  all(kWorker, {stat});
  EXPECT_EQ(book.frontends().at("dfp:services")[Count::Received], 5U);
  EXPECT_TRUE(book.services().empty());
}

TEST_F(Traffic, IsNotCountedAgainWhereAReadingIsOvertaken) {
  book.begin_reading();
  some(kWorker, {backend("one", 12)});
  all(kWorker, {backend("one", 10)});
  EXPECT_EQ(requests("shop"), 12U);
}

TEST_F(Traffic, OfAWorkerThatWasNotReadAsAWholeWaits) {
  some(kWorker + 1, {backend("one", 5)});
  all(kWorker + 1, {backend("one", 6)});
  EXPECT_EQ(requests("shop"), 6U);
}

}  // namespace
}  // namespace dfp::haproxy
