#include "settings/load.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>

#include "base/file.hpp"
#include "settings/properties.hpp"

namespace dfp::settings {
namespace {

/// A folder of its own for the files of one test.
class Load : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& content) {
    auto path = folder_ / name;
    EXPECT_TRUE(file::write_atomic(path, content));
    return path.string();
  }
  std::string refusal(const Texts& flags, const Texts& environment = {}) {
    auto loaded = load(flags, environment);
    EXPECT_FALSE(loaded);
    return loaded ? "" : loaded.error().what;
  }
  /// What is wrong with a settings file, without the file's name.
  std::string file_refusal(const std::string& content) {
    auto path = write("bad.yaml", content);
    auto what = refusal({{"config", path}});
    EXPECT_TRUE(what.starts_with(path + ":")) << what;
    return what.starts_with(path) ? what.substr(path.size() + 1) : what;
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                  ("dfp_settings_" + std::to_string(::getpid()) +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(Load, DefaultsNeedNothing) {
  auto loaded = load({}, {});
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->settings.api, "127.0.0.1:8080");
  EXPECT_EQ(loaded->settings.registry.file, "/var/lib/docker-flow-proxy/registry.db");
  EXPECT_EQ(loaded->settings.https, std::nullopt);
  EXPECT_TRUE(loaded->origin.empty());
  EXPECT_TRUE(loaded->warnings.empty());
}

TEST_F(Load, ARelativeRunFolderIsBelowTheWorkingFolder) {
  auto loaded = load({{"run-dir", "run/here"}}, {});
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->settings.run_dir, (std::filesystem::current_path() / "run/here").string());
  auto absolute = load({{"run-dir", "/run/x"}}, {});
  ASSERT_TRUE(absolute) << absolute.error().what;
  EXPECT_EQ(absolute->settings.run_dir, "/run/x");
  EXPECT_TRUE(refusal({{"config", write("empty.yaml", "run-dir: \"\"\n")}}).contains("run-dir"))
      << "no folder";
}

TEST_F(Load, TemplatesSeeTheVariablesThatAreNamed) {
  auto loaded = load({{"template-env", "REGION, UNSET"}}, {{"REGION", "eu"}, {"SECRET", "s3cret"}});
  ASSERT_TRUE(loaded) << loaded.error().what;
  const auto& templates = loaded->settings.templates;
  EXPECT_EQ(templates.environment_names, (std::vector<std::string>{"REGION", "UNSET"}));
  EXPECT_EQ(templates.environment, (decltype(templates.environment){{"REGION", "eu"}}));
  EXPECT_EQ(refusal({{"template-env", "A,,B"}}),
            "flag --template-env: \"\" is not a valid name in a comma-separated list");
  EXPECT_EQ(refusal({{"template-env", "A=B"}}),
            "flag --template-env: \"A=B\" is not a valid name in a comma-separated list");
}

TEST_F(Load, AWatchIsNotLongerQuietThanItWaits) {
  EXPECT_EQ(refusal({{"watch-quiet", "6s"}}),
            "watch-quiet (6000 ms) must not be longer than watch-most (5000 ms)");
}

TEST_F(Load, FlagWinsOverVariableOverFile) {
  auto path = write("s.yaml", "http: 1.1.1.1:1\napi: 1.1.1.1:2\nlog-level: warn\n");
  Texts environment = {{"DFP_HTTP", "2.2.2.2:1"}, {"DFP_API", "2.2.2.2:2"}};
  auto loaded = load({{"config", path}, {"http", "3.3.3.3:1"}}, environment);
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->settings.http, "3.3.3.3:1");
  EXPECT_EQ(loaded->settings.api, "2.2.2.2:2");
  EXPECT_EQ(loaded->settings.log_level, log::Level::Warn);
  EXPECT_EQ(loaded->origin["http"], "flag --http");
  EXPECT_EQ(loaded->origin["api"], "variable DFP_API");
  EXPECT_EQ(loaded->origin["log-level"], path + ":3: log-level");
}

TEST_F(Load, FileIsNamedByAVariableToo) {
  auto path = write("s.yaml", "instance-name: blue\n");
  EXPECT_EQ(load({}, {{"DFP_CONFIG", path}})->settings.instance_name, "blue");
}

TEST_F(Load, TheOriginalsVariablesAreHonoured) {
  auto loaded = load({}, {{"CONSUL_ADDRESS", "proxy:8500,http://b:8500"},
                          {"IP", "0.0.0.0"},
                          {"PORT", "9090"},
                          {"PROXY_INSTANCE_NAME", "external"},
                          {"TIMEOUT_CONNECT", "7"},
                          {"TIMEOUT_HTTP_KEEP_ALIVE", "1"},
                          {"STATS_USER", "me"},
                          {"STATS_PASS", "word"},
                          {"STATS_URI", "/stats"},
                          {"STATS_PORT", "8404"}});
  ASSERT_TRUE(loaded) << loaded.error().what;
  const auto& s = loaded->settings;
  EXPECT_EQ(s.registry.servers, (std::vector<std::string>{"http://proxy:8500", "http://b:8500"}));
  EXPECT_EQ(s.api, "0.0.0.0:9090");
  EXPECT_EQ(s.instance_name, "external");
  EXPECT_EQ(s.timeouts.connect, 7s);
  EXPECT_EQ(s.timeouts.http_keep_alive, 1s);
  EXPECT_TRUE(s.stats.enabled());
  EXPECT_EQ(s.stats.uri, "/stats");
  EXPECT_EQ(s.stats.port, 8404);
}

