#include "api/endpoints.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "parameters/table.hpp"

namespace dfp::api {
namespace {

TEST(Endpoints, PathsAndCommandsAreNamedOnceAndEverythingIsDescribed) {
  std::set<std::string_view> paths;
  std::set<std::string_view> commands;
  for (const auto& endpoint : endpoints()) {
    EXPECT_TRUE(paths.insert(endpoint.path).second) << endpoint.path;
    if (!endpoint.command.empty()) EXPECT_TRUE(commands.insert(endpoint.command).second) << endpoint.command;
    EXPECT_FALSE(endpoint.summary.empty()) << endpoint.path;
    EXPECT_FALSE(endpoint.success.empty()) << endpoint.path;
    for (const auto& parameter : endpoint.parameters) {
      EXPECT_FALSE(parameter.meaning.empty()) << endpoint.path << " " << parameter.name;
      EXPECT_FALSE(parameter.allowed.empty()) << endpoint.path << " " << parameter.name;
    }
  }
  EXPECT_EQ(commands, (std::set<std::string_view>{"reconfigure", "remove", "services", "register", "reload",
                                                  "deregister", "config", "ping"}));
}

TEST(Endpoints, WordsAndRequiredOnesAreParametersInTheirOrder) {
  for (const auto& endpoint : endpoints()) {
    auto position = [&](std::string_view name) {
      auto at = std::ranges::find(endpoint.parameters, name, &parameters::ParameterInfo::name);
      EXPECT_NE(at, endpoint.parameters.end()) << endpoint.path << " " << name;
      return at - endpoint.parameters.begin();
    };
    for (auto name : endpoint.required) position(name);
    for (auto name : endpoint.one_of) position(name);
    if (!endpoint.words[1].empty()) EXPECT_LT(position(endpoint.words[0]), position(endpoint.words[1]));
    if (!endpoint.words[0].empty()) EXPECT_EQ(endpoint.words[0], "serviceName") << endpoint.path;
  }
}

/// The table says what decode_reconfigure asks for, so that it can be checked without it.
TEST(Endpoints, OneOfTheRoutesIsWhatReconfigureAsksFor) {
  const auto* reconfigure = find_command("reconfigure");
  for (const auto& info : parameters::reconfigure_parameters()) {
    if (info.type == parameters::ParameterType::Bool || info.name == "serviceName") continue;
    auto decoded = parameters::decode_reconfigure({{"serviceName", "a"}, {std::string(info.name), "/1"}});
    bool is_route = std::ranges::find(reconfigure->one_of, info.name) != reconfigure->one_of.end();
    bool lacks_route = !decoded && decoded.error().what.contains("are mandatory");
    if (decoded || lacks_route) EXPECT_EQ(is_route, !lacks_route) << info.name;
  }
}

TEST(FindEndpoint, ATrailingSlashMakesNoDifference) {
  for (auto path : {"/v1/docker-flow-proxy/ping", "/v1/docker-flow-proxy/ping/"})
    EXPECT_EQ(find_endpoint(path)->action, Action::Ping) << path;
  for (auto path : {"/v1/docker-flow-proxy", "/v1/docker-flow-proxy/"})
    EXPECT_EQ(find_endpoint(path)->action, Action::Help) << path;
  for (auto path : {"", "/", "/v1", "/v1/docker-flow-proxy/pin", "/v1/docker-flow-proxy/ping//", "/V1/test"})
    EXPECT_EQ(find_endpoint(path), nullptr) << path;
}

TEST(FindCommand, FindsOnlyNamedOnes) {
  EXPECT_EQ(find_command("remove")->action, Action::Remove);
  EXPECT_EQ(find_command(""), nullptr);
  EXPECT_EQ(find_command("test"), nullptr);
}

}  // namespace
}  // namespace dfp::api
