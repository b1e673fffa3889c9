#include <gtest/gtest.h>

#include "model/route_table.hpp"
#include "parameters/table.hpp"

namespace dfp::parameters {
namespace {
using namespace dfp::model;  // NOLINT: it reads as the model does

using Texts = std::vector<std::string>;

Result<Definition> decode(ParameterPairs pairs) {
  pairs.emplace_back("serviceName", "shop");
  auto request = decode_reconfigure(pairs);
  if (!request) return std::unexpected(request.error());
  return request->definition;
}

std::string refusal(ParameterPairs pairs) {
  auto definition = decode(std::move(pairs));
  return definition ? "" : definition.error().what;
}

TEST(Destinations, EachIndexIsOne) {
  auto shop = decode({{"servicePath.1", "/shop,/cart"},
                      {"port.1", "8080"},
                      {"servicePath.2", "/admin"},
                      {"pathType.2", "path"},
                      {"serviceDomain.2", "Admin.example.com"},
                      {"skipCheck.2", "true"},
                      {"port.2", "9090"}});
  ASSERT_TRUE(shop) << shop.error().what;
  EXPECT_EQ(shop->paths, (Texts{"/shop", "/cart"}));
  EXPECT_EQ(shop->port, 8080);
  EXPECT_FALSE(shop->skip_check);
  ASSERT_EQ(shop->others.size(), 1);
  Destination admin{{"/admin"}, PathType::Exact, {"admin.example.com"}, true, 9090};
  EXPECT_EQ(shop->others.at(2), admin);
}

TEST(Destinations, WhatHasNoIndexIsTheDefaultOfAll) {
  auto shop = decode({{"servicePath.1", "/a"},
                      {"servicePath.2", "/b"},
                      {"serviceDomain", "example.com"},
                      {"skipCheck", "true"},
                      {"skipCheck.2", "false"}});
  ASSERT_TRUE(shop) << shop.error().what;
  EXPECT_EQ(shop->domains, Texts{"example.com"});
  EXPECT_TRUE(shop->skip_check);
  EXPECT_EQ(shop->others.at(2).domains, Texts{"example.com"});
  EXPECT_FALSE(shop->others.at(2).skip_check);
}

TEST(Destinations, OneIndexAloneIsAServiceAsEver) {
  EXPECT_EQ(decode({{"servicePath.1", "/a"}, {"port.1", "80"}}),
            decode({{"servicePath", "/a"}, {"port", "80"}}));
}

TEST(Destinations, TheShortestRequestGivesThemBack) {
  auto shop = decode({{"servicePath.1", "/a"},
                      {"serviceDomain.1", "example.com"},
                      {"servicePath.2", "/b"},
                      {"skipCheck", "true"},
                      {"watch", "true"}});
  ASSERT_TRUE(shop) << shop.error().what;
  auto request = decode_reconfigure(encode(*shop));
  ASSERT_TRUE(request) << request.error().what;
  EXPECT_EQ(request->definition, *shop);
}

TEST(Destinations, ErrorsNameTheParameterWithItsIndex) {
  EXPECT_TRUE(refusal({{"servicePath.1", "/a"}, {"servicePath.2", "b"}}).starts_with("servicePath.2: "));
  EXPECT_TRUE(
      refusal({{"servicePath.1", "/a"}, {"servicePath.2", "/b"}, {"port.2", "x"}}).starts_with("port.2: "));
  EXPECT_TRUE(refusal({{"servicePath.1", "/a"}, {"skipCheck.2", "perhaps"}}).starts_with("skipCheck.2: "));
  EXPECT_TRUE(
      refusal({{"servicePath.1", "/a"}, {"serviceDomain.2", "a b"}}).starts_with("serviceDomain.2: "));
  EXPECT_TRUE(refusal({{"servicePath", "/a"}, {"pathType.1", "x"}}).starts_with("pathType.1: "));
  EXPECT_TRUE(refusal({{"servicePath.1", "/a"}, {"port.2", "80"}}).starts_with("servicePath.2: missing"));
}

TEST(Destinations, WhatNobodyTakesIsRefused) {
  EXPECT_TRUE(refusal({{"servicePath.1", "/a"}, {"servicePath.2", "/b"}, {"servicePath", "/c"}})
                  .starts_with("servicePath: every destination has its own"));
  EXPECT_TRUE(refusal({{"servicePath", "/a"}, {"serviceColor.1", "blue"}}).contains("serviceColor.1"));
  EXPECT_TRUE(refusal({{"servicePath", "/a"}, {"servicePth.1", "/b"}}).contains("unknown parameter"));
}

TEST(Destinations, IndicesHaveNoGapAndALimit) {
  EXPECT_TRUE(refusal({{"servicePath.1", "/a"}, {"servicePath.3", "/b"}}).starts_with("servicePath.3: "));
  EXPECT_TRUE(refusal({{"servicePath.2", "/b"}}).starts_with("servicePath.2: "));
  ParameterPairs many;
  for (unsigned n = 1; n <= kMaxDestinations; ++n)
    many.emplace_back("servicePath." + std::to_string(n), "/" + std::to_string(n));
  EXPECT_EQ(refusal(many), "");
  many.emplace_back("servicePath.11", "/x");
  EXPECT_TRUE(refusal(many).starts_with("servicePath.11: "));
}

TEST(Destinations, TwoDoNotClaimTheSameRoute) {
  EXPECT_TRUE(
      refusal({{"servicePath.1", "/a"}, {"servicePath.2", "/b,/a"}}).starts_with("servicePath.2: /a "));
  EXPECT_EQ(refusal({{"servicePath.1", "/a"}, {"servicePath.2", "/a"}, {"serviceDomain.2", "x.org"}}), "");
}

TEST(Destinations, RoutesSayWhoseTheyAre) {
  auto routes = routes_of(*decode({{"servicePath.1", "/a"}, {"servicePath.2", "/b"}}));
  ASSERT_EQ(routes.size(), 2);
  EXPECT_EQ(std::pair(routes[0].path, routes[0].destination), std::pair(std::string("/a"), 1U));
  EXPECT_EQ(std::pair(routes[1].path, routes[1].destination), std::pair(std::string("/b"), 2U));
}

TEST(Destinations, TheKeyTellsServiceAndIndex) {
  EXPECT_EQ(destination_key("shop", 1), "shop");
  EXPECT_EQ(destination_key("shop", 2), "shop+02");
  EXPECT_EQ(parse_destination_key("shop")->index, 1);
  EXPECT_EQ(parse_destination_key("shop+10")->service, "shop");
  EXPECT_EQ(parse_destination_key("shop+10")->index, 10);
  for (auto wrong : {"shop+01", "shop+", "shop+11", "shop+xx", "shop+2"})
    EXPECT_FALSE(parse_destination_key(wrong)) << wrong;
}

TEST(Destinations, KeysAreInTheOrderOfServicesAndIndices) {
  EXPECT_LT(destination_key("shop", 1), destination_key("shop", 2));
  EXPECT_LT(destination_key("shop", 2), destination_key("shop", 10));
  EXPECT_LT(destination_key("shop", 10), destination_key("shop-a", 1));
}

}  // namespace
}  // namespace dfp::parameters
