#include "base/parse.hpp"

#include <gtest/gtest.h>

#include <array>

#include "base/nearest.hpp"

namespace dfp {
namespace {
using namespace std::chrono_literals;

TEST(ParseBoolean, TakesGosTextsAndNothingElse) {
  for (auto text : {"1", "t", "T", "TRUE", "true", "True"}) EXPECT_EQ(parse::boolean(text), true) << text;
  for (auto text : {"0", "f", "F", "FALSE", "false", "False"}) EXPECT_EQ(parse::boolean(text), false) << text;
  for (auto text : {"", "yes", "tRUE", "2", " true", "on"}) EXPECT_FALSE(parse::boolean(text)) << text;
}

TEST(ParseNumber, KeepsItsRange) {
  EXPECT_EQ(parse::number("0", 0, 5), 0U);
  EXPECT_EQ(parse::number("5", 0, 5), 5U);
  EXPECT_EQ(parse::number("0080", 1, 65535), 80U);
  for (auto text : {"6", "", "-1", "+1", " 1", "1 ", "0x1", "99999999999999999999999"})
    EXPECT_FALSE(parse::number(text, 0, 5)) << text;
}

TEST(IsIpAddress, TakesLiteralAddressesOnly) {
  for (auto text : {"127.0.0.1", "::1", "2001:db8::7", "0.0.0.0"})
    EXPECT_TRUE(parse::is_ip_address(text)) << text;
  for (auto text : {"", "localhost", "1.2.3", "256.1.1.1", "[::1]", "::g", "1.2.3.4 ", "01.2.3.4"})
    EXPECT_FALSE(parse::is_ip_address(text)) << text;
  EXPECT_FALSE(parse::is_ip_address(std::string_view("1.2.3.4\0x", 9)));
}

TEST(ParseDuration, PlainNumberIsSeconds) {
  EXPECT_EQ(parse::duration("5", 0s, 1h), 5000ms);
  EXPECT_EQ(parse::duration("250ms", 0s, 1h), 250ms);
  EXPECT_EQ(parse::duration("2m", 0s, 1h), 120s);
  EXPECT_EQ(parse::duration("1h", 0s, 1h), 1h);
  EXPECT_EQ(parse::duration("0", 0s, 1h), 0ms);
}

TEST(ParseDuration, RefusesWhatIsOutOfRangeOrNoDuration) {
  for (auto text :
       {"", "s", "5x", "-5", "1.5s", "5 s", "61m", "2d", "9223372036854775807d", "99999999999999999999"})
    EXPECT_FALSE(parse::duration(text, 0s, 1h)) << text;
  EXPECT_EQ(
      parse::duration("0s", 1ms, 1h).error().what,
      "\"0s\" is not a duration from 1ms to 1h (such as 250ms, 5s, 1m, 1h, 1d; a number alone is seconds)");
}

TEST(RenderDuration, IsReadBackAsTheSame) {
  for (auto span : {1ms, 999ms, 1000ms, 90000ms, 3600000ms, 86400000ms})
    EXPECT_EQ(parse::duration(parse::render_duration(span), 0ms, 24h), span);
  EXPECT_EQ(parse::render_duration(90s), "90s");
  EXPECT_EQ(parse::render_duration(1h), "1h");
}

TEST(Nearest, FindsTypingErrorsButNotStrangers) {
  constexpr std::array<std::string_view, 3> known = {"serviceName", "servicePath", "aclName"};
  EXPECT_EQ(text::nearest("servicename", known), "serviceName");
  EXPECT_EQ(text::nearest("servicePaht", known), "servicePath");
  EXPECT_EQ(text::nearest("port", known), std::nullopt);
  EXPECT_EQ(text::nearest(std::string(100'000, 's'), known), std::nullopt);
  EXPECT_EQ(text::suggestion("aclname", known), "; did you mean aclName?");
  EXPECT_EQ(text::suggestion("port", known), "");
}

}  // namespace
}  // namespace dfp
