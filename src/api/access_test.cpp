#include "api/access.hpp"

#include <gtest/gtest.h>

namespace dfp::api {
namespace {

constexpr auto kReload = "/v1/docker-flow-proxy/reload";
constexpr auto kServices = "/v1/docker-flow-proxy/services";

net::HttpRequest request(std::string method, net::Headers headers, std::string peer = "10.0.0.1:4711") {
  net::HttpRequest r(std::move(method), "/");
  r.headers = std::move(headers);
  r.peer = std::move(peer);
  return r;
}

/// The status of a refusal; 0 where it goes through.
int refused(const AccessRules& rules, const net::HttpRequest& r, const char* path,
            const net::QueryPairs& query = {}) {
  Access access(rules);
  if (auto no = access.check_sender(r)) return no->status;
  auto no = access.check(r, *find_endpoint(path), query);
  return no ? no->status : 0;
}

TEST(OwnHost, IsAnAddressLocalhostANameWithoutADotOrAConfiguredOne) {
  std::vector<std::string> names = {"proxy.example.com"};
  for (auto* host :
       {"127.0.0.1", "10.1.2.3:8080", "[::1]:8080", "[2001:db8::1]", "localhost", "localhost:8080", "proxy",
        "proxy:8080", "My_Proxy-1", "proxy.example.com", "PROXY.Example.com:8080"})
    EXPECT_TRUE(is_own_host(host, names)) << host;
  for (auto* host :
       {"", "attacker.example", "attacker.example:8080", "proxy.example.com.attacker.example", "localhost.",
        "127.0.0.1.attacker.example", "[::1", "10.1.2.3:x", "a b", "user@localhost", "[proxy.x]:80"})
    EXPECT_FALSE(is_own_host(host, names)) << host;
}

TEST(Access, ForeignPagesAndReboundNamesAreRefused) {
  AccessRules rules{.hosts = {"proxy.example.com"}};
  EXPECT_EQ(refused(rules, request("GET", {{"Host", "10.0.0.2:8080"}}), kReload), 0);
  EXPECT_EQ(refused(rules, request("GET", {{"Host", "attacker.example:8080"}}), kReload), 403);
  EXPECT_EQ(refused(rules, request("GET", {{"Host", "attacker.example:8080"}}), kServices), 403);
  for (auto* site : {"cross-site", "same-site"})
    EXPECT_EQ(refused(rules, request("GET", {{"Host", "localhost"}, {"Sec-Fetch-Site", site}}), kServices),
              403)
        << site;
  for (auto* site : {"same-origin", "none"})
    EXPECT_EQ(refused(rules, request("GET", {{"Host", "localhost"}, {"Sec-Fetch-Site", site}}), kReload), 0)
        << site;
  for (auto* origin :
       {"http://attacker.example", "null", "http://localhost:81", "http://localhost.attacker.example"})
    EXPECT_EQ(refused(rules, request("POST", {{"Host", "localhost"}, {"Origin", origin}}), kReload), 403)
        << origin;
  EXPECT_EQ(refused(rules, request("POST", {{"Host", "Localhost:8080"}, {"Origin", "http://localhost:8080"}}),
                    kReload),
            0);
}

TEST(Access, AnImageOfAPageInABrowserChangesNothing) {
  net::Headers image = {{"Host", "10.0.0.2:8080"},
                        {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}};
  EXPECT_EQ(refused({}, request("GET", image), kReload), 403);
  EXPECT_EQ(refused({}, request("GET", image), kServices), 0);
  image.add("Sec-Fetch-Site", "none");
  EXPECT_EQ(refused({}, request("GET", image), kReload), 0) << "typed by a person";
}

TEST(Access, MethodsThatMakeNoSenseAreRefusedWithThoseThatDo) {
  for (auto* method : {"GET", "POST", "PUT"})
    EXPECT_EQ(refused({}, request(method, {}), kReload), 0) << method;
  for (auto* method : {"HEAD", "DELETE", "PATCH", "TRACE", "BREW", "get"})
    EXPECT_EQ(refused({}, request(method, {}), kReload), 405) << method;
  for (auto* method : {"GET", "HEAD"}) EXPECT_EQ(refused({}, request(method, {}), kServices), 0) << method;
  for (auto* method : {"POST", "PUT", "DELETE"})
    EXPECT_EQ(refused({}, request(method, {}), kServices), 405) << method;
  EXPECT_EQ(refused({}, request("DELETE", {}), "/v1/docker-flow-proxy/remove"), 0);
  Access access(AccessRules{});
  auto options = access.check(request("OPTIONS", {}), *find_endpoint(kReload), {});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->status, 204);
  EXPECT_EQ(options->headers.find("Allow"), "GET, POST, PUT, OPTIONS");
}

TEST(Access, GetCanBeKeptFromChangingThings) {
  AccessRules rules{.get_mutates = false};
  EXPECT_EQ(refused(rules, request("GET", {}), kReload), 405);
  EXPECT_EQ(refused(rules, request("POST", {}), kReload), 0);
  EXPECT_EQ(refused(rules, request("GET", {}), kServices), 0);
  Access access(rules);
  auto refusal = access.check(request("GET", {}), *find_endpoint(kReload), {});
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->headers.find("Allow"), "POST, PUT, OPTIONS");
}

