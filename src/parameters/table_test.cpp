#include "parameters/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace dfp::parameters {
namespace {
using namespace dfp::model;  // NOLINT: it reads as the model does

ParameterPairs with(ParameterPairs more) {
  ParameterPairs pairs = {{"serviceName", "go-demo"}, {"servicePath", "/demo"}};
  pairs.insert(pairs.end(), more.begin(), more.end());
  return pairs;
}

/// The message of a refusal; the test fails when the request is taken.
std::string refusal(const ParameterPairs& pairs) {
  auto request = decode_reconfigure(pairs);
  EXPECT_FALSE(request.has_value());
  if (request) return "";
  EXPECT_EQ(request.error().code, Errc::InvalidArgument);
  return request.error().what;
}

TEST(DecodeReconfigure, TakesEveryParameter) {
  auto request = decode_reconfigure({{"serviceName", "go-demo"},
                                     {"serviceColor", "blue"},
                                     {"servicePath", "/demo/hello,/demo/person"},
                                     {"serviceDomain", "My-Domain.com,*.acme.com"},
                                     {"consulTemplatePath", "/templates/go-demo.tmpl"},
                                     {"pathType", "path_end"},
                                     {"skipCheck", "T"},
                                     {"aclName", "05-go-demo"},
                                     {"watch", "true"},
                                     {"takeOver", "true"},
                                     {"distribute", "true"},
                                     {"dryRun", "1"},
                                     {"waitForHealthy", "true"},
                                     {"waitTimeout", "1500ms"}});
  ASSERT_TRUE(request) << request.error().what;
  Definition want;
  want.service = "go-demo";
  want.color = "blue";
  want.paths = {"/demo/hello", "/demo/person"};
  want.domains = {"my-domain.com", "*.acme.com"};
  want.consul_template_path = "/templates/go-demo.tmpl";
  want.path_type = PathType::End;
  want.skip_check = true;
  want.acl_name = "05-go-demo";
  want.watch = true;
  want.take_over = true;
  EXPECT_EQ(request->definition, want);
  EXPECT_TRUE(request->options.distribute);
  EXPECT_TRUE(request->options.dry_run);
  EXPECT_TRUE(request->options.wait_for_healthy);
  EXPECT_EQ(request->options.wait_timeout, std::chrono::milliseconds(1500));
}

TEST(DecodeReconfigure, TakesTemplatesInPairs) {
  auto request = decode_reconfigure(
      {{"serviceName", "a"}, {"consulTemplateFePath", "/fe.tmpl"}, {"consulTemplateBePath", "/be.tmpl"}});
  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(request->definition.templates(), (std::vector<std::string>{"/fe.tmpl", "/be.tmpl"}));
  EXPECT_EQ(refusal({{"serviceName", "a"}, {"templateFePath", "/fe.tmpl"}}),
            "templateBePath: missing, templateFePath needs it");
  EXPECT_THAT(refusal({{"serviceName", "a"},
                       {"consulTemplatePath", "/x.tmpl"},
                       {"templateFePath", "/fe.tmpl"},
                       {"templateBePath", "/be.tmpl"}}),
              testing::HasSubstr("exclude each other"));
}

TEST(DecodeReconfigure, TakesEveryCheckParameter) {
  ParameterPairs checks = {{"checkPath", "/health?full=1"},
                           {"checkMethod", "HEAD"},
                           {"checkHost", "acme.com:8080"},
                           {"checkStatus", "2xx,404,300-303"},
                           {"checkInterval", "500ms"},
                           {"checkTimeout", "1m"},
                           {"checkRise", "1"},
                           {"checkFall", "100"}};
  auto request = decode_reconfigure(with(checks));
  ASSERT_TRUE(request) << request.error().what;
  CheckParameters want;
  want.path = "/health?full=1";
  want.method = "HEAD";
  want.host = "acme.com:8080";
  want.status = {"2xx", "404", "300-303"};
  want.interval = std::chrono::milliseconds(500);
  want.timeout = std::chrono::minutes(1);
  want.rise = 1;
  want.fall = 100;
  EXPECT_EQ(request->definition.check, want);
  EXPECT_EQ(encode(request->definition), with(checks));
}

TEST(DecodeReconfigure, RefusesAWaitThatIsNoDuration) {
  EXPECT_TRUE(
      refusal(with({{"waitForHealthy", "true"}, {"waitTimeout", "soon"}})).starts_with("waitTimeout: "));
  EXPECT_TRUE(refusal(with({{"waitTimeout", "11m"}})).starts_with("waitTimeout: "));
}

TEST(DecodeReconfigure, EmptyTextsAreNotGiven) {
  auto request = decode_reconfigure(with({{"serviceColor", ""}, {"pathType", ""}, {"skipCheck", ""}}));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->definition.color, "");
  EXPECT_EQ(request->definition.path_type, std::nullopt);
  EXPECT_FALSE(request->definition.skip_check);
}

