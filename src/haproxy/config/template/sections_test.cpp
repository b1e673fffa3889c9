#include "haproxy/config/template/sections.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dfp::haproxy::config {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> words_of(std::string_view line) {
  auto sections = parse_sections(line);
  std::vector<std::string> words;
  if (!sections) return {sections.error().what};
  for (const auto& section : *sections)
    for (const auto& word : (section.lines.empty() ? section.header : section.lines[0]).words)
      words.push_back(word.text);
  return words;
}

struct WordCase {
  const char* name;
  const char* line;
  std::vector<std::string> want;
};
void PrintTo(const WordCase& c, std::ostream* out) { *out << c.name; }

class Words : public ::testing::TestWithParam<WordCase> {};

/// What HAProxy 2.6.12 itself makes of these lines, read from its "unknown keyword" messages.
TEST_P(Words, AreThoseThatHaproxyReads) { EXPECT_EQ(words_of(GetParam().line), GetParam().want); }

INSTANTIATE_TEST_SUITE_P(
    Table, Words,
    ::testing::Values(
        WordCase{"Plain", "\t server  a\t10.0.0.1:80 check  ", {"server", "a", "10.0.0.1:80", "check"}},
        WordCase{"EscapedSpace", R"(foo\ b)", {"foo b"}}, WordCase{"EscapedSharp", R"(foo\#b)", {"foo#b"}},
        WordCase{"EscapedQuotes", R"(foo\'b\"c)", {R"(foo'b"c)"}},
        WordCase{"DollarOutside", R"(foo$HOME)", {"foo$HOME"}},
        WordCase{"EscapedDollarOutside", R"(foo\$b)", {R"(foo\$b)"}},
        WordCase{"EscapedDollarInside", R"("foo\$b")", {"foo$b"}},
        WordCase{"StrongQuotes", R"('fo\o "$HOME" #')", {R"(fo\o "$HOME" #)"}},
        WordCase{"UnknownEscape", R"(foo\qb \1)", {R"(foo\qb)", R"(\1)"}},
        WordCase{"Hexadecimal", R"(f\x41b)", {"fAb"}},
        WordCase{"WeakQuotes", R"("a\qb\ c\#d\t")", {"a\\qb c#d\t"}},
        WordCase{"QuotesWithinAWord", R"("a'b"c'd"e')", {R"(a'bcd"e)"}}, WordCase{"Comment", "a # b", {"a"}},
        WordCase{"CommentWithinAWord", "a#b", {"a"}}, WordCase{"SharpInQuotes", R"("a#b")", {"a#b"}},
        WordCase{"EmptyWord", R"(a "" b)", {"a", "", "b"}}, WordCase{"OnlyComment", " # a", {}},
        WordCase{"CarriageReturn", "a b\r\n", {"a", "b"}}, WordCase{"Utf8", "a \xc3\xa4", {"a", "\xc3\xa4"}}),
    [](const auto& test) { return test.param.name; });

struct RefusedLine {
  const char* name;
  std::string text;
  const char* want;
};
void PrintTo(const RefusedLine& c, std::ostream* out) { *out << c.name; }

class RefusedLines : public ::testing::TestWithParam<RefusedLine> {};

TEST_P(RefusedLines, AreNamedByNumber) {
  auto sections = parse_sections(GetParam().text);
  ASSERT_FALSE(sections);
  EXPECT_EQ(sections.error().code, Errc::InvalidArgument);
  EXPECT_THAT(sections.error().what, HasSubstr(GetParam().want));
}

using namespace std::string_literals;
INSTANTIATE_TEST_SUITE_P(
    Table, RefusedLines,
    ::testing::Values(RefusedLine{"OpenQuote", "a\n\nb \"c\n", "line 3: a quote is not closed"},
                      RefusedLine{"OpenStrongQuote", "b 'c\\''", "line 1: a quote"},
                      RefusedLine{"Environment", "a \"$HOME\"", "environment variables"},
                      RefusedLine{"EnvironmentBraces", "a \"x${HOME}\"", "environment variables"},
                      RefusedLine{"Hexadecimal", R"(a \x4)", "two hexadecimal digits"},
                      RefusedLine{"HexadecimalZero", R"(a\x00b)", R"(\x00)"},
                      RefusedLine{"NulByte", "a\0b"s, "control characters"},
                      RefusedLine{"CarriageReturnWithin", "a\rb", "control characters"},
                      RefusedLine{"VerticalTab", "a\vb", "control characters"},
                      RefusedLine{"Condition", "frontend a\n.if 1\n", "line 2: conditional"},
                      RefusedLine{"ConditionInQuotes", "\".if\" 1\n", "conditional"},
                      RefusedLine{"EmptyFirstWord", "\"\" a", "first word is empty"},
                      RefusedLine{"BackslashAtTheEnd", "a \\\n", "a backslash ends the line"}),
    [](const auto& test) { return test.param.name; });

TEST(Sections, BeginAtTheirHeadersAndKeepLineNumbers) {
  auto sections =
      parse_sections("acl x always_true # note\n\nbackend b\n  server s 1.1.1.1:1\n\"listen\" l\n");
  ASSERT_TRUE(sections) << sections.error().what;
  ASSERT_EQ(sections->size(), 3U);
  EXPECT_EQ((*sections)[0].type(), "");
  EXPECT_EQ((*sections)[0].lines[0].raw, "acl x always_true");
  EXPECT_EQ((*sections)[1].type(), "backend");
  EXPECT_EQ((*sections)[1].name(), "b");
  EXPECT_EQ((*sections)[1].header.number, 3U);
  EXPECT_EQ((*sections)[1].lines[0].number, 4U);
  EXPECT_EQ((*sections)[2].type(), "listen");
}

TEST(Sections, AWordKnowsItsPlace) {
  auto sections = parse_sections("   use_backend \"x y\"z if\\ a # c");
  ASSERT_TRUE(sections);
  const auto& line = (*sections)[0].lines[0];
  ASSERT_EQ(line.words.size(), 3U);
  EXPECT_EQ(line.raw.substr(line.words[1].begin, line.words[1].end - line.words[1].begin), "\"x y\"z");
  EXPECT_EQ(line.raw.substr(line.words[2].begin), "if\\ a");
}

TEST(Sections, TheKeywordStandsBehindNoAndDefault) {
  auto sections = parse_sections("no option x\ndefault log y\noption z");
  ASSERT_TRUE(sections);
  const auto& lines = (*sections)[0].lines;
  EXPECT_THAT((std::vector{lines[0].keyword(), lines[1].keyword(), lines[2].keyword()}),
              ElementsAre("option", "log", "option"));
}

TEST(Sections, EmptyTextHasNone) {
  EXPECT_TRUE(parse_sections("")->empty());
  EXPECT_TRUE(parse_sections("\n\t\n# x\n")->empty());
}

}  // namespace
}  // namespace dfp::haproxy::config
