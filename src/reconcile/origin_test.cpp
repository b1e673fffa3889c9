#include "reconcile/origin.hpp"

#include <gtest/gtest.h>

#include "reconcile/proxy_driver.hpp"

namespace dfp::reconcile {
namespace {
using Kind = Origin::Kind;
using registry::Freshness;

TEST(Origin, AnOrderByTheApiIsAnsweredWhenItIsKept) {
  auto origin = Origin::api("api 127.0.0.1");
  EXPECT_EQ(origin.author(), "api 127.0.0.1");
  EXPECT_EQ(origin.policy().freshness, Freshness::Now);
  EXPECT_FALSE(origin.policy().kept_later);
  EXPECT_FALSE(origin.policy().may_become_empty);
  EXPECT_FALSE(origin.policy().repeats_itself);
}

TEST(Origin, WhoeverFollowsLabelsRepeatsItselfAndDoesNotWaitForTheRegistry) {
  auto policy = Origin::label("label swarm").policy();
  EXPECT_EQ(policy.freshness, Freshness::Recent);
  EXPECT_TRUE(policy.kept_later);
  EXPECT_TRUE(policy.repeats_itself);
  EXPECT_FALSE(policy.may_become_empty);
}

TEST(Origin, OnlyACatalogWithAuthorityIsBelievedThatThereIsNoInstance) {
  for (auto kind : {Kind::Api, Kind::Label, Kind::Watch, Kind::Original, Kind::Found})
    EXPECT_FALSE(Origin::policy_of(kind).may_become_empty) << static_cast<int>(kind);
  EXPECT_TRUE(Origin::catalog("label swarm").policy().may_become_empty);
  EXPECT_TRUE(Origin::catalog("label swarm").policy().kept_later);
}

TEST(Origin, AWatchWaitsForTheRegistry) {
  auto policy = Origin::watch("api").policy();
  EXPECT_EQ(policy.freshness, Freshness::Recent);
  EXPECT_FALSE(policy.kept_later);
}

TEST(Origin, OfAStoredServiceItsAuthorTells) {
  EXPECT_EQ(Origin::kind_of("kv"), Kind::Original);
  EXPECT_EQ(Origin::kind_of(kFoundAuthor), Kind::Found);
  EXPECT_EQ(Origin::kind_of("label swarm"), Kind::Api);
  EXPECT_FALSE(Origin::policy_of("kv").pins_instances);
  EXPECT_TRUE(Origin::policy_of("kv").has_record);
  EXPECT_FALSE(Origin::policy_of(kFoundAuthor).has_record);
  EXPECT_TRUE(Origin::policy_of(kFoundAuthor).pins_instances);
  EXPECT_TRUE(Origin::policy_of("api 10.0.0.1").pins_instances);
  EXPECT_TRUE(Origin::policy_of("api 10.0.0.1").has_record);
}

}  // namespace
}  // namespace dfp::reconcile
