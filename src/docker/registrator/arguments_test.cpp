#include "docker/registrator/arguments.hpp"

#include <gmock/gmock.h>

namespace dfp::docker::registrator {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(RegistratorArguments, TakeTheOriginalsCommandLine) {
  auto options = parse_arguments({"-ip",
                                  "10.0.0.1",
                                  "-internal",
                                  "-useIpFromLabel",
                                  "ip",
                                  "-explicit",
                                  "-tags",
                                  "a,b",
                                  "-deregister",
                                  "on-success",
                                  "-cleanup=true",
                                  "-ttl",
                                  "30",
                                  "-ttl-refresh=10",
                                  "-resync",
                                  "5",
                                  "-retry-attempts",
                                  "-1",
                                  "-retry-interval",
                                  "100"});
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_EQ(options->ip, "10.0.0.1");
  EXPECT_TRUE(options->internal);
  EXPECT_EQ(options->use_ip_from_label, "ip");
  EXPECT_TRUE(options->explicit_only);
  EXPECT_THAT(options->tags, ElementsAre("a", "b"));
  EXPECT_EQ(options->deregister, Deregister::OnSuccess);
  EXPECT_TRUE(options->cleanup);
  EXPECT_EQ(options->ttl, 30s);
  EXPECT_EQ(options->refresh, 10s);
  EXPECT_EQ(options->resync, 5s);
  EXPECT_EQ(options->retry_attempts, -1);
  EXPECT_EQ(options->retry_interval, 100ms);
}

TEST(RegistratorArguments, TakeTwoDashes) {
  auto options =
      parse_arguments({"--use-ip-from-label=ip", "--internal=false", "--network", "back", "--hostname", "h"});
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_EQ(options->use_ip_from_label, "ip");
  EXPECT_FALSE(options->internal);
  EXPECT_EQ(options->network, "back");
  EXPECT_EQ(options->hostname, "h");
}

struct BadCase {
  const char* name;
  std::vector<std::string> words;
  const char* reason;
};
void PrintTo(const BadCase& c, std::ostream* os) { *os << c.name; }
class BadArguments : public testing::TestWithParam<BadCase> {};
TEST_P(BadArguments, AreNamed) {
  auto options = parse_arguments(GetParam().words);
  ASSERT_FALSE(options);
  EXPECT_THAT(options.error().what, HasSubstr(GetParam().reason));
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadArguments,
    testing::Values(BadCase{"Unknown", {"-cleanpu"}, "did you mean cleanup?"},
                    BadCase{"NoOption", {"ip"}, "\"ip\" is no option"},
                    BadCase{"NoValue", {"-ip"}, "--ip: missing ADDRESS"},
                    BadCase{"NoAddress", {"-ip", "host"}, "--ip: \"host\" is not an IP address"},
                    BadCase{"NoNumber", {"-ttl", "soon"}, "--ttl: "},
                    BadCase{"HalfOfAPair", {"-ttl", "30"}, "ttl-refresh"}),
    [](const auto& test) { return test.param.name; });

TEST(RegistratorArguments, TakeTagsAsATemplateWhole) {
  auto options = parse_arguments({"-tags", "a", "-tags", R"(x,{{join "," .Args}})"});
  ASSERT_TRUE(options) << options.error().what;
  EXPECT_EQ(options->tags_template, R"(x,{{join "," .Args}})");
  EXPECT_THAT(options->tags, IsEmpty());
  options = parse_arguments({"-tags", "{{.ID}}", "-tags", "a"});
  EXPECT_EQ(options->tags_template, "");
  EXPECT_THAT(options->tags, ElementsAre("a"));
}

TEST(RegistratorArguments, AreWordsOfAText) {
  EXPECT_THAT(*split_words("  -ip 10.0.0.1\t-explicit "), ElementsAre("-ip", "10.0.0.1", "-explicit"));
  EXPECT_THAT(*split_words(R"(-tags='{{index .Args 0}}' "it's" '' a\,b)"),
              ElementsAre("-tags={{index .Args 0}}", "it's", "", R"(a\,b)"));
  EXPECT_THAT(*split_words(" "), IsEmpty());
  EXPECT_EQ(split_words("-tags 'a b").error().what, "a ' is not closed");
}

TEST(RegistratorArguments, DefaultsAreReadBackAsTheSame) {
  for (const auto& argument : arguments()) {
    Options options;
    auto text = argument.get(options);
    if (text.empty()) continue;
    EXPECT_TRUE(argument.set(options, text)) << argument.name;
    EXPECT_EQ(argument.get(options), text) << argument.name;
    EXPECT_TRUE(argument.help.ends_with('.')) << argument.name;
  }
}

}  // namespace
}  // namespace dfp::docker::registrator
