#include "haproxy/config/template/named_servers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "haproxy/config/template/fold.hpp"

namespace dfp::haproxy::config {
namespace {
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Fragment folded(const std::string& lines) {
  FoldSettings settings;
  settings.allowed = {"client-port"};
  auto fragment = fold("go-demo", "backend b\n" + lines, settings);
  EXPECT_TRUE(fragment) << fragment.error().what;
  return fragment ? *fragment : Fragment{};
}

TEST(NamedServers, AreFollowedUnlessHaproxyDoesItself) {
  auto fragment = folded("server a app.test:80\nserver b app.test:80 resolvers r\nserver c 10.0.0.1:80\n");
  ASSERT_EQ(fragment.named_servers.size(), 2U);
  EXPECT_TRUE(fragment.named_servers[0].followed);
  EXPECT_FALSE(fragment.named_servers[1].followed);
  EXPECT_EQ(fragment.named_servers[1].section, "b");
  EXPECT_EQ(fragment.named_servers[1].line, 3U);
  auto all = folded("server a app.test:80\ndefault-server resolvers r\n");
  EXPECT_FALSE(all.named_servers.at(0).followed);
}

TEST(NamedServers, OfAServerTemplateHaveTheNamesThatHaproxyGivesThem) {
  auto names = [](const std::string& range) {
    return folded("server-template web- " + range + " app.test:80\n").named_servers.at(0).servers;
  };
  EXPECT_THAT(names("3"), ElementsAre("web-1", "web-2", "web-3"));
  EXPECT_THAT(names("4-5"), ElementsAre("web-4", "web-5"));
  EXPECT_THAT(names("5-4"), IsEmpty());
  EXPECT_THAT(names("1-1000000"), IsEmpty());
}

}  // namespace
}  // namespace dfp::haproxy::config
