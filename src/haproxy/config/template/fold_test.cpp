#include "haproxy/config/template/fold.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "haproxy/config/template/template_texts.hpp"

namespace dfp::haproxy::config {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> texts(const std::vector<FragmentLine>& lines) {
  std::vector<std::string> texts;
  for (const auto& line : lines) texts.push_back(line.text);
  return texts;
}

Fragment folded(std::string_view text,
                const FoldSettings& settings = {{8000}, {{8404, "its statistics page"}}, {}}) {
  auto fragment = fold("go-demo", text, settings);
  EXPECT_TRUE(fragment) << fragment.error().what;
  return fragment ? *fragment : Fragment{};
}

constexpr std::string_view kArticle = R"(frontend go-demo-fe
	bind *:80
	bind *:443
	option http-server-close
	acl url_go-demo path_beg /demo
	use_backend go-demo-be if url_go-demo

backend go-demo-be
	
	server node-a_0_32768 192.168.99.101:32768 check
	
	server node-a_1_32768 192.168.99.102:32768 check
	
)";

TEST(Fold, TheArticlesTemplateJoinsTheSharedFrontend) {
  auto fragment = folded(kArticle);
  EXPECT_THAT(texts(fragment.rules), ElementsAre("  acl go-demo:url_go-demo path_beg /demo"));
  EXPECT_THAT(texts(fragment.choices), ElementsAre("  use_backend go-demo-be if go-demo:url_go-demo"));
  EXPECT_THAT(texts(fragment.sections), ElementsAre("backend go-demo-be from dfp:template",
                                                    "  server node-a_0_32768 192.168.99.101:32768 check",
                                                    "  server node-a_1_32768 192.168.99.102:32768 check"));
  EXPECT_THAT(fragment.ignored, ElementsAre(FragmentLine{"option http-server-close", 4}));
  EXPECT_EQ(fragment.sections[1].number, 10U);
  EXPECT_THAT(fragment.ports, IsEmpty());
}

TEST(Fold, BareLinesAreLinesOfTheSharedFrontend) {
  auto fragment = folded("acl a path_beg /x\nuse_backend b if a\nbackend b\n  server s 1.1.1.1:1\n");
  EXPECT_THAT(texts(fragment.choices), ElementsAre("  use_backend b if go-demo:a"));
  EXPECT_EQ(fragment.sections.size(), 2U);
}

TEST(Fold, AFrontendOnAPortOfItsOwnStays) {
  auto fragment = folded("frontend f\n bind :9000\n mode tcp\n default_backend b\nbackend b\n mode tcp\n");
  EXPECT_THAT(texts(fragment.sections),
              ElementsAre("frontend f from dfp:template", "  bind :9000", "  mode tcp", "  default_backend b",
                          "backend b from dfp:template", "  mode tcp"));
  EXPECT_THAT(fragment.rules, IsEmpty());
  EXPECT_TRUE(fragment.ports.contains(9000));
}

TEST(Fold, EveryAddressAndPortOfABindLineIsKnown) {
  auto fragment = folded(
      "frontend f\n bind 10.0.0.1:9000-9001,:9100 ssl\n bind [::1]:9300,ipv6@:9300\n"
      " default_backend b\nbackend b\n");
  std::vector<BindAddress> binds;
  for (const auto& one : fragment.binds) binds.push_back(one.bind);
  EXPECT_THAT(binds, ElementsAre(BindAddress{"10.0.0.1", 9000, false}, BindAddress{"10.0.0.1", 9001, false},
                                 BindAddress{"*", 9100, false}, BindAddress{"::1", 9300, false},
                                 BindAddress{"::", 9300, false}));
  ASSERT_FALSE(fragment.binds.empty());
  EXPECT_EQ(fragment.binds.front().line.number, 2U);
}

TEST(Fold, AQuicAddressIsAUdpPort) {
  FoldSettings permitted{{8000}, {}, {"unix"}};
  auto fragment = folded("frontend f\n bind quic4@*:9200\n default_backend b\nbackend b\n", permitted);
  ASSERT_EQ(fragment.binds.size(), 1U);
  EXPECT_EQ(fragment.binds[0].bind, (BindAddress{"*", 9200, true}));
}

