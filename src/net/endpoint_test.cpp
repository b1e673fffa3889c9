#include "net/endpoint.hpp"

#include <gtest/gtest.h>

namespace dfp::net {
namespace {
using Kind = Endpoint::Kind;

struct EndpointCase {
  const char* name;
  std::string text;
  std::uint16_t default_port;
  Endpoint want;
  std::string url;
};
void PrintTo(const EndpointCase& c, std::ostream* os) { *os << c.name; }
class ParseEndpoint : public testing::TestWithParam<EndpointCase> {};

TEST_P(ParseEndpoint, Understands) {
  auto endpoint = parse_endpoint(GetParam().text, GetParam().default_port);
  ASSERT_TRUE(endpoint) << endpoint.error().what;
  EXPECT_EQ(*endpoint, GetParam().want);
  EXPECT_EQ(endpoint->url(), GetParam().url);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParseEndpoint,
    testing::Values(
        EndpointCase{"HostPort", "consul:8500", 0, {Kind::Tcp, "consul", 8500}, "http://consul:8500"},
        EndpointCase{"DefaultPort", "consul", 8500, {Kind::Tcp, "consul", 8500}, "http://consul:8500"},
        EndpointCase{"Http", "http://10.0.0.1:80/", 0, {Kind::Tcp, "10.0.0.1", 80}, "http://10.0.0.1:80"},
        EndpointCase{"Tcp", "tcp://d:2375", 0, {Kind::Tcp, "d", 2375}, "http://d:2375"},
        EndpointCase{"Https", "https://d", 443, {Kind::Tls, "d", 443}, "https://d:443"},
        EndpointCase{"Ipv6", "http://[::1]:80", 0, {Kind::Tcp, "::1", 80}, "http://[::1]:80"},
        EndpointCase{"Ipv6DefaultPort",
                     "[fe80::1%eth0]",
                     1,
                     {Kind::Tcp, "fe80::1%eth0", 1},
                     "http://[fe80::1%eth0]:1"},
        EndpointCase{"Unix", "unix:///run/x.sock", 0, {Kind::Unix, "/run/x.sock", 0}, "unix:///run/x.sock"}),
    [](const auto& test) { return test.param.name; });

TEST(ParseEndpoint, RefusesWhatIsNoEndpointAndShowsIt) {
  for (std::string text : {"",
                           ":80",
                           "http://",
                           "consul",
                           "a:0",
                           "a:65536",
                           "a:-1",
                           "a:8x",
                           "a:",
                           "ftp://a:1",
                           "a b:1",
                           "http://a:1/path",
                           "http://u@a:1",
                           "[::1:80",
                           "[::1]80",
                           "[zz]:80",
                           "::1:80",
                           "unix://x",
                           "unix://",
                           "a\n:1"}) {
    auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().code, Errc::InvalidArgument);
  }
  EXPECT_NE(parse_endpoint("ftp://a:1").error().what.find("\"ftp://a:1\""), std::string::npos);
  EXPECT_FALSE(parse_endpoint("unix:///" + std::string(107, 'x')));
}

TEST(ParseListenAddress, Understands) {
  EXPECT_EQ(parse_listen_address("*:80"), (ListenAddress{"", 80}));
  EXPECT_EQ(parse_listen_address(":80"), (ListenAddress{"", 80}));
  EXPECT_EQ(parse_listen_address("[::1]:8080"), (ListenAddress{"::1", 8080}));
  EXPECT_EQ(parse_listen_address("127.0.0.1:0"), (ListenAddress{"127.0.0.1", 0}));
  for (auto text : {"*:80", "[::1]:8080", "127.0.0.1:0"}) EXPECT_EQ(parse_listen_address(text)->text(), text);
}

TEST(ParseListenAddress, RefusesNamesAndBadPorts) {
  for (auto text : {"", "80", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80", "[]:80",
                    "[*]:80", "1.2.3:80", "[127.0.0.1]:80"}) {
    auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, Errc::InvalidArgument);
  }
}

}  // namespace
}  // namespace dfp::net