class AccessWithTokens : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "dfp_access_tokens";
    FILE* file = std::fopen(path_.c_str(), "w");
    std::fputs("operator-token-0001 admin\nreader-token-000001 read\nteam-a-token-00001 deploy:team-a-*\n",
               file);
    std::fclose(file);
    auto tokens = TokenFile::open(path_);
    ASSERT_TRUE(tokens) << tokens.error().what;
    tokens_.emplace(std::move(*tokens));
    rules_.tokens = &*tokens_;
  }
  int with(const std::string& authorization, const char* path, const net::QueryPairs& query = {}) {
    net::Headers headers = {{"Host", "localhost"}};
    if (!authorization.empty()) headers.add("Authorization", authorization);
    return refused(rules_, request("GET", headers), path, query);
  }
  std::string path_;
  std::optional<TokenFile> tokens_;
  AccessRules rules_;
};

TEST_F(AccessWithTokens, NothingButHealthGoesWithoutOne) {
  for (const auto& endpoint : endpoints()) {
    auto want = endpoint.scope == Scope::Open ? 0 : 401;
    EXPECT_EQ(with("", std::string(endpoint.path).c_str()), want) << endpoint.path;
    EXPECT_EQ(with("Bearer unknown-token-00001", std::string(endpoint.path).c_str()), want) << endpoint.path;
    EXPECT_EQ(with("Bearer operator-token-0001", std::string(endpoint.path).c_str()), 0) << endpoint.path;
  }
  EXPECT_EQ(with("Basic operator-token-0001", kServices), 401);
  EXPECT_EQ(with("bearer  reader-token-000001 ", kServices), 0);
}

TEST_F(AccessWithTokens, AScopeGoesAsFarAsItSays) {
  constexpr auto kReconfigure = "/v1/docker-flow-proxy/reconfigure";
  EXPECT_EQ(with("Bearer reader-token-000001", kReconfigure, {{"serviceName", "team-a-x"}}), 403);
  EXPECT_EQ(with("Bearer team-a-token-00001", kReconfigure, {{"serviceName", "team-a-x"}}), 0);
  EXPECT_EQ(with("Bearer team-a-token-00001", kReconfigure, {{"serviceName", "team-b-x"}}), 403);
  EXPECT_EQ(with("Bearer team-a-token-00001", kReconfigure), 403);
  EXPECT_EQ(with("Bearer team-a-token-00001", kReload), 403);
  EXPECT_EQ(with("Bearer team-a-token-00001", kServices), 403);
}

TEST_F(AccessWithTokens, WhoMayOpenTheUnixSocketNeedsNone) {
  EXPECT_EQ(refused(rules_, request("GET", {{"Host", "x.y"}}, "/run/dfp/api.sock"), kReload), 0);
}

}  // namespace
}  // namespace dfp::api
