#include "haproxy/runtime/traffic.hpp"

#include <gtest/gtest.h>

namespace dfp::haproxy::runtime {
namespace {

TEST(Traffic, IsReadByTheNamesOfItsColumns) {
  auto stats = parse_traffic(
      "# pxname,svname,qcur,scur,bin,bout,hrsp_2xx,hrsp_5xx,srv_abrt,rtime,last_chk,\n"
      "dfp:services,FRONTEND,,3,100,2000,40,1,,,,\n"
      "\n"
      "svc:a,BACKEND,2,1,90,1900,38,1,4,17,\"a, \"\"b\"\"\",\n");
  ASSERT_TRUE(stats) << stats.error().what;
  ASSERT_EQ(stats->size(), 2U);
  EXPECT_TRUE(stats->at(0).frontend);
  EXPECT_EQ(stats->at(0).traffic[Count::Received], 100U);
  EXPECT_EQ(stats->at(0).traffic.queued, 0U);
  const auto& backend = stats->at(1);
  EXPECT_EQ(backend.proxy, "svc:a");
  EXPECT_FALSE(backend.frontend);
  EXPECT_EQ(backend.traffic[Count::Status2xx], 38U);
  EXPECT_EQ(backend.traffic[Count::ServerAborts], 4U);
  EXPECT_EQ(backend.traffic[Count::Retries], 0U);
  EXPECT_EQ(backend.traffic.averages[static_cast<std::size_t>(Span::Response)], 17U);
  EXPECT_EQ(backend.traffic.sessions, 1U);
  EXPECT_EQ(backend.traffic.queued, 2U);
}

TEST(Traffic, ASentenceIsNoTable) { EXPECT_FALSE(parse_traffic("No such proxy.")); }

TEST(Traffic, AsksForFrontendsAndBackends) {
  EXPECT_EQ(show_traffic(), "show stat -1 3 -1");
  EXPECT_EQ(show_traffic("svc:a"), "show stat svc:a 3 -1");
}

}  // namespace
}  // namespace dfp::haproxy::runtime
