#include "settings/properties.hpp"

#include <gtest/gtest.h>

#include <set>

namespace dfp::settings {
namespace {

TEST(Properties, KeysAndVariablesAreNamedOnce) {
  std::set<std::string> keys;
  std::set<std::string> variables;
  for (const auto& property : properties()) {
    EXPECT_TRUE(keys.insert(std::string(property.key)).second) << property.key;
    EXPECT_TRUE(variables.insert(property.variable()).second) << property.key;
    for (const auto& also : property.also)
      if (!also.name.empty()) EXPECT_TRUE(variables.insert(std::string(also.name)).second) << also.name;
    EXPECT_FALSE(property.allowed.empty()) << property.key;
    EXPECT_TRUE(property.help.ends_with('.')) << property.key;
    EXPECT_EQ(find_property(property.key), &property);
  }
}

TEST(Properties, VariableIsTheKeyInUpperCase) {
  EXPECT_EQ(find_property("state-dir")->variable(), "DFP_STATE_DIR");
}

/// A default that its own check refuses, or that is read back as another value, would be a lie in the
/// reference.
TEST(Properties, EveryDefaultIsTakenBackUnchanged) {
  for (const auto& property : properties()) {
    auto text = property.get(Settings{});
    if (text.empty()) continue;
    Settings settings;
    auto ok = property.set(settings, text);
    EXPECT_TRUE(ok) << property.key << ": " << ok.error().what;
    EXPECT_EQ(property.get(settings), text) << property.key;
  }
}

TEST(Properties, EachSetsAFieldOfItsOwn) {
  const Settings fresh;
  for (const auto& property : properties()) {
    Settings settings;
    for (auto text : {"consul://h:1", "127.0.0.9:9", "debug", "json", "77", "text", "true", "false", "/uri",
                      "swarm", "registry", "unconfined", "10.0.0.0/8"})
      if (property.set(settings, text) && property.get(settings) != property.get(fresh)) break;
    EXPECT_NE(property.get(settings), property.get(fresh)) << property.key << " changes nothing";
    for (const auto& other : properties())
      if (&other != &property)
        EXPECT_EQ(other.get(settings), other.get(fresh)) << property.key << " / " << other.key;
  }
}

TEST(Properties, SecretsAreNotShown) {
  Settings settings;
  settings.consul.token = "s3cret";
  EXPECT_EQ(shown_value(*find_property("consul-token"), settings), "(set)");
  EXPECT_EQ(shown_value(*find_property("stats-password"), settings), "");
  EXPECT_EQ(shown_value(*find_property("http"), settings), "*:80");
}

struct BadCase {
  const char* key;
  const char* value;
};
void PrintTo(const BadCase& c, std::ostream* os) { *os << c.key << " = " << c.value; }
class BadValue : public testing::TestWithParam<BadCase> {};
TEST_P(BadValue, IsRefused) {
  Settings settings;
  auto ok = find_property(GetParam().key)->set(settings, GetParam().value);
  ASSERT_FALSE(ok);
  EXPECT_EQ(ok.error().code, Errc::InvalidArgument);
}
INSTANTIATE_TEST_SUITE_P(
    Table, BadValue,
    testing::Values(
        BadCase{"api", "8080"}, BadCase{"api", "localhost:8080"}, BadCase{"api", "1.2.3.4:65536"},
        BadCase{"http", "::1:80"}, BadCase{"http", "[::g]:80"}, BadCase{"http", "256.0.0.1:80"},
        BadCase{"http", "*:80 accept-proxy"}, BadCase{"https", "on"}, BadCase{"instance-name", "a/b"},
        BadCase{"instance-name", ""}, BadCase{"instance-name", "_"}, BadCase{"log-level", "trace"},
        BadCase{"log-format", "xml"}, BadCase{"state-dir", "/a\n/b"}, BadCase{"max-connections", "0"},
        BadCase{"timeout-client", "0"}, BadCase{"timeout-client", "25d"}, BadCase{"timeout-client", "5 s"},
        BadCase{"stats-uri", "stats"}, BadCase{"stats-uri", "/a b"}, BadCase{"stats-port", "-1"},
        BadCase{"consul-ssl", "yes"}, BadCase{"consul-address", "a:b"}, BadCase{"discovery", "kubernetes"},
        BadCase{"docker-tls", "yes"}, BadCase{"docker-poll", "0"}, BadCase{"docker", "a\nb"},
        BadCase{"check-rise", "0"}, BadCase{"trusted-proxies", "10.0.0.0/33"},
        BadCase{"trusted-proxies", "proxy.local"}, BadCase{"max-connections-per-service", "101"},
        BadCase{"max-connections-per-client", "0"}));

}  // namespace
}  // namespace dfp::settings