TEST(DecodeReconfigure, ADomainOrATemplateStandsForThePath) {
  EXPECT_TRUE(decode_reconfigure({{"serviceName", "a"}, {"serviceDomain", "acme.com"}}));
  EXPECT_TRUE(decode_reconfigure({{"serviceName", "a"}, {"consulTemplatePath", "/x.tmpl"}}));
}

TEST(DecodeReconfigure, SaysTheOriginalsSentenceWhenSomethingIsMissing) {
  constexpr auto kSentence =
      "The following queries are mandatory: serviceName and (servicePath or consulTemplatePath)";
  for (const auto& pairs : {ParameterPairs{}, ParameterPairs{{"serviceName", "a"}},
                            ParameterPairs{{"servicePath", "/a"}}, ParameterPairs{{"serviceName", ""}}})
    EXPECT_TRUE(refusal(pairs).starts_with(kSentence));
}

TEST(DecodeReconfigure, NamesUnknownParametersAndTheNearestKnownOne) {
  EXPECT_EQ(refusal(with({{"servicepaths", "/x"}})),
            "unknown parameter \"servicepaths\"; did you mean servicePath?");
  EXPECT_EQ(
      refusal(with({{"users", "a:b"}})),
      "unknown parameter \"users\"; known are serviceName, serviceColor, aclName, takeOver, watch, "
      "servicePath, "
      "serviceDomain, pathType, stripPath, consulTemplatePath, consulTemplateFePath, consulTemplateBePath, "
      "templateFePath, templateBePath, skipCheck, port, discoveryType, network, checkPath, checkMethod, "
      "checkHost, checkStatus, checkInterval, checkTimeout, checkRise, checkFall, checkTcp, distribute, "
      "dryRun, waitForHealthy, waitTimeout");
}

TEST(DecodeReconfigure, RefusesRepeatedParameters) {
  EXPECT_EQ(refusal(with({{"servicePath", "/b"}})),
            "servicePath: given more than once; use one comma-separated list");
  EXPECT_EQ(refusal(with({{"aclName", ""}, {"aclName", "a"}})),
            "aclName: given more than once; give it once");
}

struct BadCase {
  const char* name;
  ParameterPairs pairs;
  const char* want;  ///< what the message begins with
};
void PrintTo(const BadCase& c, std::ostream* os) { *os << c.name; }
class BadParameter : public testing::TestWithParam<BadCase> {};
TEST_P(BadParameter, IsRefusedByName) {
  auto what = refusal(GetParam().pairs);
  EXPECT_TRUE(what.starts_with(GetParam().want)) << what;
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadParameter,
    testing::Values(
        BadCase{"Bool", with({{"skipCheck", "yes"}}), "skipCheck: \"yes\" is not true or false"},
        BadCase{"CheckPath", with({{"checkPath", "health"}}), "checkPath: \"health\" is not allowed: a path"},
        BadCase{"CheckPathWithSpace", with({{"checkPath", "/a b"}}), "checkPath: \"/a b\" is not allowed"},
        BadCase{"CheckMethod", with({{"checkPath", "/"}, {"checkMethod", "GET /"}}),
                "checkMethod: \"GET /\" is not allowed"},
        BadCase{"CheckConnect", with({{"checkPath", "/"}, {"checkMethod", "CONNECT"}}), "checkMethod: "},
        BadCase{"CheckHost", with({{"checkPath", "/"}, {"checkHost", "a b"}}), "checkHost: \"a b\" is not"},
        BadCase{"CheckStatus", with({{"checkPath", "/"}, {"checkStatus", "2xx,600"}}),
                "checkStatus: \"600\" is not allowed: a status like 204"},
        BadCase{"CheckInterval", with({{"checkInterval", "10ms"}}),
                "checkInterval: \"10ms\" is not a duration"},
        BadCase{"CheckTimeout", with({{"checkTimeout", "2m"}}), "checkTimeout: \"2m\" is not a duration"},
        BadCase{"CheckRise", with({{"checkRise", "0"}}), "checkRise: \"0\" is not a number from 1 to 100"},
        BadCase{"CheckFall", with({{"checkFall", "101"}}), "checkFall: \"101\" is not a number"},
        BadCase{"CheckTcp", with({{"checkTcp", "yes"}}), "checkTcp: \"yes\" is not true or false"},
        BadCase{"CheckTcpAndPath", with({{"checkTcp", "true"}, {"checkPath", "/"}}),
                "checkPath: checkTcp checks the TCP connection only"},
        BadCase{"CheckStatusAlone", with({{"checkStatus", "200"}}), "checkStatus: needs a checkPath"},
        BadCase{"CheckAndSkip", with({{"checkFall", "2"}, {"skipCheck", "true"}}),
                "checkFall: skipCheck disables checks"},
        BadCase{"CheckAndTemplate", with({{"checkPath", "/"}, {"consulTemplatePath", "/a.tmpl"}}),
                "checkPath: a template defines its own health checks"},
        BadCase{"PathType", with({{"pathType", "path_foo"}}),
                "pathType: \"path_foo\" is not allowed: one of"},
        BadCase{"EmptyItem", with({{"serviceDomain", "a.com,,b.com"}}),
                "serviceDomain: \"a.com,,b.com\" has an empty item"},
        BadCase{"TrailingComma",
                {{"serviceName", "a"}, {"servicePath", "/a,"}},
                "servicePath: \"/a,\" has an empty item"},
        BadCase{"Newline", with({{"aclName", "a\nb"}}), "aclName: \"a\\x0ab\" contains a line break"},
        BadCase{"Nul", with({{"serviceColor", std::string("a\0b", 3)}}),
                "serviceColor: \"a\\x00b\" contains"},
        BadCase{"Utf8", with({{"serviceDomain", "a\xff.com"}}),
                "serviceDomain: \"a\\xff.com\" is not valid UTF-8"},
        BadCase{"LongName",
                {{"serviceName", std::string(129, 'a')}, {"servicePath", "/a"}},
                "serviceName: \"aaa"},
        BadCase{"LongPath",
                {{"serviceName", "a"}, {"servicePath", "/" + std::string(2048, 'a')}},
                "servicePath: \"/aaa"},
        BadCase{"NewlineInSecondPath",
                {{"serviceName", "a"}, {"servicePath", "/a,/b\r\n"}},
                "servicePath: \"/b\\x0d\\x0a\""},
        BadCase{"QuoteInPath", {{"serviceName", "a"}, {"servicePath", "/a\" if TRUE"}}, "servicePath: "},
        BadCase{"PortZero", with({{"port", "0"}}), "port: "},
        BadCase{"PortBeyond", with({{"port", "65536"}}), "port: "},
        BadCase{"PortWord", with({{"port", "http"}}), "port: "},
        BadCase{"DiscoveryType", with({{"discoveryType", "dns"}}), "discoveryType: \"dns\""},
        BadCase{"Network", with({{"network", "a b"}}), "network: \"a b\""},
        BadCase{"HashInDomain", with({{"serviceDomain", "a#.com"}}), "serviceDomain: "},
        BadCase{"SlashInName", {{"serviceName", "../etc"}, {"servicePath", "/a"}}, "serviceName: "}),
    [](const auto& test) { return test.param.name; });

