#include "haproxy/config/route_index.hpp"

#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "haproxy/config/testing.hpp"

namespace dfp::haproxy::config {
namespace {
using testing::service;

bool regex_matches(const std::string& pattern, const std::string& path) {
  return std::regex_search(path, std::regex(pattern));
}

/// What frontend.cpp makes HAProxy do, over the same data; patterns by the reference's matcher.
class Chain {
 public:
  explicit Chain(const RouteIndex& index) : index_(index) {}

  std::string find(std::string_view host_header, const std::string& path) const {
    auto host = model::normalized_host(host_header);
    if (path.starts_with(model::kWellKnown))
      if (auto service = find_well_known(host, path); !service.empty()) return service;
    if (auto service = find_in(host, host + path + "?", path); !service.empty()) return service;
    std::string_view parent = host;
    for (auto dot = parent.find('.'); dot != std::string_view::npos; dot = parent.find('.')) {
      parent.remove_prefix(dot + 1);
      auto key = std::string(parent) + "*" + path + "?";
      if (auto service = find_in("*." + std::string(parent), key, path); !service.empty()) return service;
    }
    return find_in("", path + "?", path);
  }

 private:
  std::string find_well_known(const std::string& host, const std::string& path) const {
    if (auto* service = index_.lookup("*" + host + path + "?")) return *service;
    std::string_view parent = host;
    for (auto dot = parent.find('.'); dot != std::string_view::npos; dot = parent.find('.')) {
      parent.remove_prefix(dot + 1);
      if (auto* service = index_.lookup("*" + std::string(parent) + "*" + path + "?")) return *service;
    }
    auto* service = index_.lookup("*" + path + "?");
    return service ? *service : "";
  }

