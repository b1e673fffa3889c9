#include "cli/help.hpp"

#include <gtest/gtest.h>

namespace dfp::cli {
namespace {

TEST(Wrap, BreaksAtSpacesAndIndents) {
  EXPECT_EQ(wrap("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(wrap("", 2, 9), "  \n");
}

TEST(Wrap, AWordThatIsTooLongStaysWhole) { EXPECT_EQ(wrap("a unbreakable b", 0, 4), "a\nunbreakable\nb\n"); }

TEST(Describe, LeavesEmptyPartsOut) {
  EXPECT_EQ(describe("Meaning.", "", ""), "Meaning.");
  EXPECT_EQ(describe("Meaning.", "1 to 5", "3"), "Meaning.\nAllowed: 1 to 5\nDefault: 3");
}

}  // namespace
}  // namespace dfp::cli
