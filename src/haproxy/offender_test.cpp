#include "haproxy/offender.hpp"

#include <gtest/gtest.h>

namespace dfp::haproxy {
namespace {

constexpr std::string_view kConfig =
    "global\n  maxconn 1\n\nbackend svc-a from http-rr\n  server x 10.0.0.1:80\n\n"
    "backend svc-b:blue from http-rr\n  bogus\n\n# Spare backends\nbackend spare-http-rr-00001 from "
    "http-rr\n";

TEST(Offender, IsTheServiceWhoseSectionHoldsTheLine) {
  EXPECT_EQ(offending_service("parsing [/run/g-1/haproxy.cfg:5] : x", kConfig), "a");
  EXPECT_EQ(offending_service("parsing [/run/g-1/haproxy.cfg:8] : x", kConfig), "b");
  EXPECT_EQ(offending_service("parsing [/run/g-1/haproxy.cfg:2] : x", kConfig), std::nullopt);
  EXPECT_EQ(offending_service("parsing [/run/g-1/haproxy.cfg:11] : x", kConfig), std::nullopt);
  EXPECT_EQ(offending_service("cannot bind", kConfig), std::nullopt);
}

}  // namespace
}  // namespace dfp::haproxy
