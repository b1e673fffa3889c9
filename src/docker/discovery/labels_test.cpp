#include "docker/discovery/labels.hpp"

#include <gmock/gmock.h>

namespace dfp::docker::discovery {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Labels of a service that wants to be noticed; names without their prefix.
Labels labels(std::vector<std::pair<std::string, std::string>> pairs) {
  Labels made{{"com.df.notify", "true"}};
  for (auto& [name, value] : pairs) made["com.df." + name] = value;
  return made;
}

LabelOrder must_read(const Labels& given, const LabelRules& rules = {}) {
  auto order = read_labels(given, "web", rules);
  if (!order) throw std::runtime_error(order.error().what);
  if (!*order) throw std::runtime_error("no order");
  return **order;
}

std::string refusal(const Labels& given) {
  auto order = read_labels(given, "web", {});
  return order ? "" : order.error().what;
}

TEST(ServiceLabels, AreParametersOfReconfigure) {
  auto order = must_read(labels({{"servicePath", "/a,/b"},
                                 {"port", "8080"},
                                 {"serviceDomain", "A.com"},
                                 {"distribute", "true"},
                                 {"skipCheck", "1"},
                                 {"network", "front"}}));
  model::Definition want;
  want.service = "web";
  want.paths = {"/a", "/b"};
  want.domains = {"a.com"};
  want.port = 8080;
  want.skip_check = true;
  want.network = "front";
  EXPECT_EQ(order.definition, want);
  EXPECT_THAT(order.notes, IsEmpty());
}

TEST(ServiceLabels, WithoutNotifyNothingHappens) {
  for (Labels silent : {Labels{{"com.df.servicePath", "/a"}},
                        Labels{{"com.df.servicePath", "/a"}, {"com.df.notify", "false"}},
                        Labels{{"com.df.servicePath", "/a"}, {"com.df.notify", "yes"}}, Labels{}}) {
    auto order = read_labels(silent, "web", {});
    ASSERT_TRUE(order);
    EXPECT_FALSE(order->has_value());
  }
}

TEST(ServiceLabels, TheNotifyLabelCanHaveAnotherName) {
  Labels given{{"acme.route", "true"}, {"com.df.servicePath", "/a"}};
  EXPECT_EQ(must_read(given, {.notify = "acme.route"}).definition.paths, std::vector<std::string>{"/a"});
}

TEST(ServiceLabels, CanNameTheService) {
  EXPECT_EQ(must_read(labels({{"servicePath", "/a"}, {"serviceName", "shop"}})).definition.service, "shop");
}

TEST(ServiceLabels, OfAnotherProxyAreLeftAlone) {
  auto given = labels({{"servicePath", "/a"}, {"proxyInstanceName", "internal"}});
  EXPECT_TRUE(must_read(given).definition.service == "web");
  EXPECT_FALSE(read_labels(given, "web", {.instance_name = "public"})->has_value());
  EXPECT_TRUE(read_labels(given, "web", {.instance_name = "internal"})->has_value());
}

TEST(ServiceLabels, ForOthersAreNotedAndDoNoHarm) {
  auto order = must_read(labels({{"servicePath", "/a"}, {"scrapePort", "8080"}, {"servicePaths", "/b"}}));
  EXPECT_THAT(order.notes,
              ElementsAre(HasSubstr("unknown label com.df.scrapePort (ignored)"),
                          HasSubstr("com.df.servicePaths (ignored); did you mean servicePath?")));
}

TEST(ServiceLabels, OfTheOriginalWithItsDefaultAreNothingThatIsMissing) {
  auto order = must_read(labels({{"servicePath", "/a"},
                                 {"reqMode", "http"},
                                 {"httpsOnly", "false"},
                                 {"users", ""},
                                 {"sslVerifyNone.1", "false"}}));
  EXPECT_THAT(order.definition.paths, ElementsAre("/a"));
  EXPECT_THAT(order.notes, IsEmpty());
}

TEST(ServiceLabels, MayNameATemplateInsteadOfAPath) {
  auto order = must_read(labels({{"templateFePath", "fe.tmpl"}, {"templateBePath", "be.tmpl"}}));
  EXPECT_EQ(order.definition.template_fe_path, "fe.tmpl");
}

struct RefusalCase {
  const char* name;
  std::vector<std::pair<std::string, std::string>> labels;
  const char* reason;
};
void PrintTo(const RefusalCase& c, std::ostream* os) { *os << c.name; }
class RefusedLabels : public testing::TestWithParam<RefusalCase> {};
TEST_P(RefusedLabels, NameTheLabelAndTheReason) {
  EXPECT_THAT(refusal(labels(GetParam().labels)), HasSubstr(GetParam().reason));
}
INSTANTIATE_TEST_SUITE_P(
    Table, RefusedLabels,
    testing::Values(RefusalCase{"BadPort", {{"servicePath", "/a"}, {"port", "http"}}, "label com.df.port: "},
                    RefusalCase{
                        "BadPath", {{"servicePath", "/a\nbackend evil"}}, "label com.df.servicePath: "},
                    RefusalCase{"BadDomain", {{"serviceDomain", "a b"}}, "label com.df.serviceDomain: "},
                    RefusalCase{"NoRoute", {{"port", "80"}}, "label com.df.servicePath: is missing"},
                    RefusalCase{"SecurityThatIsNotThere",
                                {{"servicePath", "/a"}, {"httpsOnly", "true"}},
                                "label com.df.httpsOnly: this parameter of the original is not supported"},
                    RefusalCase{"IndexedSecurity",
                                {{"servicePath.1", "/a"}, {"denyHttp.1", "true"}},
                                "label com.df.denyHttp: this parameter of the original is not supported"},
                    RefusalCase{"ForOneRequest",
                                {{"servicePath", "/a"}, {"dryRun", "true"}},
                                "label com.df.dryRun: is for a single request"},
                    RefusalCase{"EmptyPath", {{"servicePath", ""}}, "label com.df.servicePath: is missing"},
                    RefusalCase{"BadPortOfADestination",
                                {{"servicePath.1", "/a"}, {"servicePath.2", "/b"}, {"port.2", "http"}},
                                "label com.df.port.2: "},
                    RefusalCase{"TwiceTheSameRoute",
                                {{"servicePath", "/a"}, {"port.1", "80"}, {"port.2", "81"}},
                                "label com.df.servicePath.2: /a is a route of destination 1 too"}),
    [](const auto& test) { return test.param.name; });

TEST(IndexedLabels, AreDestinationsWithTheOthersAsDefaults) {
  auto order = must_read(labels({{"servicePath.1", "/b,/a"},
                                 {"port.1", "8080"},
                                 {"servicePath.2", "/c"},
                                 {"port.2", "9090"},
                                 {"serviceDomain", "a.com"}}));
  EXPECT_THAT(order.definition.paths, ElementsAre("/b", "/a"));
  EXPECT_THAT(order.definition.domains, ElementsAre("a.com"));
  EXPECT_EQ(order.definition.port, 8080);
  const auto& second = order.definition.others.at(2);
  EXPECT_THAT(second.paths, ElementsAre("/c"));
  EXPECT_THAT(second.domains, ElementsAre("a.com"));
  EXPECT_EQ(second.port, 9090);
}

TEST(IndexedLabels, WithADefaultThatNobodyTakesAreFine) {
  auto order = must_read(
      labels({{"servicePath", "/x"}, {"port", "80"}, {"servicePath.1", "/a"}, {"servicePath.2", "/b"}}));
  EXPECT_EQ(order.definition.others.at(2).port, 80);
  EXPECT_THAT(order.notes, ElementsAre(HasSubstr("label com.df.servicePath is left out")));
}

TEST(IndexedLabels, BehindAGapAreLeftOut) {
  auto order = must_read(labels({{"servicePath.1", "/a"}, {"servicePath.3", "/c"}}));
  EXPECT_THAT(order.definition.paths, ElementsAre("/a"));
  EXPECT_THAT(order.notes, ElementsAre(HasSubstr("index 3 are left out")));
}

}  // namespace
}  // namespace dfp::docker::discovery
