#include "cli/terminal.hpp"

#include <gtest/gtest.h>

namespace dfp::cli {
namespace {

TEST(Colors, AreOffWhereNobodyLooks) {
  testing::internal::CaptureStdout();
  auto colors = colors_of_output({{"TERM", "xterm"}});
  testing::internal::GetCapturedStdout();
  EXPECT_EQ(colors, Colors::Off);
}

TEST(Red, IsPlainWithoutColors) {
  EXPECT_EQ(red("x", Colors::Off), "x");
  EXPECT_EQ(red("x", Colors::On), "\x1b[31mx\x1b[0m");
}

}  // namespace
}  // namespace dfp::cli
