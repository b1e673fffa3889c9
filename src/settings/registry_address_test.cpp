#include "settings/registry_address.hpp"

#include <gtest/gtest.h>

namespace dfp::settings {
namespace {
using Servers = std::vector<std::string>;

TEST(ConsulServers, SchemeAndPortMayBeLeftOut) {
  EXPECT_EQ(parse_consul_servers("10.0.0.1:8501,http://b:80,https://c,d", false),
            (Servers{"http://10.0.0.1:8501", "http://b:80", "https://c:8500", "http://d:8500"}));
  EXPECT_EQ(parse_consul_servers("a:1, b:2", true), (Servers{"https://a:1", "https://b:2"}));
  EXPECT_EQ(parse_consul_servers("unix:///run/consul.sock", false), Servers{"unix:///run/consul.sock"});
  EXPECT_EQ(parse_consul_servers("http://[::1]:8500/", false), Servers{"http://[::1]:8500"});
  EXPECT_EQ(parse_consul_servers("[::1]", false), Servers{"http://[::1]:8500"});
}

/// The original trimmed the letters of "http://" off the front of host names.
TEST(ConsulServers, HostNamesKeepEveryLetter) {
  for (std::string host : {"proxy", "http", "https", "host", "t", "PROXY", "sthp.example.com"})
    EXPECT_EQ(parse_consul_servers(host + ":8500", false), Servers{"http://" + host + ":8500"});
}

TEST(ConsulServers, RefusesWhatIsNoAddress) {
  for (auto bad : {"", "a:8500,", "a:", ":8500", "a:0", "a:65536", "a:80/path", "ftp://a", "a b", "::1",
                   "[::1", "[]:1", "user:secret@a:80", "unix://relative", "a\n:80"})
    EXPECT_FALSE(parse_consul_servers(bad, false)) << bad;
}

TEST(ParseRegistry, ReadsEveryForm) {
  EXPECT_EQ(parse_registry("embedded:/var/lib/x.db")->file, "/var/lib/x.db");
  EXPECT_EQ(parse_registry("embedded")->file, "");
  EXPECT_EQ(parse_registry("embedded:")->kind, Registry::Kind::Embedded);
  EXPECT_EQ(parse_registry("consul")->servers, Servers{});
  EXPECT_EQ(parse_registry("consul://")->kind, Registry::Kind::Consul);
  EXPECT_EQ(parse_registry("consul://a:1,b:2")->servers, (Servers{"http://a:1", "http://b:2"}));
  EXPECT_EQ(parse_registry("consuls://a:1")->servers, Servers{"https://a:1"});
  EXPECT_EQ(parse_registry("consul-tls://a:1")->servers, Servers{"https://a:1"});
}

TEST(ParseRegistry, RefusesTheRestSayingWhatIsAllowed) {
  for (auto bad : {"", "a:8500", "embeddedx", "consul:a", "consulx://a", "etcd://a", "consul:///"}) {
    auto registry = parse_registry(bad);
    ASSERT_FALSE(registry) << bad;
    EXPECT_EQ(registry.error().code, Errc::InvalidArgument);
  }
  EXPECT_EQ(parse_registry("etcd://a").error().what,
            "\"etcd://a\" is not a registry (embedded:FILE, consul://HOST:PORT[,HOST:PORT], or consuls:// "
            "for TLS)");
}

TEST(RenderRegistry, IsReadBackAsTheSame) {
  for (auto text : {"embedded", "embedded:/x.db", "consul", "consul://a:1,b:2", "consul://https://a:1,b:2"})
    EXPECT_EQ(render_registry(*parse_registry(text)), text);
  EXPECT_EQ(render_registry(*parse_registry("consuls://a:1")), "consul://https://a:1");
}

}  // namespace
}  // namespace dfp::settings
