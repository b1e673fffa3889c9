#include "haproxy/state/server_counts.hpp"

#include <gtest/gtest.h>

#include "haproxy/config/testing.hpp"

namespace dfp::haproxy {
namespace {
using config::testing::instance;
using config::testing::service;

TEST(ServerCounts, AServiceIsWithoutServerWhereOneOfItsDestinationsIs) {
  Settings settings;
  AppliedState applied(settings);
  auto shop = service("shop", {"/shop"});
  shop.definition.others[2].paths = {"/admin"};
  auto page = service("page", {});
  page.definition.consul_template_path = "page.tmpl";
  ASSERT_TRUE(applied.change({{"shop", shop}, {"web", service("web", {"/web"})}, {"page", page}}, {}));
  BackendPool pool;
  pool.reset(applied.file_names(), 0);
  runtime::LiveState live;
  auto add = [&](std::string backend, std::string name, bool up, bool maintenance = false) {
    live.servers.push_back(
        {std::move(backend), std::move(name), "10.0.0.1", 80, 1, up, maintenance, false, true});
  };
  add("svc:shop", "1", true);
  add("svc:shop", "2", false);
  add("svc:web", "1", true);
  add("svc:web", "2", true);
  add("svc:shop::2", "1", true, true);
  EXPECT_EQ(count_servers(live, applied, pool), (ServerCounts{3, 1})) << "shop's second destination has none";
  add("svc:shop::2", "2", true);
  EXPECT_EQ(count_servers(live, applied, pool), (ServerCounts{4, 0}));
}

}  // namespace
}  // namespace dfp::haproxy