TEST(Fold, AFrontendOnBothIsSharedAndStays) {
  auto fragment =
      folded("frontend f\n bind :8000\n bind :9000\n acl a path /x\n use_backend b if a\nbackend b\n");
  EXPECT_THAT(texts(fragment.choices), ElementsAre("  use_backend b if go-demo:a"));
  EXPECT_THAT(texts(fragment.sections),
              ElementsAre("frontend f from dfp:template", "  bind :9000", "  acl a path /x",
                          "  use_backend b if a", "backend b from dfp:template"));
}

TEST(Fold, AclNamesAreUniqueInConditionsOnly) {
  auto fragment = folded(R"(acl a path_beg "/a b"
acl a path_beg /c
acl METHOD_x method POST
http-request deny if !a !METH_GET { hdr(a) a } or METHOD_x # why
http-request set-header if a if a
use_backend b unless a || !!{ path a } a
backend b
)");
  EXPECT_THAT(texts(fragment.rules),
              ElementsAre(R"(  acl go-demo:a path_beg "/a b")", "  acl go-demo:a path_beg /c",
                          "  acl go-demo:METHOD_x method POST",
                          "  http-request deny if !go-demo:a !METH_GET { hdr(a) a } or go-demo:METHOD_x",
                          "  http-request set-header if a if go-demo:a"));
  EXPECT_THAT(texts(fragment.choices),
              ElementsAre("  use_backend b unless go-demo:a || !!{ path a } go-demo:a"));
}

TEST(Fold, TwoSharedFrontendsKeepTheirAclsApart) {
  auto fragment = folded(
      "frontend f\nbind :80\nacl a path /1\nuse_backend b if a\n"
      "frontend g\nbind :443\nacl a path /2\nuse_backend b if a\nbackend b\n");
  EXPECT_THAT(texts(fragment.choices),
              ElementsAre("  use_backend b if go-demo:a", "  use_backend b if go-demo:2:a"));
}

TEST(Fold, DefaultBackendIsTheFallback) {
  auto fragment = folded("default_backend b\nbackend b\n");
  ASSERT_TRUE(fragment.fallback);
  EXPECT_EQ(*fragment.fallback, (FragmentLine{"  default_backend b", 1}));
}

TEST(Fold, SectionsMayHaveAnyNameThatIsNotInTheProxysNamespaces) {
  for (const char* name :
       {"svc-be", "services", "stats", "no-route", "base", "template", "http-rr", "svc", "spare-1"}) {
    auto fragment = folded("backend " + std::string(name) + "\nserver s 10.0.0.1:80\n");
    EXPECT_TRUE(fragment.names.contains(name)) << name;
  }
}

TEST(Fold, AnEmptyTemplateContributesNothing) { EXPECT_EQ(folded("\n# nothing\n"), Fragment{}); }

struct FoldRefusal {
  const char* name;
  const char* text;
  const char* want;
};
void PrintTo(const FoldRefusal& c, std::ostream* out) { *out << c.name; }

class FoldRefuses : public ::testing::TestWithParam<FoldRefusal> {};

