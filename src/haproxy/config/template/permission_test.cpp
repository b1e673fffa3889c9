#include "haproxy/config/template/permission.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dfp::haproxy::config {
namespace {
using ::testing::HasSubstr;

Result<> check(const std::string& text, const Allowed& allowed = {}) {
  auto sections = parse_sections(text);
  if (!sections) return std::unexpected(sections.error());
  for (const auto& section : *sections)
    if (auto ok = check_permitted(section, allowed); !ok) return ok;
  return {};
}

struct RefusalCase {
  const char* name;
  const char* text;
  const char* refusal;  ///< the name that lifts it; "" when nothing does
};
void PrintTo(const RefusalCase& c, std::ostream* out) { *out << c.name; }

class Refusal : public ::testing::TestWithParam<RefusalCase> {};

TEST_P(Refusal, NamesLineAndWord) {
  auto refused = check("# a template\n" + std::string(GetParam().text));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::InvalidArgument);
  bool in_header = !std::string_view(GetParam().text).contains('\n');
  EXPECT_THAT(refused.error().what, HasSubstr(in_header ? "line 2 (" : "line 3 ("));
  EXPECT_THAT(refused.error().what, HasSubstr("'" + std::string(GetParam().refusal)));
}

TEST_P(Refusal, IsLiftedByItsName) {
  std::string name = GetParam().refusal;
  bool liftable = name != "global" && name != "defaults";
  EXPECT_EQ(check(GetParam().text, {name}).has_value(), liftable);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Refusal,
    ::testing::Values(
        RefusalCase{"Global", "global", "global"}, RefusalCase{"QuotedGlobal", R"("glob\x61l")", "global"},
        RefusalCase{"Defaults", "defaults x", "defaults"}, RefusalCase{"Program", "program x", "program"},
        RefusalCase{"Peers", "peers x", "peers"}, RefusalCase{"Mailers", "mailers x", "mailers"},
        RefusalCase{"Ring", "ring x", "ring"}, RefusalCase{"HttpErrors", "http-errors x", "http-errors"},
        RefusalCase{"LuaLoad", "backend b\nlua-load /x.lua", "lua-load"},
        RefusalCase{"UnknownKeyword", "backend b\nfrobnicate", "frobnicate"},
        RefusalCase{"StatsSocketWord", "backend b\nsetenv A b", "setenv"},
        RefusalCase{"ExternalCheck", "backend b\nexternal-check command /x", "external-check"},
        RefusalCase{"OptionExternalCheck", "backend b\noption external-check", "external-check"},
        RefusalCase{"ErrorFile", "backend b\nerrorfile 503 /etc/shadow", "errorfile"},
        RefusalCase{"ReturnFile", "backend b\nhttp-request return file /etc/shadow", "file"},
        RefusalCase{"ReturnLogFormatFile", "backend b\nhttp-request deny lf-file /x if TRUE", "lf-file"},
        RefusalCase{"HttpErrorFile", "backend b\nhttp-error status 503 errorfile /x", "errorfile"},
        RefusalCase{"ServerCrt", "backend b\nserver s 1.1.1.1:1 ssl crt /x", "crt"},
        RefusalCase{"ServerCaFile", "backend b\ndefault-server ssl ca-file /x", "ca-file"},
        RefusalCase{"BindCrt", "frontend f\nbind :9000 ssl crt /x", "crt"},
        RefusalCase{"BindLevel", "frontend f\nbind :9000 level admin", "level"},
        RefusalCase{"BindUnix", "frontend f\nbind :9000,/run/x.sock", "unix"},
        RefusalCase{"ServerUnix", "backend b\nserver s unix@/run/haproxy.sock", "unix"},
        RefusalCase{"ServerPath", "backend b\nserver s /run/haproxy.sock", "unix"},
        RefusalCase{"ServerAbstract", "backend b\nserver s abns@x", "unix"},
        RefusalCase{"ServerDescriptor", "backend b\nserver s fd@5", "unix"},
        RefusalCase{"CheckAddress", "backend b\nserver s 1.1.1.1:1 check addr /run/x", "unix"},
        RefusalCase{"HttpCheckAddress", "backend b\nhttp-check connect addr unix@/run/x", "unix"},
        RefusalCase{"AclFile", "backend b\nacl x path_beg -f /etc/passwd", "-f"},
        RefusalCase{"AclFileInBlock", "backend b\nhttp-request deny if { src -f /etc/passwd }", "-f"},
        RefusalCase{"MapFile", "backend b\nhttp-request set-path %[path,map_beg(/etc/passwd)]", "map"},
        RefusalCase{"MapWithoutSuffix", "backend b\nacl x path,map(/etc/passwd) a", "map"},
        RefusalCase{"Environment", "backend b\nhttp-request set-header X %[env(PATH)]", "env"},
        RefusalCase{"EnvironmentInQuotes", "backend b\nhttp-request set-header X \"a %{+Q}[env(PATH)]\"",
                    "env"},
        RefusalCase{"EnvironmentAcl", "backend b\nacl x env(PATH) -m found", "env"},
        RefusalCase{"SetMap", "backend b\nhttp-request set-map(routes.map) a b", "set-map"},
        RefusalCase{"Lua", "backend b\nhttp-request lua.x", "lua"},
        RefusalCase{"UseService", "backend b\nhttp-request use-service prometheus-exporter", "use-service"},
        RefusalCase{"LuaConverter", "backend b\nacl x path,lua.y(1) a", "lua"},
        RefusalCase{"Spoe", "backend b\nfilter spoe engine x config /x", "filter"},
        RefusalCase{"Log", "backend b\nlog 10.0.0.1:514 local0", "log"},
        RefusalCase{"Source", "backend b\nserver s 1.1.1.1:1 source 0.0.0.0", "source"},
        RefusalCase{"OptionTransparent", "backend b\noption transparent", "transparent"},
        RefusalCase{"OptionHttpProxy", "listen l\noption http_proxy", "http_proxy"},
        RefusalCase{"SetDst", "backend b\nhttp-request set-dst hdr(x-dst)", "set-dst"},
        RefusalCase{"SetDstTcp", "frontend f\ntcp-request connection set-dst ipv4(10.0.0.1)", "set-dst"},
        RefusalCase{"SetDstPort", "backend b\nhttp-request set-dst-port hdr(x)", "set-dst-port"},
        RefusalCase{"DoResolve", "backend b\nhttp-request do-resolve(txn.ip,r) hdr(host)", "do-resolve"},
        RefusalCase{"AnyAddress", "backend b\nserver s 0.0.0.0:0", "transparent"},
        RefusalCase{"AnyAddressWithPort", "backend b\nserver s 0.0.0.0:80", "transparent"},
        RefusalCase{"AnyAddressStar", "backend b\nserver s *:80", "transparent"},
        RefusalCase{"AnyAddressEmpty", "backend b\nserver s :80", "transparent"},
        RefusalCase{"AnyAddressShort", "backend b\nserver s 0:80", "transparent"},
        RefusalCase{"AnyAddressSix", "backend b\nserver s ipv6@[::]:80", "transparent"},
        RefusalCase{"NoPort", "backend b\nserver s 10.0.0.1", "client-port"},
        RefusalCase{"PortZero", "backend b\nserver-template s 3 x.test:0", "client-port"},
        RefusalCase{"PortOffset", "listen l\nserver s 10.0.0.1:+1000", "client-port"},
        RefusalCase{"StatsAdmin", "listen l\nstats admin if TRUE", "admin"},
        RefusalCase{"EmailAlert", "backend b\nemail-alert mailers x", "email-alert"}),
    [](const auto& test) { return test.param.name; });