TEST_F(Load, PortAloneKeepsTheAddressAndIpv6GetsBrackets) {
  EXPECT_EQ(load({}, {{"PORT", "9090"}})->settings.api, "127.0.0.1:9090");
  EXPECT_EQ(load({}, {{"IP", "::1"}})->settings.api, "[::1]:8080");
}

TEST_F(Load, OwnNameWinsOverTheOriginals) {
  auto loaded = load({}, {{"DFP_REGISTRY", "embedded:/x.db"},
                          {"CONSUL_ADDRESS", "a:8500"},
                          {"DFP_TIMEOUT_CLIENT", "1m"},
                          {"TIMEOUT_CLIENT", "2"}});
  EXPECT_EQ(loaded->settings.registry.file, "/x.db");
  EXPECT_EQ(loaded->settings.timeouts.client, 1min);
}

TEST_F(Load, StatisticsVariablesCanBeRenamed) {
  auto loaded = load({}, {{"STATS_USER_ENV", "MY_USER"},
                          {"MY_USER", "me"},
                          {"STATS_USER", "other"},
                          {"STATS_PASS_ENV", "STATS_PASS"},
                          {"STATS_PASS", "word"}});
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->settings.stats.user, "me");
  EXPECT_EQ(loaded->settings.stats.password, "word");
  EXPECT_EQ(loaded->origin["stats-user"], "variable MY_USER");
  EXPECT_FALSE(load({}, {{"STATS_USER_ENV", "ABSENT"}})->settings.stats.enabled());
}

TEST_F(Load, EmptyVariablesAreNotSet) {
  auto loaded = load({}, {{"CONSUL_ADDRESS", ""}, {"DFP_HTTP", ""}, {"PORT", ""}});
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->settings.registry.kind, Registry::Kind::Embedded);
  EXPECT_EQ(loaded->settings.http, "*:80");
}

TEST_F(Load, ConsulsOwnVariablesDescribeTheAccessButDoNotChooseIt) {
  auto token = write("token", "from-file\n");
  Texts environment = {{"CONSUL_HTTP_ADDR", "unix:///run/consul.sock"},
                       {"CONSUL_HTTP_TOKEN", "from-variable"},
                       {"CONSUL_HTTP_TOKEN_FILE", token},
                       {"CONSUL_HTTP_AUTH", "me:word"},
                       {"CONSUL_HTTP_SSL_VERIFY", "false"},
                       {"CONSUL_CACERT", "/ca.pem"},
                       {"CONSUL_CAPATH", "/ca"},
                       {"CONSUL_CLIENT_CERT", "/c.pem"},
                       {"CONSUL_CLIENT_KEY", "/k.pem"},
                       {"CONSUL_TLS_SERVER_NAME", "server.dc1.consul"},
                       {"CONSUL_NAMESPACE", "team"}};
  EXPECT_EQ(load({}, environment)->settings.registry.kind, Registry::Kind::Embedded);
  auto loaded = load({{"registry", "consul"}}, environment);
  ASSERT_TRUE(loaded) << loaded.error().what;
  const auto& s = loaded->settings;
  EXPECT_EQ(s.registry.servers, std::vector<std::string>{"unix:///run/consul.sock"});
  EXPECT_EQ(s.consul.token, "from-file");
  EXPECT_EQ(s.consul.auth, "me:word");
  EXPECT_FALSE(s.consul.verify);
  EXPECT_EQ(s.consul.ca_file, "/ca.pem");
  EXPECT_EQ(s.consul.ca_path, "/ca");
  EXPECT_EQ(s.consul.cert_file, "/c.pem");
  EXPECT_EQ(s.consul.key_file, "/k.pem");
  EXPECT_EQ(s.consul.server_name, "server.dc1.consul");
  EXPECT_EQ(s.consul.name_space, "team");
}

TEST_F(Load, ConsulSslTurnsEveryServerToHttps) {
  auto loaded = load({{"registry", "consul://http://a:1,b:2,unix:///s"}}, {{"CONSUL_HTTP_SSL", "true"}});
  EXPECT_EQ(loaded->settings.registry.servers,
            (std::vector<std::string>{"https://a:1", "https://b:2", "unix:///s"}));
  EXPECT_EQ(load({{"registry", "consul"}}, {})->settings.registry.servers,
            std::vector<std::string>{"http://127.0.0.1:8500"});
}