  std::string find_in(const std::string& host, const std::string& subject, const std::string& path) const {
    if (auto* service = index_.lookup(subject)) return *service;
    for (const auto& pattern : index_.patterns()) {
      auto route = RouteIndex::route_of(pattern);
      if (route.host != host) continue;
      std::vector<model::Route> one = {route};
      one[0].host = "";
      if (model::find_route(one, "", path, regex_matches)) return route.service;
    }
    return "";
  }
  const RouteIndex& index_;
};

template <class T>
const T& pick(std::mt19937& random, const std::vector<T>& values) {
  return values[random() % values.size()];
}

model::Service random_service(std::mt19937& random, std::string name) {
  static const std::vector<std::string> kHosts = {"a.com",   "b.a.com",   "c.b.a.com", "x.org",
                                                  "*.a.com", "*.b.a.com", "*.com",     "*.org"};
  static const std::vector<std::string> kPaths = {"/",
                                                  "/a",
                                                  "/a/",
                                                  "/a/b",
                                                  "/ab",
                                                  "/a/b/c",
                                                  "/b",
                                                  "/a%20b",
                                                  "/.well-known",
                                                  "/.well-known/a",
                                                  "/.well-known/a/b"};
  static const std::vector<std::string> kRegexes = {"^/a", "b$", "/[ab]/", "."};
  auto type = static_cast<model::PathType>(random() % 6);
  auto s = service(std::move(name), {}, {}, type);
  for (auto n = random() % 3; n > 0; --n) s.definition.domains.push_back(pick(random, kHosts));
  for (auto n = random() % 3 + 1; n > 0; --n) {
    auto path = pick(random, type == model::PathType::Reg ? kRegexes : kPaths);
    if (type == model::PathType::Dir && path == "/") path = "/a";
    s.definition.paths.push_back(path);
  }
  if (random() % 4 == 0) s.definition.acl_name = std::to_string(random() % 100);
  return s;
}

class RandomChanges : public ::testing::TestWithParam<unsigned> {};

TEST_P(RandomChanges, LookupEqualsTheReferenceAfterEachOfThem) {
  std::mt19937 random(GetParam());
  model::DesiredState state;
  RouteIndex index;
  auto replace = [&](const model::Definition* old, const model::Definition* now) {
    index.replace(old ? model::routes_of(*old) : std::vector<model::Route>{},
                  now ? model::routes_of(*now) : std::vector<model::Route>{});
  };
  const std::vector<std::string> hosts = {"a.com", "B.a.com:80", "c.b.a.com", "d.c.b.a.com.",
                                          "y.org", "x.org",      "z"};
  const std::vector<std::string> paths = {
      "/",      "/a",     "/a/",          "/a/b",          "/a/b/c/d",           "/abc",         "/b",
      "/x/a/b", "/a%20b", "/.well-known", "/.well-known/", "/.well-known/a/b/c", "/.well-knownx"};
  for (int step = 0; step < 60; ++step) {
    auto name = "s" + std::to_string(random() % 12);
    auto found = state.services.find(name);
    auto* old = found == state.services.end() ? nullptr : &found->second.definition;
    if (old && random() % 3 == 0) {
      replace(old, nullptr);
      state.services.erase(found);
    } else {
      auto fresh = random_service(random, name);
      replace(old, &fresh.definition);
      state.services[name] = fresh;
    }
    auto ranked = model::routes_of(state);
    Chain chain(index);
    for (const auto& host : hosts)
      for (const auto& path : paths) {
        auto* wanted = model::find_route(ranked, host, path, regex_matches);
        ASSERT_EQ(chain.find(host, path), wanted ? wanted->service : "") << host << path << " step " << step;
      }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomChanges, ::testing::Range(0U, 8U));

TEST(RouteIndex, DeltaNamesExactlyTheKeysThatChangeTheirService) {
  RouteIndex index;
  auto a = model::routes_of(service("a", {"/x", "/y"}).definition);
  auto b_service = service("b", {"/x", "/x/z"});
  b_service.definition.acl_name = "00";
  auto b = model::routes_of(b_service.definition);
  index.replace({}, a);
  auto none = std::optional<std::string>();
  using Keys = std::vector<RouteIndex::KeyChange>;
  EXPECT_EQ(index.replace({}, b).keys, (Keys{{"/x", "a", "b", "a", "b"}, {"/x/z", none, "b", "a", "b"}}));
  EXPECT_EQ(index.replace(b, {}).keys, (Keys{{"/x", "b", "a", "b", "a"}, {"/x/z", "b", none, "b", "a"}}));
  EXPECT_TRUE(index.replace(a, a).keys.empty());
  EXPECT_EQ(index.replace(a, {}).keys, (Keys{{"/x", "a", none, "a", none}, {"/y", "a", none, "a", none}}));
}

TEST(RouteIndex, FlagsFollowWhatIsThere) {
  RouteIndex index;
  EXPECT_EQ(index.flags(), "");
  auto a = model::routes_of(service("a", {"/"}, {"*.a.b.c.d.e.f.g.h.i"}).definition);
  auto b = model::routes_of(service("b", {".png"}, {"*.com"}, model::PathType::End).definition);
  index.replace({}, a);
  EXPECT_EQ(index.flags(), "9");
  index.replace({}, b);
  EXPECT_EQ(index.flags(), "19p");
  EXPECT_EQ(index.lookups(), (Lookups{9, false}));
  index.replace(a, {});
  EXPECT_EQ(index.flags(), "1p");
  auto c = model::routes_of(service("c", {"/.well-known/acme-challenge"}).definition);
  index.replace({}, c);
  EXPECT_EQ(index.flags(), "1pw");
  EXPECT_EQ(index.lookups(), (Lookups{1, true}));
  index.replace(c, {});
  EXPECT_EQ(index.flags(), "1p");
}

struct RegexCase {
  const char* pattern;
  bool ok;
};
class Regex : public ::testing::TestWithParam<RegexCase> {};
TEST_P(Regex, IsCheckedAloneAndInItsGroup) {
  EXPECT_EQ(check_regex(GetParam().pattern).has_value(), GetParam().ok);
}
INSTANTIATE_TEST_SUITE_P(Cases, Regex,
                         ::testing::Values(RegexCase{"^/a(b|c)$", true}, RegexCase{"a)|(?:b", false},
                                           RegexCase{"(", false}, RegexCase{"(?x)a#", false},
                                           RegexCase{"(*UTF)a", false}, RegexCase{"a\\", false}));

}  // namespace
}  // namespace dfp::haproxy::config