TEST(Permission, LetsOrdinarySectionsThrough) {
  auto ok = check(R"(
frontend f
  bind :9000
  mode tcp
  option tcplog
  no log
  log global
  tcp-request inspect-delay 5s
  tcp-request content accept if { req.ssl_hello_type 1 }
  use_backend b if { path /map(x) }
backend b
  balance hdr(host)
  option httpchk
  http-check send meth GET uri /health
  http-check connect port 80 addr 10.0.0.3
  stick-table type ip size 100k expire 30m
  http-request set-path "%[path,regsub(^/demo,)]"
  http-request set-var(txn.x) path
  server a 10.0.0.1:80 check cookie file
  server b ipv4@10.0.0.2:80 redir /elsewhere backup
  server-template c 3 _http._tcp.c.test resolvers r
userlist u
  user a password x
resolvers r
  nameserver n 10.0.0.53:53
cache c
  total-max-size 4
)");
  EXPECT_TRUE(ok) << ok.error().what;
}

TEST(Permission, CallsAreFoundWhereHaproxyLooksForThem) {
  EXPECT_TRUE(calls("path,map_beg(x)", "map_*"));
  EXPECT_TRUE(calls("set-var(txn.be)", "set-var", "txn.be"));
  EXPECT_FALSE(calls("set-var(txn.other)", "set-var", "txn.be"));
  EXPECT_FALSE(calls("bitmap(x)", "map"));
  EXPECT_FALSE(calls("/map", "map"));
}

}  // namespace
}  // namespace dfp::haproxy::config