TEST_F(Load, ErrorsNameTheSourceTheValueAndWhatIsAllowed) {
  EXPECT_EQ(refusal({{"http", "80"}}),
            "flag --http: \"80\" is not ADDR:PORT (127.0.0.1:8080, [::1]:8080, *:80 for every address)");
  EXPECT_EQ(refusal({}, {{"PORT", "http"}}), "variable PORT: \"http\" is not a number from 0 to 65535");
  EXPECT_EQ(refusal({}, {{"DFP_LOG_LEVEL", "loud"}}),
            "variable DFP_LOG_LEVEL: log level \"loud\" is not one of debug, info, warn, error");
  EXPECT_EQ(refusal({{"state-dri", "/x"}}),
            "flag --state-dri: unknown setting \"state-dri\"; did you mean state-dir?");
  EXPECT_EQ(refusal({{"state-dir", ""}}), "flag --state-dir: has no value; allowed: directory");
}

TEST_F(Load, ASecretIsNeverInAMessageNorOnTheCommandLine) {
  EXPECT_EQ(refusal({}, {{"CONSUL_HTTP_TOKEN", "s3c\nret"}}),
            "variable CONSUL_HTTP_TOKEN: the value (not shown) is not printable text");
  EXPECT_EQ(
      refusal({{"consul-token", "s3cret"}}),
      "flag --consul-token: a secret is not given on the command line; use the variable DFP_CONSUL_TOKEN");
}

TEST_F(Load, FileErrorsNameTheLine) {
  EXPECT_EQ(file_refusal("http: 1.1.1.1:1\nhttps: off\nhttp: 1.1.1.1:2\n"),
            "3: \"http\" is already set in line 1");
  EXPECT_EQ(file_refusal("\nhtpp: 1.1.1.1:1\n"), "2: unknown setting \"htpp\"; did you mean http?");
  EXPECT_EQ(file_refusal("log-format: xml\n"), "1: log-format: log format \"xml\" is not one of text, json");
  EXPECT_EQ(file_refusal("http:\n  port: 80\n"), "1: \"http\" has no value that is one text");
  EXPECT_EQ(file_refusal("http:\n"), "1: \"http\" has no value that is one text");
  EXPECT_EQ(file_refusal("- http\n"), "1: is not a map of \"key: value\" lines");
  EXPECT_EQ(file_refusal("https: off\n---\nhttps: off\n"), "3: more than one YAML document");
  EXPECT_TRUE(file_refusal("http: *:80\n").contains("stands in quotes"));
}

TEST_F(Load, AnEmptyFileIsFineAnAbsentOneIsNot) {
  EXPECT_TRUE(load({{"config", write("empty.yaml", "# nothing\n")}}, {}));
  auto loaded = load({{"config", (folder_ / "absent.yaml").string()}}, {});
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Errc::NotFound);
}

TEST_F(Load, SecretsMayStandInTheFile) {
  auto path = write("s.yaml", "consul-token: s3cret\nhttp: \"*:8081\"\n");
  auto loaded = load({{"config", path}}, {});
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->settings.consul.token, "s3cret");
  EXPECT_EQ(loaded->settings.http, "*:8081");
}

TEST_F(Load, ListenersMustNotCollide) {
  EXPECT_EQ(refusal({{"http", "*:8080"}}),
            "api 127.0.0.1:8080 and http *:8080 are the same port; choose another for one of them");
  EXPECT_EQ(refusal({{"https", "0.0.0.0:80"}}),
            "http *:80 and https 0.0.0.0:80 are the same port; choose another for one of them");
  EXPECT_TRUE(load({{"http", "127.0.0.2:8080"}}, {}));
  EXPECT_TRUE(load({{"http", "127.0.0.1:0"}, {"api", "127.0.0.1:0"}}, {}));
}

TEST_F(Load, HalvesOfPairsAreRefused) {
  EXPECT_EQ(refusal({{"stats-user", "me"}}), "stats-user and stats-password: give both or none");
  EXPECT_EQ(refusal({{"consul-key-file", "/k"}}), "consul-cert-file and consul-key-file: give both or none");
  EXPECT_EQ(refusal({{"request-timeout", "1s"}}),
            "request-timeout (1000 ms) must be longer than reload-timeout (30000 ms)");
}

TEST_F(Load, UnknownOwnVariablesAreWarnedOf) {
  auto loaded = load({}, {{"DFP_STATE_DRI", "/x"}, {"DFP_CONFIG", ""}, {"HOME", "/root"}});
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->warnings,
            std::vector<std::string>{"unknown variable DFP_STATE_DRI; did you mean DFP_STATE_DIR?"});
}

TEST(ProcessEnvironment, HasTheVariablesOfThisProcess) {
  ::setenv("DFP_TEST_VARIABLE", "a=b", 1);
  EXPECT_EQ(process_environment()["DFP_TEST_VARIABLE"], "a=b");
  ::unsetenv("DFP_TEST_VARIABLE");
}

}  // namespace
}  // namespace dfp::settings
