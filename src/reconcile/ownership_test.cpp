#include "reconcile/ownership.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.hpp"

namespace dfp::reconcile {
namespace {

model::Definition claiming(std::string service, std::vector<std::string> paths) {
  model::Definition d;
  d.service = std::move(service);
  d.paths = std::move(paths);
  return d;
}

registry::ClaimAge claimed_at(std::uint64_t version) { return {.unclaimed = false, .version = version}; }
registry::ClaimAge unclaimed(std::uint64_t version) { return {.unclaimed = true, .version = version}; }

std::string refused(const std::vector<Claimant>& claimants) {
  std::string names;
  for (const auto& [name, reason] : decide_owners(claimants).refused) names += name + " ";
  return names;
}

TEST(Ownership, TheOlderClaimWinsInWhateverOrderTheyAreSeen) {
  auto a = claiming("a", {"/x"}), b = claiming("b", {"/x", "/y"}), c = claiming("c", {"/y"});
  std::vector<Claimant> all{{&a, claimed_at(3)}, {&b, claimed_at(2)}, {&c, claimed_at(1)}};
  std::ranges::sort(all, {}, [](const Claimant& one) { return one.definition->service; });
  do {
    EXPECT_EQ(refused(all), "b ") << "c is the oldest, and a conflicts with b only, which may not serve";
  } while (std::ranges::next_permutation(all, {}, [](const Claimant& one) {
             return one.definition->service;
           }).found);
}

TEST(Ownership, WithoutAClaimARecordLosesWhateverItsAge) {
  auto owner = claiming("owner", {"/x"}), intruder = claiming("a-evil", {"/x"});
  EXPECT_EQ(refused({{&intruder, unclaimed(1)}, {&owner, claimed_at(9)}}), "a-evil ");
  EXPECT_EQ(refused({{&intruder, unclaimed(2)}, {&owner, unclaimed(1)}}), "a-evil ");
}

TEST(Ownership, WithoutAClaimNothingIsTakenOver) {
  auto owner = claiming("owner", {"/x"}), taker = claiming("taker", {"/x"});
  taker.acl_name = "0";
  taker.take_over = true;
  EXPECT_EQ(refused({{&taker, unclaimed(9)}, {&owner, claimed_at(1)}}), "taker ");
  EXPECT_EQ(refused({{&taker, claimed_at(9)}, {&owner, claimed_at(1)}}), "");
}

TEST(Ownership, TheReasonNamesTheOwner) {
  auto owner = claiming("owner", {"/x"}), intruder = claiming("late", {"/x"});
  auto reasons = decide_owners({{&intruder, claimed_at(2)}, {&owner, claimed_at(1)}}).refused;
  EXPECT_TRUE(reasons.at("late").starts_with("path_beg /x belongs to service owner")) << reasons.at("late");
}

}  // namespace
}  // namespace dfp::reconcile
