#include "haproxy/config/route_read.hpp"

#include <gtest/gtest.h>

#include "haproxy/config/route_key.hpp"

namespace dfp::haproxy::config {
namespace {
using model::PathType;
using model::Route;

TEST(RouteRead, AKeyOfTheTreeGivesTheRouteThatMadeIt) {
  for (auto* host : {"", "example.com", "*.example.com", "*.eu.example.com", "localhost"})
    for (auto type : {PathType::Beg, PathType::Exact})
      for (auto* path : {"/", "/demo", "/demo/", "/a*b/c", "/x~y=1", "/.well-known/acme"}) {
        Route route{host, type, path, "", ""};
        EXPECT_EQ(read_route_key(config::route_key(route)), route) << config::route_key(route);
      }
}

TEST(RouteRead, APatternGivesARouteWithTheSameKey) {
  struct Case {
    PathType type;
    const char* path;
  };
  for (auto* host : {"", "example.com"})
    for (auto [type, path] :
         {Case{PathType::End, ".png"}, Case{PathType::Sub, "/a.b(c)"}, Case{PathType::Dir, "/img/"},
          Case{PathType::Reg, "^/(a|b)+\\.html$"}, Case{PathType::Reg, ".*\\z"}}) {
      Route route{host, type, path, "", ""};
      auto read = read_pattern_key(pattern_key(route), false);
      ASSERT_TRUE(read) << pattern_key(route);
      EXPECT_EQ(read->type, type);
      EXPECT_EQ(pattern_key(*read), pattern_key(route));
    }
}

TEST(RouteRead, AmidAChangeOneHalfCounts) {
  Route route{"", PathType::End, ".png", "", ""};
  EXPECT_TRUE(read_pattern_key(pattern_key(route, Side::Before), false));
  EXPECT_FALSE(read_pattern_key(pattern_key(route, Side::Before), true));
  EXPECT_TRUE(read_pattern_key(pattern_key(route, Side::After), true));
  EXPECT_FALSE(read_pattern_key(pattern_key(route, Side::After), false));
}

TEST(RouteRead, WhatIsNoneOfOursGivesNothing) {
  for (auto* key : {"", "no-slash", "*/x"}) EXPECT_FALSE(read_route_key(key)) << key;
  for (auto* key : {"", "x", "\\A", "\\A[<>]", "\\A[<>]host", "\\A[<>]h.t\\n[^\\n]*x", "\\A[<>]\\nabc"})
    EXPECT_FALSE(read_pattern_key(key, false)) << key;
}

}  // namespace
}  // namespace dfp::haproxy::config