TEST_P(FoldRefuses, WithLineAndReason) {
  auto fragment = fold("go-demo", std::string(GetParam().text) + "\nbackend b\n",
                       {{8000}, {{8404, "its statistics page"}}, {}});
  ASSERT_FALSE(fragment);
  EXPECT_EQ(fragment.error().code, Errc::InvalidArgument);
  EXPECT_THAT(fragment.error().what, HasSubstr(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    Table, FoldRefuses,
    ::testing::Values(
        FoldRefusal{"NoCondition", "use_backend b", "line 1 (\"use_backend b\"): takes the requests of all"},
        FoldRefusal{"HiddenCondition", "use_backend b \"\" if TRUE", "empty word"},
        FoldRefusal{"NotACondition", "use_backend b x if TRUE", "this is not 'use_backend NAME if"},
        FoldRefusal{"ForeignBackend", "use_backend svc:other if TRUE", "has no backend 'svc:other'"},
        FoldRefusal{"ComputedBackend", "use_backend %[path] if TRUE", "has no backend"},
        FoldRefusal{"ForeignFallback", "default_backend dfp:no-route", "has no backend"},
        FoldRefusal{"TwoFallbacks", "default_backend b\ndefault_backend b", "two default_backend"},
        FoldRefusal{"RuleForAll", "http-request deny", "applies to the requests of all services"},
        FoldRefusal{"HeaderNamedIf", "http-request add-header if x",
                    "applies to the requests of all services"},
        FoldRefusal{"OpenCondition", "http-request deny if", "applies to the requests of all services"},
        FoldRefusal{"RedirectForAll", "redirect location /x", "applies to the requests of all services"},
        FoldRefusal{"Track", "http-request track-sc0 src if TRUE", "counters and slots"},
        FoldRefusal{"OurVariable", "http-request set-var(txn.be) str(x) if TRUE", "txn.be is a variable"},
        FoldRefusal{"OurVariableAsConverter", "acl x path,set-var(txn.host) a", "txn.host is a variable"},
        FoldRefusal{"Timeout", "timeout client 1s", "would change the frontend that all services share"},
        FoldRefusal{"ModeTcp", "mode tcp", "would change the frontend"},
        FoldRefusal{"Option", "option forwardfor except 10.0.0.0/8", "would change the frontend"},
        FoldRefusal{"AclNamedIf", "acl if path /", "invalid ACL name"},
        FoldRefusal{"Global", "global\n  daemon", "'global' is the proxy's own"},
        FoldRefusal{"Denied", "backend c\n errorfile 503 /x", "line 2 (\"errorfile 503 /x\"): 'errorfile'"},
        FoldRefusal{"Listen", "listen l\n bind :8000", "a listen section cannot share"},
        FoldRefusal{"MixedBind", "frontend f\n bind :80,:9000", "ports of the proxy and others"},
        FoldRefusal{"NoPort", "frontend f\n bind 127.0.0.1", "bind needs ADDRESS:PORT"},
        FoldRefusal{"StatsPort", "frontend f\n bind :8404", "port 8404 is the proxy's"},
        FoldRefusal{"BoundTwice", "frontend f\n bind :9000\nfrontend g\n bind :9000-9001", "bound twice"},
        FoldRefusal{"ReservedName", "backend svc:x", "a name of the proxy's own"},
        FoldRefusal{"ReservedSpare", "backend spare:http-rr:00001", "a name of the proxy's own"},
        FoldRefusal{"ReservedFrontend", "frontend dfp:services\n bind :9000", "a name of the proxy's own"},
        FoldRefusal{"DefaultsOfOwn", "backend c from dfp:base", "a section needs one name"},
        FoldRefusal{"KeptFrontendForeignBackend", "frontend f\n bind :9000\n default_backend svc:a",
                    "has no backend 'svc:a'"}),
    [](const auto& test) { return test.param.name; });

TEST(Fragments, OfTwoServicesMustNotShareNamesPortsOrTheFallback) {
  auto other = folded("default_backend b\nfrontend f\nbind :9000\ndefault_backend b\nbackend b\n");
  Fragments others{{"other", other}};
  EXPECT_TRUE(check_apart("other", other, others));
  EXPECT_TRUE(check_apart("go-demo", folded("backend c\n"), others));
  auto name = check_apart("go-demo", folded("\nbackend b\n"), others);
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().code, Errc::Conflict);
  EXPECT_EQ(name.error().what,
            "line 2: the section name 'b' of service go-demo is used by service other already");
  auto port = check_apart("go-demo", folded("frontend g\nbind :9000\n"), others);
  EXPECT_THAT(port.error().what, HasSubstr("port 9000 of service go-demo is used by service other"));
  auto fallback = check_apart("go-demo", folded("default_backend c\nbackend c\n"), others);
  EXPECT_THAT(fallback.error().what, HasSubstr("default_backend"));
}

TEST(IsolatedConfig, MapsComplaintsToTheTemplatesLines) {
  auto config = isolated_config(folded(kArticle));
  auto line = 1 + std::ranges::count(config.text.substr(0, config.text.find("  server node-a_1")), '\n');
  EXPECT_EQ(
      explain(config, "parsing [/dev/stdin:" + std::to_string(line) + "] : bad; [/dev/stdin:1] : worse"),
      "line 12: bad; the proxy's part: worse");
  EXPECT_EQ(explain(config, "[/dev/stdin:99999] : x"), "the proxy's part: x");
  EXPECT_EQ(explain(config, "nothing to find"), "nothing to find");
}

}  // namespace
}  // namespace dfp::haproxy::config
