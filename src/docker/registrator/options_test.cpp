#include "docker/registrator/options.hpp"

#include <gmock/gmock.h>

namespace dfp::docker::registrator {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Tags, AreSeparatedByCommasThatCanBeEscaped) {
  EXPECT_THAT(parse_tags("a,b"), ElementsAre("a", "b"));
  EXPECT_THAT(parse_tags("t1,t\\,2"), ElementsAre("t1", "t,2"));
  EXPECT_THAT(parse_tags("a\\b,,"), ElementsAre("a\\b"));
  EXPECT_THAT(parse_tags(""), IsEmpty());
}

TEST(DeregisterOption, HasTwoValues) {
  EXPECT_EQ(parse_deregister("always"), Deregister::Always);
  EXPECT_EQ(parse_deregister("on-success"), Deregister::OnSuccess);
  EXPECT_THAT(parse_deregister("never").error().what, HasSubstr("never"));
}

TEST(RegistratorOptions, DefaultsAreValid) { EXPECT_TRUE(Options{}.validate()); }

TEST(RegistratorOptions, TtlAndRefreshBelongTogether) {
  EXPECT_TRUE((Options{.ttl = 30s, .refresh = 10s}).validate());
  EXPECT_THAT((Options{.ttl = 30s}).validate().error().what, HasSubstr("ttl-refresh"));
  EXPECT_THAT((Options{.refresh = 30s}).validate().error().what, HasSubstr("ttl-refresh"));
  EXPECT_THAT((Options{.ttl = 30s, .refresh = 30s}).validate().error().what, HasSubstr("ttl-refresh"));
  EXPECT_THAT((Options{.retry_attempts = -2}).validate().error().what, HasSubstr("retry-attempts"));
}

}  // namespace
}  // namespace dfp::docker::registrator
