#include "haproxy/runtime/stat.hpp"

#include <gtest/gtest.h>

namespace dfp::haproxy::runtime {
namespace {

TEST(ShowStat, IsReadByTheNamesOfItsColumns) {
  auto stats = parse_server_stats(
      "# pxname,svname,status,lastchg,check_status,check_code,last_chk,\n"
      "svc:a,n_1,UP,12,L4OK,,,\n"
      "svc:a,n_2,DOWN,3,L7STS,500,\"say \"\"no\"\", twice\",\n"
      "svc:b,n_3,no check,0,,,,\n");
  ASSERT_TRUE(stats) << stats.error().what;
  ASSERT_EQ(stats->size(), 3U);
  EXPECT_EQ(stats->at(0).backend, "svc:a");
  EXPECT_EQ(stats->at(0).status, "UP");
  EXPECT_EQ(stats->at(0).since, std::chrono::seconds(12));
  EXPECT_EQ(stats->at(1).check, "L7STS/500");
  EXPECT_EQ(stats->at(1).text, "say \"no\", twice");
  EXPECT_EQ(stats->at(2).status, "no check");
}

TEST(ShowStat, ASentenceIsNoTable) {
  EXPECT_FALSE(parse_server_stats("No such proxy."));
  EXPECT_FALSE(parse_server_stats("# pxname,svname\n"));
}

TEST(ShowStat, AsksForServersOnly) {
  EXPECT_EQ(show_servers(), "show stat -1 4 -1");
  EXPECT_EQ(show_servers("svc:a:blue"), "show stat svc:a:blue 4 -1");
}

}  // namespace
}  // namespace dfp::haproxy::runtime
