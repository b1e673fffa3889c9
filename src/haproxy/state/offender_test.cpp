#include "haproxy/state/offender.hpp"

#include <gtest/gtest.h>

namespace dfp::haproxy {
namespace {

constexpr std::string_view kConfig =
    "global\n  maxconn 1\n\nbackend svc:a from dfp:http-rr\n  server x 10.0.0.1:80\n\n"
    "backend svc:b:blue from dfp:http-rr\n  bogus\n\n# Spare backends\nbackend spare:http-rr:00001 from "
    "dfp:http-rr\n";

TEST(Offender, IsTheServiceWhoseSectionHoldsTheLine) {
  EXPECT_EQ(offending_service("parsing [/run/g-1/haproxy.cfg:5] : x", kConfig), "a");
  EXPECT_EQ(offending_service("parsing [/run/g-1/haproxy.cfg:8] : x", kConfig), "b");
  EXPECT_EQ(offending_service("parsing [/run/g-1/haproxy.cfg:2] : x", kConfig), std::nullopt);
  EXPECT_EQ(offending_service("parsing [/run/g-1/haproxy.cfg:11] : x", kConfig), std::nullopt);
  EXPECT_EQ(offending_service("cannot bind", kConfig), std::nullopt);
}

TEST(Offender, IsTheServiceWhoseTemplateHoldsTheLine) {
  constexpr std::string_view kWithTemplates =
      "frontend dfp:services from dfp:base\n  bind :80\n  # template of a\n  acl a:x bogus\n  # template of "
      "b\n"
      "  use_backend y if z\n\nbackend dfp:no-route from dfp:base\n  bogus\n\ndefaults dfp:template from "
      "dfp:base\n"
      "\n# template of c\nbackend c from dfp:template\n  bogus\nuserlist d\n\nbackend svc:e from "
      "dfp:http-rr\n  x\n";
  auto of_line = [&](int line) {
    auto message = "parsing [/run/g-1/haproxy.cfg:" + std::to_string(line) + "] : x";
    return offending_service(message, kWithTemplates).value_or("-");
  };
  EXPECT_EQ(of_line(2), "-");
  EXPECT_EQ(of_line(4), "a");
  EXPECT_EQ(of_line(6), "b");
  EXPECT_EQ(of_line(9), "-");
  EXPECT_EQ(of_line(11), "-");
  EXPECT_EQ(of_line(15), "c");
  EXPECT_EQ(of_line(16), "c");
  EXPECT_EQ(of_line(19), "e");
}

}  // namespace
}  // namespace dfp::haproxy
