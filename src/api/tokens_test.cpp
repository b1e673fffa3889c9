#include "api/tokens.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.hpp"

namespace dfp::api {
namespace {

constexpr auto kFile = R"(
# comment
0123456789abcdef0123  admin   # of the operator
team-a-token-number-1 read,deploy:team-a-*
team-b-token-number-1	deploy:shop deploy:shop-blue
)";

TEST(Tokens, EachHasItsScopes) {
  auto tokens = Tokens::parse(kFile);
  ASSERT_TRUE(tokens) << tokens.error().what;
  auto* admin = tokens->find("0123456789abcdef0123");
  ASSERT_NE(admin, nullptr);
  EXPECT_TRUE(admin->allows(Scope::Admin, ""));
  EXPECT_TRUE(admin->allows(Scope::Deploy, "anything"));
  auto* team_a = tokens->find("team-a-token-number-1");
  ASSERT_NE(team_a, nullptr);
  EXPECT_TRUE(team_a->allows(Scope::Read, ""));
  EXPECT_TRUE(team_a->allows(Scope::Deploy, "team-a-shop"));
  EXPECT_FALSE(team_a->allows(Scope::Deploy, "team-b-shop"));
  EXPECT_FALSE(team_a->allows(Scope::Admin, "team-a-shop"));
  auto* team_b = tokens->find("team-b-token-number-1");
  ASSERT_NE(team_b, nullptr);
  EXPECT_TRUE(team_b->allows(Scope::Deploy, "shop-blue"));
  EXPECT_FALSE(team_b->allows(Scope::Deploy, "shop-green"));
  EXPECT_FALSE(team_b->allows(Scope::Read, ""));
  EXPECT_TRUE(team_b->allows(Scope::Open, ""));
  EXPECT_EQ(tokens->find("team-b-token-number-2"), nullptr);
  EXPECT_EQ(tokens->find(""), nullptr);
}

struct BadTokens {
  const char* name;
  const char* text;
  const char* why;
};
void PrintTo(const BadTokens& c, std::ostream* os) { *os << c.name; }
class RefusedTokens : public testing::TestWithParam<BadTokens> {};
TEST_P(RefusedTokens, NameTheLineAndNotTheToken) {
  auto tokens = Tokens::parse(GetParam().text);
  ASSERT_FALSE(tokens);
  EXPECT_NE(tokens.error().what.find(GetParam().why), std::string::npos) << tokens.error().what;
  EXPECT_EQ(tokens.error().what.find("S3CRET"), std::string::npos) << tokens.error().what;
}
INSTANTIATE_TEST_SUITE_P(
    Table, RefusedTokens,
    testing::Values(BadTokens{"Short", "S3CRET admin\n", "line 1: a token is 16"},
                    BadTokens{"OtherBytes", "\nS3CRET-0123456789\"; admin", "line 2: a token is"},
                    BadTokens{"NoScope", "S3CRET-0123456789", "line 1: the token has no scope"},
                    BadTokens{"UnknownScope", "S3CRET-0123456789 write", "\"write\" is none of"},
                    BadTokens{"StarInside", "S3CRET-0123456789 deploy:a*b", "is none of"},
                    BadTokens{"NoName", "S3CRET-0123456789 deploy:", "is none of"},
                    BadTokens{"Twice", "S3CRET-0123456789 read\nS3CRET-0123456789 admin", "line 2"},
                    BadTokens{"Empty", "# nothing\n", "no token"}),
    [](const auto& test) { return test.param.name; });

TEST(TokenFile, IsReadAgainWhenItChangesAndABadOneChangesNothing) {
  auto path = std::filesystem::path(testing::TempDir()) / ("dfp_tokens_" + std::to_string(::getpid()));
  auto write = [&](const std::string& text) { ASSERT_TRUE(file::write_atomic(path, text)); };
  write("the-first-token-0001 admin\n");
  auto tokens = TokenFile::open(path);
  ASSERT_TRUE(tokens) << tokens.error().what;
  EXPECT_NE(tokens->find("the-first-token-0001"), nullptr);
  write("the-second-token-00002 admin\n");
  EXPECT_EQ(tokens->find("the-first-token-0001"), nullptr) << "a token that was taken away opens nothing";
  EXPECT_NE(tokens->find("the-second-token-00002"), nullptr);
  write("rubbish\n");
  EXPECT_NE(tokens->find("the-second-token-00002"), nullptr);
  std::filesystem::remove(path);
  EXPECT_NE(tokens->find("the-second-token-00002"), nullptr);
  EXPECT_FALSE(TokenFile::open(path));
}

}  // namespace
}  // namespace dfp::api
