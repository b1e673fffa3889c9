#include "cli/exit_status.hpp"

#include <gtest/gtest.h>

#include <set>

namespace dfp::cli {
namespace {

/// Scripts rely on these numbers: this test only ever grows.
TEST(ExitStatus, NeverChangesItsMeaning) {
  EXPECT_EQ(kOk, 0);
  EXPECT_EQ(kFailed, 1);
  EXPECT_EQ(kUsage, 2);
  EXPECT_EQ(kNoAddress, 3);
  EXPECT_EQ(kNoHaproxy, 4);
  EXPECT_EQ(kNoRegistry, 5);
  EXPECT_EQ(kUnknown, 6);
  EXPECT_EQ(kNotParsed, 7);
  EXPECT_EQ(kNotRendered, 8);
}

TEST(ExitStatus, EveryNumberIsInTheTableOnce) {
  int next = 0;
  std::set<std::string_view> meanings;
  for (const auto& row : exit_statuses()) {
    EXPECT_EQ(row.status, next++);
    EXPECT_TRUE(meanings.insert(row.meaning).second) << row.meaning;
    EXPECT_TRUE(exit_status_sentence().contains(row.meaning));
  }
}

}  // namespace
}  // namespace dfp::cli
