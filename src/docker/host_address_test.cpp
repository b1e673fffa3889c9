#include "docker/host_address.hpp"

#include <gtest/gtest.h>

namespace dfp::docker {
namespace {

const net::Endpoint kLoopback{net::Endpoint::Kind::Tcp, "127.0.0.1", 8500};

TEST(HostAddress, IsTheOneInTheSwarm) {
  EngineInfo engine;
  engine.name = "node-1";
  engine.node_addr = "10.1.1.1";
  EXPECT_EQ(host_address(engine, "0123456789ab", kLoopback), "10.1.1.1");
}

TEST(HostAddress, IsUnknownInsideOfAContainer) {
  EngineInfo engine;
  engine.name = "node-1";
  EXPECT_EQ(host_address(engine, "0123456789ab", kLoopback), "");
  engine.node_addr = "127.0.0.1";
  EXPECT_EQ(host_address(engine, "0123456789ab", kLoopback), "");
}

TEST(HostAddress, IsNeverALoopbackAddress) {
  EXPECT_EQ(source_address(kLoopback), std::nullopt);
  EXPECT_EQ(source_address({net::Endpoint::Kind::Unix, "/run/x.sock", 0}), std::nullopt);
  EngineInfo engine;
  engine.name = own_hostname();
  auto address = host_address(engine, own_hostname(), kLoopback);
  EXPECT_FALSE(address.starts_with("127."));
}

}  // namespace
}  // namespace dfp::docker
