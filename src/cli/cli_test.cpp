#include "cli/cli.hpp"

#include <gtest/gtest.h>

#include "cli/api_client.hpp"
#include "cli/command.hpp"
#include "cli/demo_service.hpp"
#include "cli/testing.hpp"
#include "net/query.hpp"

namespace dfp::cli {
namespace {

constexpr auto kReconfigured =
    R"({"Status":"OK","Message":"","ServiceName":"go-demo","AppliedBy":"reload","Reason":"new backend","Revision":3,"Instances":2})";

const std::vector<std::vector<std::string>> kChanges = {
    {"remove", "a"}, {"reload"}, {"reconfigure", "a", "/a"}};

std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(KebabCase, SplitsAtCapitals) {
  EXPECT_EQ(kebab_case("serviceName"), "service-name");
  EXPECT_EQ(kebab_case("port"), "port");
  EXPECT_EQ(kebab_case("consulTemplatePath"), "consul-template-path");
}

TEST(ApiCommand, SendsTheFlagsAsTheTablesParameters) {
  FakeApi api(json_answer(200, kReconfigured));
  auto ended = run_words({"reconfigure", "--service-name", "go-demo", "--servicePath", "/a,/b",
                          "--service-path", "/c d", "--skip-check", "--service-domain=*.acme.com",
                          "--dry-run=false", "--api", api.url()});
  EXPECT_EQ(ended.status, kOk) << ended.errors;
  auto target = net::parse_target(api.target());
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/v1/docker-flow-proxy/reconfigure");
  EXPECT_EQ(target->query, (net::QueryPairs{{"serviceName", "go-demo"},
                                            {"servicePath", "/a,/b,/c d"},
                                            {"serviceDomain", "*.acme.com"},
                                            {"skipCheck", "true"},
                                            {"dryRun", "false"}}));
  EXPECT_EQ(ended.output, "go-demo is routed to 2 instance(s), revision 3 (reload: new backend)\n");
}

TEST(ApiCommand, JsonIsTheAnswerAsItIs) {
  FakeApi api(json_answer(200, kReconfigured));
  auto ended = run_words({"reconfigure", "a", "/a", "--json", "--api", api.url()});
  EXPECT_EQ(ended.output, std::string(kReconfigured) + "\n");
}

TEST(ApiCommand, PlainTextIsPrintedAsItIs) {
  FakeApi api({200, "global\n  daemon\n", {{"Content-Type", "text/plain; charset=utf-8"}}});
  EXPECT_EQ(run_words({"config", "--api", api.url()}).output, "global\n  daemon\n");
}

TEST(ApiCommand, ARefusalEndsWithOneAndTheServersReason) {
  FakeApi api(json_answer(409, R"({"Status":"NOK","Message":"path_beg /demo belongs to other"})"));
  auto ended = run_words({"reconfigure", "a", "/a", "--api", api.url()});
  EXPECT_EQ(ended.status, kFailed);
  EXPECT_EQ(ended.errors, "rejected (409): path_beg /demo belongs to other\n");
}

TEST(ApiCommand, AnApiThatIsAwayEndsWithThree) {
  std::string url;
  {
    FakeApi gone(json_answer(200, "{}"));
    url = gone.url();
  }
  auto ended = run_words({"ping", "--api", url});
  EXPECT_EQ(ended.status, kNoAddress);
  EXPECT_TRUE(ended.errors.contains("DFP_API")) << ended.errors;
}

TEST(ApiCommand, ALimitThatIsReachedBehindAChangeEndsWithSix) {
  FakeApi api(FakeApi::kSilent);
  for (const auto& command : kChanges) {
    auto ended = run_words(joined(command, {"--api", api.url(), "--timeout", "50ms"}));
    EXPECT_EQ(ended.status, kUnknown) << command.front();
    EXPECT_TRUE(ended.errors.contains("outcome unknown") && ended.errors.contains("services"))
        << ended.errors;
  }
  EXPECT_EQ(run_words({"services", "--api", api.url(), "--timeout", "50ms"}).status, kNoAddress)
      << "whoever only reads knows what happened: nothing";
}

TEST(ApiCommand, TheLimitFollowsWhatTheServerWaitsForHealth) {
  using namespace std::chrono_literals;
  net::QueryPairs query{{"serviceName", "a"}, {"servicePath", "/a"}, {"waitTimeout", "10m"}};
  EXPECT_EQ(default_limit(api::Action::Reconfigure, query), 90s);
  query.emplace_back("waitForHealthy", "true");
  EXPECT_EQ(default_limit(api::Action::Reconfigure, query), 90s + 10min);
  EXPECT_EQ(default_limit(api::Action::Remove, {}), 90s);
}

TEST(ApiCommand, AnotherServerAtThatAddressIsNotTakenForTheApi) {
  for (int status : {200, 404}) {
    FakeApi other({status, "<html>", {{"Content-Type", "text/html"}}});
    auto ended = run_words({"ping", "--api", other.url()});
    EXPECT_EQ(ended.status, kNoAddress);
    EXPECT_TRUE(ended.errors.contains("is not a Docker Flow: Proxy API")) << ended.errors;
  }
}

TEST(ApiCommand, AChangeThatTheRegistryMayHaveKeptEndsWithSix) {
  FakeApi api(json_answer(504, R"({"Status":"NOK","Message":"keeping a: no answer"})"));
  for (const auto& command : kChanges) {
    auto ended = run_words(joined(command, {"--api", api.url()}));
    EXPECT_EQ(ended.status, kUnknown) << command.front();
    EXPECT_TRUE(ended.errors.contains("outcome unknown") && ended.errors.contains("keeping a"))
        << ended.errors;
  }
  EXPECT_EQ(run_words({"services", "--api", api.url()}).status, kFailed) << "it changes nothing";
}

TEST(ApiCommand, AChangeThatSomethingElseAnswersEndsWithSix) {
  for (int status : {504, 200}) {
    FakeApi gateway({status, "<html>Gateway Time-out", {{"Content-Type", "text/html"}}});
    for (const auto& command : kChanges) {
      auto ended = run_words(joined(command, {"--api", gateway.url()}));
      EXPECT_EQ(ended.status, kUnknown) << command.front() << " " << status;
      EXPECT_TRUE(ended.errors.contains("outcome unknown") && ended.errors.contains("services"))
          << ended.errors;
      EXPECT_TRUE(ended.errors.contains(std::to_string(status)) && ended.errors.contains("--api"))
          << ended.errors;
    }
  }
}

TEST(ApiCommand, DefinitionsAsJsonArePrintedAsTheyAre) {
  FakeApi api(json_answer(200, R"({"a":{"ServiceName":"a"}})"));
  EXPECT_EQ(run_words({"config", "--type", "json", "--api", api.url()}).output,
            "{\"a\":{\"ServiceName\":\"a\"}}\n");
}

TEST(ApiCommand, TheVariableSaysWhereTheApiIs) {
  FakeApi api(json_answer(200, R"({"Status":"OK","Message":""})"));
  Context context;
  context.environment["DFP_API"] = api.url();
  auto ended = run_words({"ping"}, context);
  EXPECT_EQ(ended.status, kOk) << ended.errors;
  EXPECT_EQ(ended.output, "OK\n");
}

TEST(ApiCommand, TheVariablesOfTheServerSayItToo) {
  FakeApi api(json_answer(200, R"({"Status":"OK","Message":""})"));
  Context context;
  context.environment["IP"] = "0.0.0.0";
  context.environment["PORT"] = api.url().substr(api.url().rfind(':') + 1);
  auto ended = run_words({"ping"}, context);
  EXPECT_EQ(ended.status, kOk) << ended.errors;
}

TEST(ApiCommand, WrongUsageEndsWithTwo) {
  EXPECT_EQ(run_words({}).status, kUsage);
  EXPECT_EQ(run_words({"reconfigur"}).status, kUsage);
  EXPECT_EQ(run_words({"reconfigure", "--users", "a:b"}).status, kUsage);
  EXPECT_EQ(run_words({"reconfigure", "--service-name"}).status, kUsage);
  EXPECT_EQ(run_words({"ping", "--api", "ftp://x"}).status, kUsage);
  EXPECT_EQ(run_words({"ping", "--timeout", "soon"}).status, kUsage);
}

TEST(ParseApiAddress, TakesWhatTheServersSettingTakes) {
  EXPECT_EQ(parse_api_address("*:81")->url(), "http://127.0.0.1:81");
  EXPECT_EQ(parse_api_address(":81")->url(), "http://127.0.0.1:81");
  EXPECT_EQ(parse_api_address("0.0.0.0:81")->url(), "http://127.0.0.1:81");
  EXPECT_EQ(parse_api_address("[::]:81")->url(), "http://[::1]:81");
  EXPECT_EQ(parse_api_address("http://proxy")->url(), "http://proxy:8080");
  EXPECT_FALSE(parse_api_address("ftp://x"));
}

TEST(Help, IsShownForTheProgramAndForEachCommand) {
  auto ended = run_words({"--help"});
  EXPECT_EQ(ended.status, kOk);
  for (auto text : {"server", "reconfigure", "demo-service", "Examples:", "Exit status"})
    EXPECT_TRUE(ended.output.contains(text)) << text;
  EXPECT_FALSE(ended.output.contains("Print a page of the reference"));
  ended = run_words({"reconfigure", "--help"});
  for (auto text : {"--service-name", "--serviceName", "path_beg", "--dry-run", "DFP_API",
                    "Default: path_beg", "Example:"})
    EXPECT_TRUE(ended.output.contains(text)) << text;
  ended = run_words({"server", "--help"});
  for (auto text : {"--registry", "--hard-stop-after", "CONSUL_ADDRESS", "Default: *:80"})
    EXPECT_TRUE(ended.output.contains(text)) << text;
  EXPECT_FALSE(ended.output.contains("--consul-token "));
  EXPECT_EQ(run_words({"version"}).output, run_words({"--version"}).output);
}

TEST(Server, RunsWithTheSettingsOfFlagsAndVariables) {
  settings::Settings seen;
  Context context{{{"DFP_LOG_FORMAT", "json"}}, [&](const settings::Settings& settings) {
                    seen = settings;
                    return 7;
                  }};
  auto ended = run_words({"server", "--http", "127.0.0.1:81", "--registry", "consul://c:8500"}, context);
  EXPECT_EQ(ended.status, 7);
  EXPECT_EQ(seen.http, "127.0.0.1:81");
  EXPECT_EQ(seen.registry.servers, std::vector<std::string>{"http://c:8500"});
  EXPECT_EQ(seen.log_format, log::Format::Json);
  log::configure(log::Level::Info, log::Format::Text);
}

TEST(Server, ABadSettingIsWrongUsageAndNothingRuns) {
  Context context{{}, [](const settings::Settings&) -> int { throw std::logic_error("must not run"); }};
  auto ended = run_words({"server", "--registry", "mysql://x"}, context);
  EXPECT_EQ(ended.status, kUsage);
  EXPECT_TRUE(ended.errors.contains("flag --registry: \"mysql://x\"")) << ended.errors;
  EXPECT_EQ(run_words({"server", "--htpp", "x"}, context).status, kUsage);
}

TEST(Server, ShowSettingsTellsWhereEachComesFromWithoutSecrets) {
  Context context{{{"CONSUL_HTTP_TOKEN", "s3cret"}, {"PORT", "9090"}}, nullptr};
  auto ended = run_words({"server", "--show-settings", "--state-dir", "/x"}, context);
  EXPECT_EQ(ended.status, kOk);
  auto line = [&](std::string_view key) {
    auto at = ended.output.find("\n" + std::string(key) + " ");
    return ended.output.substr(at + 1, ended.output.find('\n', at + 1) - at - 1);
  };
  EXPECT_TRUE(line("api").contains("127.0.0.1:9090") && line("api").contains("variable PORT")) << line("api");
  EXPECT_TRUE(line("state-dir").contains("flag --state-dir"));
  EXPECT_TRUE(line("http").contains("default"));
  EXPECT_TRUE(line("consul-token").contains("(set)"));
  EXPECT_FALSE(ended.output.contains("s3cret"));
}

TEST(DemoAnswer, SaysWhoItIsInTextOrJson) {
  auto text = demo_answer("go-demo", "go-demo-1", {"GET", "/demo/hello?x=1"});
  EXPECT_EQ(text.body, "hello from go-demo-1 (go-demo): /demo/hello\n");
  EXPECT_EQ(text.headers.find("X-Instance"), "go-demo-1");
  net::HttpRequest request("GET", "/demo/\"hello");
  request.headers.set("Accept", "application/json");
  EXPECT_EQ(demo_answer("go-demo", "i", request).body,
            "{\"service\":\"go-demo\",\"instance\":\"i\",\"path\":\"/demo/\\\"hello\"}\n");
}

TEST(DemoService, WrongUsageEndsWithTwo) {
  EXPECT_EQ(run_words({"demo-service", "--listen", "nowhere"}).status, kUsage);
  EXPECT_EQ(run_words({"demo-service", "--delay", "long"}).status, kUsage);
}

}  // namespace
}  // namespace dfp::cli
