#include "model/route_table.hpp"

#include <gtest/gtest.h>

#include <regex>

namespace dfp::model {
namespace {

bool matches(const std::string& pattern, const std::string& path) {
  return std::regex_search(path, std::regex(pattern));
}

Definition definition(std::string service, std::vector<std::string> paths,
                      std::vector<std::string> domains = {}, PathType type = PathType::Beg) {
  Definition d;
  d.service = std::move(service);
  d.paths = std::move(paths);
  d.domains = std::move(domains);
  d.path_type = type;
  return d;
}

DesiredState state_of(std::vector<Definition> definitions) {
  DesiredState state;
  for (auto& d : definitions) state.services[d.service].definition = d;
  return state;
}

std::string found(const DesiredState& state, std::string_view host, std::string_view path) {
  auto routes = routes_of(state);
  auto* route = find_route(routes, host, path, matches);
  return route ? route->service : "-";
}

TEST(Routes, HostDecidesBeforePath) {
  auto state =
      state_of({definition("any", {"/demo/long"}), definition("wild", {"/demo"}, {"*.acme.com"}),
                definition("deep", {"/"}, {"*.eu.acme.com"}), definition("host", {"/d"}, {"a.eu.acme.com"})});
  EXPECT_EQ(found(state, "a.eu.acme.com", "/demo/long"), "host");
  EXPECT_EQ(found(state, "b.eu.acme.com", "/demo/long"), "deep");
  EXPECT_EQ(found(state, "b.us.acme.com", "/demo/long"), "wild");
  EXPECT_EQ(found(state, "acme.com", "/demo/long"), "any");
  EXPECT_EQ(found(state, "acme.com", "/other"), "-");
}

TEST(Routes, WellKnownComesBeforeEverySite) {
  auto companion = definition("companion", {"/.well-known/acme-challenge"});
  companion.acl_name = "0x";
  auto state =
      state_of({companion, definition("site", {"/"}, {"x.com"}), definition("wild", {"/"}, {"*.y.com"}),
                definition("own", {"/.well-known/acme-challenge"}, {"z.com"}),
                definition("pattern", {"/.well-known/"}, {"p.com"}, PathType::Sub)});
  EXPECT_EQ(found(state, "x.com", "/.well-known/acme-challenge/token"), "companion");
  EXPECT_EQ(found(state, "a.y.com", "/.well-known/acme-challenge/token"), "companion");
  EXPECT_EQ(found(state, "z.com", "/.well-known/acme-challenge/token"), "own");
  EXPECT_EQ(found(state, "p.com", "/.well-known/acme-challenge/token"), "companion");
  EXPECT_EQ(found(state, "p.com", "/.well-known/other"), "pattern");
  EXPECT_EQ(found(state, "x.com", "/.well-known/other"), "site");
}

TEST(Routes, PathFallsThroughToALessSpecificHost) {
  auto state = state_of({definition("host", {"/a"}, {"x.com"}), definition("any", {"/b"})});
  EXPECT_EQ(found(state, "x.com", "/b"), "any");
}

TEST(Routes, ExactBeatsPrefixBeatsPattern) {
  auto state = state_of({definition("exact", {"/a/b"}, {}, PathType::Exact), definition("long", {"/a/"}),
                         definition("short", {"/a"}), definition("reg", {"^/.*"}, {}, PathType::Reg)});
  EXPECT_EQ(found(state, "h", "/a/b"), "exact");
  EXPECT_EQ(found(state, "h", "/a/c"), "long");
  EXPECT_EQ(found(state, "h", "/ab"), "short");
  EXPECT_EQ(found(state, "h", "/z"), "reg");
}

TEST(Routes, AclNameThenServiceNameOrdersEqualRoutes) {
  auto first = definition("zzz", {"/a"});
  first.acl_name = "01";
  auto state = state_of({first, definition("aaa", {"/a"})});
  EXPECT_EQ(found(state, "h", "/a"), "zzz");
}

TEST(Routes, HostIsComparedWithoutCasePortAndTrailingDot) {
  auto state = state_of({definition("x", {"/"}, {"acme.com"})});
  EXPECT_EQ(found(state, "ACME.com.:8080", "/"), "x");
  EXPECT_EQ(found(state, "acme.com.evil.net", "/"), "-");
  EXPECT_EQ(found(state, "evilacme.com", "/"), "-");
}

TEST(Routes, ATemplateMakesItsOwn) {
  auto d = definition("x", {"/x"});
  d.consul_template_path = "x.tmpl";
  EXPECT_TRUE(routes_of(d).empty());
}

TEST(Routes, DirSubAndEndFollowHaproxy) {
  auto dir = state_of({definition("x", {"/img/"}, {}, PathType::Dir)});
  EXPECT_EQ(found(dir, "h", "/a/img/b"), "x");
  EXPECT_EQ(found(dir, "h", "/a/img"), "x");
  EXPECT_EQ(found(dir, "h", "/aimg/b"), "-");
  EXPECT_EQ(found(state_of({definition("x", {".png"}, {}, PathType::End)}), "h", "/a.png"), "x");
  EXPECT_EQ(found(state_of({definition("x", {"mid"}, {}, PathType::Sub)}), "h", "/amidst"), "x");
}

TEST(Claims, ARouteIsTakenOnlyWithTheHoldersConsent) {
  auto holder = definition("m", {"/x"}), candidate = definition("b", {"/x"});
  auto may = [&] { return may_join(RouteOrder(holder), RouteOrder(candidate)); };
  EXPECT_FALSE(may());
  candidate.acl_name = "00";
  EXPECT_FALSE(may()) << "it would take it from a service without an aclName";
  candidate.take_over = true;
  EXPECT_TRUE(may());
  candidate.take_over = false;
  holder.acl_name = "01";
  EXPECT_TRUE(may()) << "both have an aclName";
  candidate.acl_name = "";
  EXPECT_FALSE(may()) << "an aclName of the holder alone is no invitation: b comes before 01b";
  holder.acl_name = "m";
  EXPECT_FALSE(may());
  holder.acl_name = "00";
  candidate.acl_name = "00";
  EXPECT_FALSE(may()) << "nothing orders them";
}

TEST(Claims, WhoComesSecondConsentsItself) {
  auto holder = definition("a", {"/x"}), candidate = definition("b", {"/x"});
  auto may = [&] { return may_join(RouteOrder(holder), RouteOrder(candidate)); };
  candidate.acl_name = "zz";
  EXPECT_TRUE(may());
  candidate.acl_name = "";
  candidate.take_over = true;
  EXPECT_FALSE(may()) << "it does not come first";
  candidate.take_over = false;
  holder.take_over = true;
  EXPECT_TRUE(may()) << "whom the route was taken from stays behind";
}

TEST(Claims, WhatIsHeldAlreadyIsNeverRefused) {
  RouteClaims claims;
  claims.set(definition("a", {"/x"}));
  claims.set(definition("b", {"/x"}));  // however that came to be
  EXPECT_FALSE(claims.conflict(definition("a", {"/x"})));
  EXPECT_FALSE(claims.conflict(definition("b", {"/x", "/y"})));
  EXPECT_TRUE(claims.conflict(definition("c", {"/x"})));
}

TEST(Claims, TheSameRouteIsAConflictUnlessAnAclNameOrders) {
  RouteClaims claims;
  claims.set(definition("a", {"/x"}));
  auto b = definition("b", {"/x"});
  ASSERT_TRUE(claims.conflict(b));
  EXPECT_EQ(claims.conflict(b)->owner, "a");
  EXPECT_FALSE(claims.conflict(definition("a", {"/x"})));
  EXPECT_FALSE(claims.conflict(definition("b", {"/x/"})));
  EXPECT_FALSE(claims.conflict(definition("b", {"/x"}, {"h.com"})));
  EXPECT_FALSE(claims.conflict(definition("b", {"/x"}, {}, PathType::Exact)));
  b.acl_name = "01-b";
  EXPECT_EQ(claims.conflict(b)->owner, "a");
  b.take_over = true;
  EXPECT_FALSE(claims.conflict(b));
  b.take_over = false;
  claims.erase("a");
  b.acl_name.clear();
  EXPECT_FALSE(claims.conflict(b));
}

}  // namespace
}  // namespace dfp::model
