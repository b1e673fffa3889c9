#include "haproxy/state/script.hpp"

#include <gtest/gtest.h>

#include "haproxy/config/testing.hpp"

namespace dfp::haproxy {
namespace {
using config::testing::instance;
using config::testing::service;

class Scripts : public ::testing::Test {
 protected:
  Scripts() : applied_state(settings) {
    backend_pool.reset({}, 3);
    apply({{"a", with_server(service("a", {"/a"}), 1)}});
  }

  static model::Service with_server(model::Service s, int n) {
    s.instances.push_back(instance("n", std::to_string(n), "10.0.0." + std::to_string(n), 80));
    return s;
  }

  Script script(const model::Change& change) {
    auto transition = applied_state.change(change, {});
    EXPECT_TRUE(transition);
    auto made = make_script(applied_state, *transition, backend_pool, settings);
    EXPECT_TRUE(made);
    return made.value_or(Script{});
  }

  void apply(const model::Change& change) {
    for (const auto& [name, backend] : script(change).bind) backend_pool.bind(name, backend);
  }

  static std::vector<std::string> texts(const Commands& commands) {
    std::vector<std::string> lines;
    for (const auto& command : commands) {
      lines.push_back(command.text);
      if (!command.patterns) continue;
      lines.back() = "patterns:";
      for (const auto& entry : *command.patterns) lines.back() += " " + entry.key + "=" + entry.value;
    }
    return lines;
  }

  using Lines = std::vector<std::string>;
  Settings settings;
  AppliedState applied_state;
  BackendPool backend_pool;
  const std::string first = "spare:http-rr:00001";
  const std::string second = "spare:http-rr:00002";
};

TEST_F(Scripts, ANewServiceGetsItsServersFirstAndItsRouteLast) {
  auto s = script({{"b", with_server(service("b", {"/b"}), 2)}});
  ASSERT_EQ(s.prepare.size(), 4U);
  EXPECT_TRUE(s.prepare[0].text.starts_with("add server " + second + "/n_2_"));
  EXPECT_TRUE(
      s.prepare[0].text.contains(" 10.0.0.2:80 weight 1 check inter 2000ms fastinter 500ms fall 3 rise 2 "));
  EXPECT_TRUE(s.prepare[1].text.starts_with("enable health " + second));
  EXPECT_TRUE(s.prepare[2].text.starts_with("enable server " + second));
  EXPECT_EQ(s.prepare[3].text, "add map backends.map b " + second);
  EXPECT_EQ(texts(s.commit), Lines{"add map routes.map /b b"});
  EXPECT_TRUE(s.settle.empty());
  EXPECT_TRUE(s.cleanup.empty());
}

TEST_F(Scripts, ABackendThatIsMissingIsMadeFirst) {
  backend_pool.grow();
  backend_pool.reset({{"a", first}}, 0);
  auto s = script({{"b", with_server(service("b", {"/b"}), 2)}});
  ASSERT_EQ(s.prepare.size(), 6U);
  EXPECT_EQ(s.prepare[0].text, "add backend svc:b from dfp:http-rr");
  EXPECT_EQ(s.prepare[1].text, "publish backend svc:b");
  EXPECT_TRUE(s.prepare[2].text.starts_with("add server svc:b/n_2_"));
  EXPECT_EQ(texts(s.commit), Lines{"add map routes.map /b b"});
}

TEST_F(Scripts, ARemovalTakesTheRouteFirst) {
  auto s = script({{"a", std::nullopt}});
  EXPECT_TRUE(s.prepare.empty());
  EXPECT_EQ(texts(s.commit), Lines{"del map routes.map /a"});
  EXPECT_EQ(texts(s.cleanup), Lines{"del map backends.map a"});
  EXPECT_EQ(s.give_back, Lines{first});
  EXPECT_EQ(s.leave.size(), 1U);
}

TEST_F(Scripts, AColourIsOneCommand) {
  auto blue = with_server(service("a", {"/a"}), 2);
  blue.definition.color = "blue";
  auto s = script({{"a", blue}});
  EXPECT_EQ(texts(s.commit), Lines{"set map backends.map a " + second});
  EXPECT_TRUE(s.cleanup.empty());
  EXPECT_EQ(s.give_back, Lines{first});
}

TEST_F(Scripts, SeveralKeysWaitForOneFlag) {
  auto s = script({{"a", with_server(service("a", {"/a/x", "/c"}), 1)}});
  EXPECT_EQ(texts(s.prepare),
            (Lines{"set map routes.map /a a|-", "add map routes.map /a/x a|a", "add map routes.map /c -|a"}));
  EXPECT_EQ(texts(s.commit), Lines{"add map flags.map flags c"});
  EXPECT_EQ(texts(s.cleanup), (Lines{"del map routes.map /a", "set map routes.map /a/x a",
                                     "set map routes.map /c a", "del map flags.map flags"}));
}

TEST_F(Scripts, ScalingTouchesOnlyServers) {
  auto s = script({{"a", with_server(service("a", {"/a"}), 2)}});
  ASSERT_EQ(s.prepare.size(), 3U);
  EXPECT_TRUE(s.commit.empty());
  ASSERT_EQ(s.settle.size(), 1U);
  EXPECT_TRUE(s.settle[0].text.starts_with("set server " + first + "/n_1_"));
  EXPECT_TRUE(s.settle[0].text.ends_with(" state maint"));
}

TEST_F(Scripts, PatternsAreReplacedAsAWhole) {
  auto s = script({{"p", service("p", {".png"}, {}, model::PathType::End)}});
  EXPECT_EQ(texts(s.prepare), (Lines{"add map backends.map p " + second, "add map flags.map flags p"}));
  EXPECT_EQ(texts(s.commit), Lines{"patterns: (*LIMIT_MATCH=100000)(?m)\\A[<>]\\n[^\\n]*\\x2epng\\z=p"});
}

TEST_F(Scripts, PatternsBesideKeysAreTwoSided) {
  apply({{"p", service("p", {".png"}, {}, model::PathType::End)}});
  auto s = script({{"p", service("p", {"/p"})}});
  EXPECT_EQ(texts(s.prepare), (Lines{"add map routes.map /p -|p",
                                     "patterns: (*LIMIT_MATCH=100000)(?m)\\A<\\n[^\\n]*\\x2epng\\z=p"}));
  EXPECT_EQ(texts(s.commit), Lines{"set map flags.map flags cp"});
  EXPECT_EQ(texts(s.cleanup), (Lines{"set map routes.map /p p", "patterns:", "del map flags.map flags"}));
}

TEST_F(Scripts, TakesNothingWhenThereIsTooLittle) {
  model::Change change;
  for (auto name : {"b", "c", "d"}) change[name] = service(name, {std::string("/") + name});
  auto transition = applied_state.change(change, {});
  EXPECT_FALSE(make_script(applied_state, *transition, backend_pool, settings));
  EXPECT_EQ(backend_pool.free_count(), 2U);
}

}  // namespace
}  // namespace dfp::haproxy
