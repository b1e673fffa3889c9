#include "reconcile/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dfp::reconcile {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(Ledger, AServiceOfWhichNothingIsNotedIsPlain) {
  Ledger ledger;
  const auto& record = ledger.of("a");
  EXPECT_TRUE(record.is_plain());
  EXPECT_TRUE(record.is_kept());
  EXPECT_EQ(record.known_version(), 0);
  EXPECT_FALSE(record.is_ours());
  EXPECT_THAT(ledger.versions(), IsEmpty());
}

TEST(Ledger, AWriteIsNewerThanASnapshotThatDoesNotShowIt) {
  Ledger ledger;
  ledger.wrote("a", 7);
  EXPECT_TRUE(ledger.of("a").written_by_us_after(6));
  EXPECT_FALSE(ledger.of("a").written_by_us_after(7));
  ledger.wrote("b", 9);
  ledger.wrote("a", 8);
  EXPECT_EQ(ledger.latest_own_write(), 9);
}

TEST(Ledger, AServiceIsOursUntilAnotherProxyWritesIt) {
  Ledger ledger;
  ledger.wrote("a", 7);
  EXPECT_FALSE(ledger.of("a").is_ours());
  ledger.edit("a")->keep(7);
  EXPECT_TRUE(ledger.of("a").is_ours());
  ledger.edit("a")->keep(8);
  EXPECT_FALSE(ledger.of("a").is_ours());
}

TEST(Ledger, AServiceIsLostWhereTheHistoryEndsBeforeItsVersion) {
  Ledger ledger;
  EXPECT_FALSE(ledger.of("a").is_lost(0));
  ledger.edit("a")->keep(7);
  EXPECT_FALSE(ledger.of("a").is_lost(7));
  EXPECT_TRUE(ledger.of("a").is_lost(6));
  ledger.edit("a")->lose();
  EXPECT_FALSE(ledger.of("a").is_lost(6));
  EXPECT_FALSE(ledger.of("a").is_kept());
  EXPECT_EQ(ledger.of("a").known_version(), 0);
}

TEST(Ledger, UnkeptAreThoseThatTheRegistryDoesNotHave) {
  Ledger ledger;
  for (const auto* name : {"c", "a", "b"}) ledger.edit(name)->unkept = true;
  ledger.edit("b")->keep(3);
  EXPECT_THAT(ledger.unkept(), ElementsAre("a", "c"));
  ledger.edit("a")->remove();
  EXPECT_THAT(ledger.unkept(), ElementsAre("c"));
}

TEST(Ledger, ARefusedVersionIsQuarantined) {
  Ledger ledger;
  ledger.edit("a")->keep(7);
  ledger.edit("a")->refuse("no such port");
  EXPECT_EQ(ledger.of("a").refused, 7);
  EXPECT_THAT(ledger.quarantined(), ElementsAre(Pair("a", "no such port")));
  ledger.edit("a")->quarantined.reset();
  EXPECT_THAT(ledger.quarantined(), IsEmpty());
  EXPECT_TRUE(ledger.of("a").is_plain());
}

TEST(Ledger, NumbersMeanNothingInARegistryThatWasMadeAgain) {
  Ledger ledger;
  ledger.wrote("a", 7);
  ledger.edit("a")->keep(7);
  ledger.edit("b")->keep(6);
  ledger.edit("b")->refuse("bad");
  ledger.forget_numbers();
  EXPECT_FALSE(ledger.of("a").written_by_us_after(0));
  EXPECT_EQ(ledger.latest_own_write(), 0);
  EXPECT_EQ(ledger.of("b").refused, std::nullopt);
  EXPECT_THAT(ledger.quarantined(), ElementsAre(Key("b")));
  EXPECT_TRUE(ledger.of("a").is_ours());  // it is another proxy's only when that has written
  EXPECT_TRUE(ledger.of("a").is_lost(6));
}

TEST(Ledger, VersionsAreThoseOfAnEarlierMomentAgain) {
  Ledger ledger;
  ledger.edit("a")->keep(1);
  ledger.edit("b")->keep(2);
  auto before = ledger.versions();
  ledger.edit("a")->keep(5);
  ledger.edit("b")->version.reset();
  ledger.edit("c")->keep(6);
  ledger.set_versions(before);
  EXPECT_THAT(ledger.versions(), UnorderedElementsAre(Pair("a", 1), Pair("b", 2)));
  ledger.forget_versions();
  EXPECT_THAT(ledger.versions(), IsEmpty());
}

TEST(Ledger, SourcesAreReplacedAsAWhole) {
  Ledger ledger;
  ledger.set_sources({{"a", StartSource::Proxy}, {"b", StartSource::LastKnown}});
  EXPECT_FALSE(ledger.of("a").is_kept());
  ledger.set_sources({{"b", StartSource::Proxy}});
  EXPECT_TRUE(ledger.of("a").is_kept());
  EXPECT_THAT(ledger.sources(), ElementsAre(Pair("b", StartSource::Proxy)));
}

TEST(Ledger, AForeseenRefusalIsTakenOnce) {
  Ledger ledger;
  ledger.edit("a")->foreseen = Ledger::Refusal{7, "bad"};
  EXPECT_THAT(ledger.take_foreseen(), ElementsAre(Pair("a", Ledger::Refusal{7, "bad"})));
  EXPECT_THAT(ledger.take_foreseen(), IsEmpty());
}

TEST(Ledger, WhatWasServedBeforeIsKeptWhileAnotherWriterWasFaster) {
  Ledger ledger;
  model::Service before;
  before.revision = 3;
  ledger.edit("a")->overtake(before);
  ledger.edit("new")->overtake(std::nullopt);
  EXPECT_THAT(ledger.overtaken(), ElementsAre(Pair("a", before), Pair("new", std::nullopt)));
  EXPECT_THAT(ledger.take_overtaken(), ElementsAre(Key("a"), Key("new")));
  EXPECT_THAT(ledger.overtaken(), IsEmpty());
  EXPECT_TRUE(ledger.of("a").is_plain());
}

}  // namespace
}  // namespace dfp::reconcile
