#include "net/query.hpp"

#include <gtest/gtest.h>

namespace dfp::net {
namespace {

struct TargetCase {
  const char* name;
  std::string_view target;
  std::string path;
  QueryPairs query;
};
void PrintTo(const TargetCase& c, std::ostream* os) { *os << c.name; }
class ParseTarget : public testing::TestWithParam<TargetCase> {};

TEST_P(ParseTarget, Decodes) {
  auto target = parse_target(GetParam().target);
  ASSERT_TRUE(target) << target.error().what;
  EXPECT_EQ(target->path, GetParam().path);
  EXPECT_EQ(target->query, GetParam().query);
}

using namespace std::string_literals;
INSTANTIATE_TEST_SUITE_P(
    Table, ParseTarget,
    testing::Values(TargetCase{"PathOnly", "/a/b", "/a/b", {}}, TargetCase{"EmptyQuery", "/a?", "/a", {}},
                    TargetCase{"Pairs", "/a?x=1&y=2", "/a", {{"x", "1"}, {"y", "2"}}},
                    TargetCase{"RepeatedKeysStayInOrder", "/?k=b&k=a", "/", {{"k", "b"}, {"k", "a"}}},
                    TargetCase{"PlusIsASpaceInTheQueryOnly", "/a+b?c+d=e+f", "/a+b", {{"c d", "e f"}}},
                    TargetCase{"Escapes", "/%2f%41?%3D=%26%3b%25", "//A", {{"=", "&;%"}}},
                    TargetCase{"AnyByte", "/?a=%00%ff", "/", {{"a", "\0\xff"s}}},
                    TargetCase{"NoValue", "/?a&b=", "/", {{"a", ""}, {"b", ""}}},
                    TargetCase{"NoName", "/?=x", "/", {{"", "x"}}},
                    TargetCase{"EmptyPartsAreSkipped", "/?&&a=1&", "/", {{"a", "1"}}},
                    TargetCase{"OnlyTheFirstEqualsSeparates", "/?a=b=c", "/", {{"a", "b=c"}}},
                    TargetCase{"OnlyTheFirstMarkSeparates", "/?a=b?c", "/", {{"a", "b?c"}}},
                    TargetCase{"SemicolonInThePath", "/a;b", "/a;b", {}},
                    TargetCase{"HashIsData", "/a#b?c=#", "/a#b", {{"c", "#"}}}),
    [](const auto& test) { return test.param.name; });

struct BadTargetCase {
  const char* name;
  std::string_view target;
  const char* named;
};
void PrintTo(const BadTargetCase& c, std::ostream* os) { *os << c.name; }
class BadTarget : public testing::TestWithParam<BadTargetCase> {};

TEST_P(BadTarget, IsRefusedByName) {
  auto target = parse_target(GetParam().target);
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().code, Errc::InvalidArgument);
  EXPECT_NE(target.error().what.find(GetParam().named), std::string::npos) << target.error().what;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadTarget,
    testing::Values(BadTargetCase{"Empty", "", "\"\""}, BadTargetCase{"Relative", "a/b", "\"a/b\""},
                    BadTargetCase{"Asterisk", "*", "\"*\""},
                    BadTargetCase{"Absolute", "http://h/", "\"http://h/\""},
                    BadTargetCase{"NotHexInPath", "/%zz", "\"%zz\""},
                    BadTargetCase{"NotHexInValue", "/?port=8%g0", "parameter \"port\": \"%g0\""},
                    BadTargetCase{"NotHexInName", "/?p%=1", "parameter name: \"%\""},
                    BadTargetCase{"CutAtTheEnd", "/?a=%", "\"%\""},
                    BadTargetCase{"CutAfterOneDigit", "/?a=x%4", "\"%4\""},
                    BadTargetCase{"CutByTheNextParameter", "/?a=%4&b=1", "\"%4\""},
                    BadTargetCase{"Semicolon", "/?a=1;b=2", "\"a=1;b=2\""}),
    [](const auto& test) { return test.param.name; });

TEST(EncodeQuery, IsDecodedToTheSamePairs) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  QueryPairs pairs{{"a b", "x+y&z=;"}, {every_byte, every_byte}, {"", "no name"}, {"no value", ""}};
  auto target = parse_target("/?" + encode_query(pairs));
  ASSERT_TRUE(target) << target.error().what;
  EXPECT_EQ(target->query, pairs);
}

TEST(EncodeQuery, EscapesSpacesAsPercent20) {
  EXPECT_EQ(encode_query({{"a", "x y"}, {"b", ""}}), "a=x%20y&b=");
  EXPECT_EQ(encode_query({}), "");
}

}  // namespace
}  // namespace dfp::net
