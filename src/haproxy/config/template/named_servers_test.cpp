#include "haproxy/config/template/named_servers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "haproxy/config/template/template_texts.hpp"

namespace dfp::haproxy::config {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Fragment folded(const std::string& lines) {
  FoldSettings settings;
  settings.allowed = {"client-port"};
  auto fragment = fold("go-demo", "backend b\n" + lines, settings);
  EXPECT_TRUE(fragment) << fragment.error().what;
  return fragment ? *fragment : Fragment{};
}

/// The section as HAProxy gets it, with 10.0.0.7 for app.test.
std::string written(const Fragment& fragment, IsOwnApi is_own_api = {}) {
  TemplateTexts texts;
  texts.add("go-demo", fragment, Addresses{{{"app.test", "10.0.0.7"}}, std::move(is_own_api)});
  return texts.sections.lines();
}

struct LineCase {
  const char* name;
  const char* lines;
  const char* want;
};
void PrintTo(const LineCase& c, std::ostream* out) { *out << c.name; }

class NamedServerLine : public ::testing::TestWithParam<LineCase> {};
TEST_P(NamedServerLine, AsksNoNameServer) {
  EXPECT_THAT(written(folded(GetParam().lines)), HasSubstr(std::string(GetParam().want) + "\n"));
}
INSTANTIATE_TEST_SUITE_P(
    Table, NamedServerLine,
    ::testing::Values(
        LineCase{"Known", "server s app.test:80 check", "app.test:80 check init-addr 10.0.0.7,none"},
        LineCase{"InOtherLetters", "server s App.Test.:80", "App.Test.:80 init-addr 10.0.0.7,none"},
        LineCase{"Family", "server s ipv4@app.test:80", "ipv4@app.test:80 init-addr 10.0.0.7,none"},
        LineCase{"WithoutPort", "server s app.test", "app.test init-addr 10.0.0.7,none"},
        LineCase{"Comment", "server s app.test:80 # why", "app.test:80 init-addr 10.0.0.7,none"},
        LineCase{"Unknown", "server s lost.test:80", "lost.test:80 init-addr none"},
        LineCase{"Several", "server-template s 3 app.test:80", "3 app.test:80 init-addr 10.0.0.7,none"},
        LineCase{"ItsOwn", "server s app.test:80 init-addr libc",
                 "app.test:80 init-addr libc init-addr 10.0.0.7,none"},
        LineCase{"DefaultOfServers", "default-server init-addr last,libc\nserver s app.test:80",
                 "app.test:80 init-addr 10.0.0.7,none"},
        LineCase{"ItsFallback", "server s lost.test:80 init-addr libc,10.0.0.9",
                 "init-addr libc,10.0.0.9 init-addr 10.0.0.9,none"},
        LineCase{"Resolvers", "server s app.test:80 resolvers r",
                 "app.test:80 resolvers r init-addr 10.0.0.7,none"},
        LineCase{"Literal", "server s 10.0.0.1:80 init-addr libc", "10.0.0.1:80 init-addr libc"},
        LineCase{"ServiceRecord", "server-template s 3 _http._tcp.app.test resolvers r",
                 "_http._tcp.app.test resolvers r"},
        LineCase{"NoLookUpWanted", "server s app.test:80 init-addr last,none",
                 "app.test:80 init-addr last,none"},
        LineCase{"NoneBeforeLibc", "server s app.test:80 init-addr none,libc",
                 "app.test:80 init-addr none,libc"},
        LineCase{"AddressOfItsOwn", "default-server init-addr 10.0.0.9,libc\nserver s app.test:80",
                 "server s app.test:80"}),
    [](const auto& test) { return test.param.name; });

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

TEST(NamedServers, HaveNoAddressThatIsOurOwnApi) {
  auto api = [](const std::string& host, std::optional<std::uint16_t> port) {
    return host == "10.0.0.7" && port.value_or(8088) == 8088;
  };
  EXPECT_THAT(written(folded("server s app.test:8088"), api), HasSubstr("app.test:8088 init-addr none\n"));
  EXPECT_THAT(written(folded("server s app.test"), api), HasSubstr("app.test init-addr none\n"));
  EXPECT_THAT(written(folded("server s app.test:80"), api), HasSubstr("init-addr 10.0.0.7,none\n"));
}

TEST(NamedServers, AreCheckedWithoutAnAddress) {
  auto text = isolated_config(folded("server s app.test:80 init-addr libc\n")).text;
  EXPECT_THAT(text, HasSubstr("app.test:80 init-addr libc init-addr none\n"));
}

}  // namespace
}  // namespace dfp::haproxy::config
