#include <fmt/format.h>
#include <gtest/gtest.h>

#include "haproxy/config/route_key.hpp"
#include "haproxy/config/template/template_sections.hpp"
#include "haproxy/config/testing.hpp"
#include "haproxy/config/writer.hpp"

namespace dfp::haproxy::config {
namespace {
using namespace std::chrono_literals;
using testing::instance;
using testing::service;

TEST(BackendName, TellsServiceColourDestinationAndProfile) {
  EXPECT_EQ(backend_name("shop", "", Profile::Plain), "svc:shop");
  EXPECT_EQ(backend_name("shop", "blue", Profile::Plain), "svc:shop:blue");
  EXPECT_EQ(backend_name("shop+02", "", Profile::Plain), "svc:shop::2");
  EXPECT_EQ(backend_name("shop+02", "blue", Profile::Policies), "svc.policies:shop:blue:2");
  for (auto name : {"svc:shop", "svc:shop::2", "spare:http-rr:00001", "other"}) EXPECT_EQ(color_in(name), "");
  for (auto name : {"svc:shop:blue", "svc.policies:shop:blue:2"}) EXPECT_EQ(color_in(name), "blue");
  for (auto name : {"svc:shop", "spare:http-rr:00001"}) EXPECT_EQ(profile_of(name), Profile::Plain);
  for (auto name : {"svc.policies:shop", "spare:http-policies:00001"}) {
    EXPECT_EQ(profile_of(name), Profile::Policies);
    EXPECT_TRUE(is_own_name(name));
  }
}

TEST(ConfigWriter, QuotesAnythingIntoOneToken) {
  ConfigWriter writer;
  writer.line("stats auth"_k, Quoted{R"(a'b "c" $d \e #f {g})"});
  EXPECT_EQ(std::move(writer).finish(), "  stats auth 'a'\\''b \"c\" $d \\e #f {g}'\n");
}

struct BadToken {
  const char* name;
  void (*write)(ConfigWriter&);
};
class Refused : public ::testing::TestWithParam<BadToken> {};

TEST_P(Refused, NothingOfItIsWritten) {
  ConfigWriter writer;
  writer.line("x"_k);
  GetParam().write(writer);
  auto text = std::move(writer).finish();
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Errc::Internal);
}

INSTANTIATE_TEST_SUITE_P(
    Tokens, Refused,
    ::testing::Values(
        BadToken{"NewlineInText", [](ConfigWriter& w) { w.line(Quoted{"a\nb"}); }},
        BadToken{"NulInText", [](ConfigWriter& w) { w.line(Quoted{std::string_view("a\0b", 3)}); }},
        BadToken{"SpaceInName", [](ConfigWriter& w) { w.line(Name{"a b"}); }},
        BadToken{"HashInName", [](ConfigWriter& w) { w.line(Name{"a#b"}); }},
        BadToken{"EmptyName", [](ConfigWriter& w) { w.line(Name{""}); }},
        BadToken{"HostNameAsAddress", [](ConfigWriter& w) { w.line(Address{"localhost", 80}); }},
        BadToken{"ScopedAddress", [](ConfigWriter& w) { w.line(Address{"fe80::1%eth0", 80}); }}),
    [](const auto& info) { return info.param.name; });

TEST(ConfigWriter, ANetworkIsAnAddressWithALength) {
  for (auto good : {"10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "0.0.0.0/0"})
    EXPECT_TRUE(is_network(good)) << good;
  for (auto bad :
       {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "fd00::/129", "a.com", "10.0.0.1 10.0.0.2"})
    EXPECT_FALSE(is_network(bad)) << bad;
}

TEST(RouteKey, IsWrittenAsRequestsAreWhenRoutesAreLookedUp) {
  auto key = [](std::string path) { return route_key({"", model::PathType::Beg, std::move(path), "", ""}); };
  EXPECT_EQ(key("/%7eme/%41"), "/~me/A");
  EXPECT_EQ(key("/a%2fb"), "/a%2Fb");
  EXPECT_EQ(key("/100%/%zz/%4"), "/100%/%zz/%4");
}

TEST(Share, IsAtLeastOneRequest) {
  Settings s;
  s.maxconn = 8000;
  EXPECT_EQ(connections_of_one(s), 6000);
  s.maxconn = 10'000'000;
  EXPECT_EQ(connections_of_one(s), 7'500'000);
  s.maxconn = 10;
  s.shares.service = 1;
  EXPECT_EQ(connections_of_one(s), 1);
}

std::size_t count(std::string_view text, std::string_view word) {
  std::size_t found = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST(TemplateSections, HandOverWhereTheProxyCan) {
  TemplateText text;
  text.add("own", {{"frontend plain from dfp:template", 1},
                   {"  bind :90", 2},
                   {"frontend tls from dfp:template", 3},
                   {"  bind :91 ssl crt '/a b.pem' alpn h2 crt /c.pem", 4},
                   {"listen tcp from dfp:template", 5},
                   {"  bind :92", 6},
                   {"  mode tcp", 7}});
  Settings settings;
  settings.maxconn = 10;
  settings.shares.service = 70;
  auto guarded = guarded_sections(text, {"dfp-x", "s"}, settings);
  ASSERT_TRUE(guarded) << guarded.error().what;
  EXPECT_EQ(count(*guarded, "maxconn 7\n"), 3U);
  EXPECT_EQ(count(*guarded, "accept-proxy name hand-over\n"), 1U);
  EXPECT_EQ(count(*guarded, "accept-proxy name hand-over ssl crt '/a b.pem' crt /c.pem\n"), 1U);
  EXPECT_EQ(count(*guarded, "\nbackend dfp:hand-over-to:plain from dfp:base\n"), 1U);
  EXPECT_EQ(count(*guarded, "\nbackend dfp:hand-over-tls-to:tls from dfp:base\n"), 1U);
  EXPECT_EQ(count(*guarded, "\nbackend dfp:hand-over-"), 2U);
}

TEST(TemplateSections, OfATemplatesLimitAndItsShareTheSmallerOneHolds) {
  TemplateText text;
  text.add("own", {{"listen more from dfp:template", 1},
                   {"  maxconn 3", 2},  // the last one counts
                   {"  maxconn 5000 # of its own", 3},
                   {"  balance leastconn", 4},
                   {"frontend less from dfp:template", 5},
                   {"  maxconn 6", 6},
                   {"frontend all from dfp:template", 7},
                   {"  maxconn 0", 8},
                   {"backend b from dfp:template", 9},
                   {"  maxconn 9", 10}});  // which HAProxy ignores
  Settings settings;
  settings.maxconn = 100;
  settings.shares.service = 70;
  auto guarded = guarded_sections(text, {"dfp-x", "s"}, settings);
  ASSERT_TRUE(guarded) << guarded.error().what;
  auto starts_with_limit = [&](std::string_view header, std::string_view limit) {
    return guarded->contains(fmt::format("{} from dfp:template\n  maxconn {}\n", header, limit));
  };
  EXPECT_TRUE(starts_with_limit("listen more", "70")) << *guarded;
  EXPECT_TRUE(starts_with_limit("frontend less", "6")) << *guarded;
  EXPECT_TRUE(starts_with_limit("frontend all", "70")) << *guarded;
  EXPECT_EQ(count(*guarded, "maxconn"), 4U) << *guarded;
  EXPECT_EQ(count(*guarded, "  balance leastconn\n"), 1U);
  settings.shares.service = 100;
  EXPECT_EQ(count(*guarded_sections(text, {"dfp-x", "s"}, settings), "maxconn"), 5U) << "as written";
}

std::string share_of_address(const Settings& settings) {
  ConfigWriter writer;
  write_share_of_address(writer, settings);
  write_address_table(writer, settings);
  return std::move(writer).finish().value();
}

TEST(Shares, OfAClientAreNotForTrustedProxies) {
  Settings settings;
  settings.maxconn = 80;
  EXPECT_TRUE(share_of_address(settings).contains("track-sc0 src,ipmask(32,64) table dfp:clients\n"));
  EXPECT_TRUE(share_of_address(settings).contains("reject if { sc0_conn_cur gt 40 }\n"));
  settings.trusted_proxies = {"10.0.0.0/8", "fd00::1"};
  EXPECT_TRUE(share_of_address(settings).contains("table dfp:clients if !{ src 10.0.0.0/8 fd00::1 }\n"));
  settings.shares.address = 100;
  EXPECT_EQ(share_of_address(settings), "");
}

TEST(Shares, OfTheStatisticsPageIsAFewConnections) {
  Settings settings;
  for (auto [all, few] : {std::pair{10, 1}, {80, 2}, {320, 10}, {1000, 10}, {20'000, 200}}) {
    settings.maxconn = all;
    EXPECT_EQ(connections_of_stats(settings), few) << all;
  }
}

TEST(Shares, CountTheConnectionsOfAllPorts) {
  TemplateText text;
  text.add("own", {{"listen tcp from dfp:template", 1},
                   {"  mode tcp", 2},
                   {"frontend http from dfp:template", 3},
                   {"backend b from dfp:template", 4}});
  auto guarded = guarded_sections(text, {"dfp-x", "s"}, {});
  ASSERT_TRUE(guarded) << guarded.error().what;
  for (auto port : {"tcp", "http"})
    EXPECT_EQ(count(*guarded, fmt::format(" fe_conn({}),add(", port)), 3U) << port << "\n" << *guarded;
  EXPECT_EQ(count(*guarded, "  tcp-request connection reject if { fe_conn gt 200 }"), 2U) << *guarded;
  EXPECT_EQ(count(*guarded, "http-request deny deny_status 503"), 1U) << *guarded;
  EXPECT_EQ(*own_ports(text), (OwnPorts{"tcp", "http"}));
}

TEST(Shares, CostNothingMoreWhereNoTemplateHasAPort) {
  TemplateText text;
  text.add("own", {{"backend b from dfp:template", 1}});
  auto guarded = guarded_sections(text, {"dfp-x", "s"}, {});
  ASSERT_TRUE(guarded) << guarded.error().what;
  EXPECT_EQ(count(*guarded, "dfp_used"), 0U) << *guarded;
  EXPECT_EQ(count(*guarded, "\n  "), 2U) << *guarded;
}

struct KeptPorts {
  const char* name;
  std::vector<std::string> binds;
};
void PrintTo(const KeptPorts& c, std::ostream* out) { *out << c.name; }
class NoHandOver : public ::testing::TestWithParam<KeptPorts> {};
TEST_P(NoHandOver, WhereAWorkerCannotDoWhatTheClientDid) {
  std::vector<FragmentLine> lines{{"frontend f from dfp:template", 1}};
  for (const auto& bind : GetParam().binds) lines.push_back({"  bind " + bind, lines.size() + 1});
  TemplateText text;
  text.add("own", lines);
  auto guarded = guarded_sections(text, {"dfp-x", "s"}, {});
  ASSERT_TRUE(guarded) << guarded.error().what;
  EXPECT_EQ(count(*guarded, "hand-over"), 0U) << *guarded;
}
INSTANTIATE_TEST_SUITE_P(
    Table, NoHandOver,
    ::testing::Values(KeptPorts{"ClientCertificates", {":9 ssl crt /a.pem verify required ca-file /b.pem"}},
                      KeptPorts{"List", {":9 ssl crt-list /a"}},
                      KeptPorts{"DifferentCertificates", {":9 ssl crt /a.pem", ":10 ssl crt /b.pem"}}),
    [](const auto& test) { return test.param.name; });

TEST(TemplateSections, OfHttpSeeRequestsInTheirOneForm) {
  TemplateText text;
  text.add("own", {{"frontend plain from dfp:template", 1},
                   {"  mode tcp", 2},  // the last one counts
                   {"  mode http", 3},
                   {"listen tls from dfp:template", 4},
                   {"  bind :91 ssl", 5},
                   {"listen tcp from dfp:template", 6},
                   {"  mode tcp", 7},
                   {"backend b from dfp:template", 8}});
  auto guarded = guarded_sections(text, {"dfp-x", "s"}, {});
  ASSERT_TRUE(guarded) << guarded.error().what;
  EXPECT_EQ(count(*guarded, "http-request set-var(txn.path) path if !{ req.hdrs"), 2U);
  EXPECT_EQ(count(*guarded, "add-header X-Forwarded-Proto %[ssl_fc,"), 1U);
  EXPECT_EQ(count(*guarded, "http-request del-header Upgrade"), 2U);
  EXPECT_EQ(count(*guarded, "\n  acl "), count(*guarded, "\n  acl ::"))
      << "a template may have the same name";
}

TEST(Backend, ServerNamesAreValidStableAndChangeWithTheAddress) {
  auto s = service("a", {"/"});
  s.instances = {instance("node 1", "id/1", "10.0.0.1", 80), instance("node 1", "id/2", "10.0.0.1", 80)};
  auto first = backend_of(s, model::kFirstDestination, {}, true);
  ASSERT_EQ(first.servers.size(), 2U);
  for (const auto& server : first.servers) EXPECT_TRUE(is_name(server.name)) << server.name;
  EXPECT_EQ(first.servers[0].name, "node_1_id_1_" + first.servers[0].name.substr(12));
  s.instances[0].port = 81;
  EXPECT_NE(backend_of(s, model::kFirstDestination, {}, true).servers[0].name, first.servers[0].name);
}

TEST(Backend, UnwellInstancesServeOnlyWhenThereIsNoOther) {
  auto s = service("a", {"/"});
  s.instances = {instance("n", "1", "10.0.0.1", 80), instance("n", "2", "10.0.0.2", 80)};
  s.instances[0].health = model::Health::Critical;
  EXPECT_EQ(backend_of(s, model::kFirstDestination, {}, true).servers.size(),
            2U);  // HAProxy's own checks decide
  s.definition.skip_check = true;
  EXPECT_EQ(backend_of(s, model::kFirstDestination, {}, true).servers.size(), 1U);
  s.instances[1].health = model::Health::Maintenance;
  EXPECT_EQ(backend_of(s, model::kFirstDestination, {}, true).servers.size(), 2U);
}

TEST(Backend, WhereTheRegistryDecidesHaproxyChecksNothing) {
  auto s = service("a", {"/"});
  s.instances = {instance("n", "1", "10.0.0.1", 80), instance("n", "2", "10.0.0.2", 80)};
  s.instances[0].health = model::Health::Critical;
  auto backend = backend_of(s, model::kFirstDestination, {}, false);
  EXPECT_FALSE(backend.check);
  ASSERT_EQ(backend.servers.size(), 1U);
  EXPECT_EQ(backend.servers[0].address, "10.0.0.2");
}

TEST(Backend, HaproxysChecksHaveTheTimesOfTheDefinition) {
  auto s = service("a", {"/"});
  s.instances = {instance("n", "1", "10.0.0.1", 80)};
  auto line = [&](std::chrono::milliseconds interval) {
    auto backend = backend_of(s, model::kFirstDestination, {}, true);
    return server_arguments(backend, backend.servers.at(0), Checks{}, interval).value();
  };
  EXPECT_TRUE(line(2s).contains("check inter 2000ms fastinter 500ms fall 3 rise 2")) << line(2s);
  s.definition.check.interval = 1s;
  s.definition.check.fall = 5;
  s.definition.check.rise = 7;
  EXPECT_TRUE(line(2s).contains("check inter 1000ms fastinter 250ms fall 5 rise 7")) << line(2s);
  EXPECT_TRUE(line(20s).contains("check inter 20000ms")) << "so many are checked that it was stretched";
}

TEST(Backend, LeavesOutWhoseAnswerIsBad) {
  auto s = service("a", {"/"});
  s.instances = {instance("n", "1", "10.0.0.1", 80), instance("n", "2", "10.0.0.2", 80)};
  EXPECT_TRUE(checked_servers(s, {}, true).empty()) << "HAProxy checks connections itself";
  s.definition.check.path = "/health";
  auto checked = checked_servers(s, {}, true);
  ASSERT_EQ(checked.size(), 2U);
  std::set<std::string> down{checked[0].server.name};
  EXPECT_EQ(backend_of(s, model::kFirstDestination, {}, true, down).servers, std::vector{checked[1].server});
  EXPECT_EQ(checked_servers(s, {}, true).size(), 2U) << "it is checked on";
  EXPECT_TRUE(checked_servers(s, {}, false).empty());
  s.definition.check = {};
  EXPECT_EQ(backend_of(s, model::kFirstDestination, {}, true, down).servers.size(), 2U)
      << "nobody asks for an answer any more";
  s.instances[1].meta["check_http"] = "/";
  EXPECT_EQ(checked_servers(s, {}, true).size(), 1U);
  s.definition.skip_check = true;
  EXPECT_TRUE(checked_servers(s, {}, true).empty());
}

TEST(Backend, HostNamesAreUsedOnlyAsAddresses) {
  auto s = service("a", {"/"});
  s.instances = {instance("n", "1", "db.local", 80)};
  EXPECT_TRUE(backend_of(s, model::kFirstDestination, {}, true).servers.empty());
  EXPECT_EQ(backend_of(s, model::kFirstDestination, {{{"db.local", "10.1.1.1"}}}, true).servers.at(0).address,
            "10.1.1.1");
}

TEST(Backend, OurOwnApiIsNoServerUnderWhateverNameOrAddress) {
  auto s = service("a", {"/"});
  s.instances = {instance("n", "1", "we.local", 8080), instance("n", "2", "10.1.1.1", 8080),
                 instance("n", "3", "we.local", 80)};
  Addresses addresses{{{"we.local", "10.1.1.1"}}, [](const auto& host, auto port) {
                        return host == "10.1.1.1" && port == std::uint16_t{8080};
                      }};
  auto backend = backend_of(s, model::kFirstDestination, addresses, true);
  ASSERT_EQ(backend.servers.size(), 1U);
  EXPECT_EQ(backend.servers[0].port, 80);
}

TEST(Checks, IntervalGrowsInStepsAndBoundsTheProbeRate) {
  Checks checks;
  EXPECT_EQ(check_interval(checks, 1).count(), 2000);
  EXPECT_EQ(check_interval(checks, 1000).count(), 2000);
  EXPECT_EQ(check_interval(checks, 1001).count(), 5000);
  EXPECT_EQ(check_interval(checks, 10000).count(), 20000);
  EXPECT_EQ(check_interval(checks, 1'000'000).count(), 300'000);
}

TEST(Description, SurvivesTheWayThroughHaproxy) {
  Description d{12, 0xdeadbeef01234567, {4, true}};
  EXPECT_EQ(parse_description(to_string(d)), d);
  EXPECT_FALSE(parse_description("somebody else's haproxy"));
}

TEST(Settings, RefusesWhatHaproxyWouldRefuseNamingTheKey) {
  Settings s;
  s.run_dir = "/run/x";
  EXPECT_TRUE(s.validate());
  s.http = {{"localhost", 80}};
  EXPECT_TRUE(s.validate().error().what.starts_with("http: \"localhost\""));
  s.http = {Bind{}};
  s.run_dir = "relative";
  EXPECT_TRUE(s.validate().error().what.starts_with("run-dir:"));
  s.run_dir = "/run/x";
  s.trusted_proxies = {"10.0.0.0/99"};
  EXPECT_TRUE(s.validate().error().what.starts_with("trusted-proxies: \"10.0.0.0/99\""));
}

}  // namespace
}  // namespace dfp::haproxy::config