TEST(Parameters, EveryRowIsDocumentedAndNamedOnce) {
  std::set<std::string_view> names;
  for (const auto& info : reconfigure_parameters()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    EXPECT_FALSE(info.meaning.empty()) << info.name;
    EXPECT_FALSE(info.allowed.empty()) << info.name;
    EXPECT_FALSE(info.since.empty()) << info.name;
  }
  for (const auto& parameter : table()) {
    EXPECT_FALSE(parameter.applied.empty()) << parameter.info.name;
    EXPECT_EQ(find_parameter(parameter.info.name), &parameter);
  }
  EXPECT_EQ(find_parameter("dryRun"), nullptr);
}

TEST(Parameters, DefaultsAreThoseOfAnEmptyDefinition) {
  for (const auto& parameter : table()) {
    auto text = render_value(parameter.get(Definition{}));
    if (parameter.info.name == "pathType")
      EXPECT_EQ(parameter.info.fallback, to_string(Definition{}.effective_path_type()));
    else
      EXPECT_EQ(parameter.info.fallback, text) << parameter.info.name;
  }
}

RC_GTEST_PROP(Encode, IsReadBackAsTheSame, ()) {
  auto word = [] { return *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z'))); };
  auto words = [&](std::string prefix, std::string suffix) {
    std::vector<std::string> all(*rc::gen::inRange(0, 4));
    for (auto& item : all) item = prefix + word().substr(0, 60) + suffix;
    return all;
  };
  Definition d;
  d.service = word().substr(0, 100);
  d.paths = words("/", "");
  d.domains = words("", ".com");
  if (d.paths.empty() && d.domains.empty()) d.paths = {"/"};
  if (*rc::gen::arbitrary<bool>() && !d.paths.empty())
    d.path_type = static_cast<PathType>(*rc::gen::inRange(0, 6));
  d.skip_check = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) d.color = word().substr(0, 60);
  if (*rc::gen::arbitrary<bool>()) d.acl_name = word().substr(0, 60);
  if (*rc::gen::arbitrary<bool>()) d.port = *rc::gen::inRange<std::uint16_t>(1, 65535);
  if (*rc::gen::arbitrary<bool>())
    d.discovery_type = *rc::gen::element<std::string>("tasks", "DNS", "overlay");
  if (!d.skip_check && *rc::gen::arbitrary<bool>()) {
    d.check.path = "/" + word();
    if (*rc::gen::arbitrary<bool>()) d.check.status = {"2xx", "404"};
    if (*rc::gen::arbitrary<bool>())
      d.check.interval = std::chrono::milliseconds(*rc::gen::inRange(100, 9999));
    if (*rc::gen::arbitrary<bool>()) d.check.rise = *rc::gen::inRange(1, 100);
  }
  if (*rc::gen::arbitrary<bool>()) d.network = word().substr(0, 60);
  RC_PRE(validate(d).has_value());  // "/" alone is no path_dir
  auto request = decode_reconfigure(encode(d));
  RC_ASSERT(request.has_value());
  RC_ASSERT(request->definition == d);
}

}  // namespace
}  // namespace dfp::parameters
