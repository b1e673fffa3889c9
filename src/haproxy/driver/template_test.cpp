#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "haproxy/driver/testing/rig.hpp"

/// Services with a custom template beside others, with a real HAProxy.
namespace dfp::haproxy {
namespace {
using config::testing::service;
using config::testing::state_of;
using ::testing::HasSubstr;
using testing::Origin;
using testing::Rig;

model::Service with(model::Service s, const Origin& origin) {
  s.instances.push_back(origin.instance());
  return s;
}

model::Service templated(std::string name, std::string text) {
  auto s = service(std::move(name), {});
  s.rendered = std::move(text);
  return s;
}

/// The article's template as its data would render it.
model::Service article(const Origin& one, const Origin& two) {
  return templated("go-demo", fmt::format(R"(frontend go-demo-fe
	bind *:80
	bind *:443
	option http-server-close
	acl url_go-demo path_beg /demo
	use_backend go-demo-be if url_go-demo

backend go-demo-be
	
	server node-a_0_{0} 127.0.0.1:{0} check
	
	server node-a_1_{1} 127.0.0.1:{1} check
	)",
                                          one.port(), two.port()));
}

/// How many of 100 requests, each on a connection of its own, are answered by one of these.
int right_of_100(const Rig& rig, const std::string& path, const std::set<std::string>& names) {
  int right = 0;
  for (int i = 0; i < 100; ++i) right += names.contains(rig.get("any", path).body);
  return right;
}

std::string disk_config(const Rig& rig) {
  std::ifstream file(rig.settings.run_dir / "current/haproxy.cfg");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Templates, TheArticlesServiceAndOthersAnswerOnOnePort) {
  Rig rig;
  Origin one("one");
  Origin two("two");
  Origin other("other");
  Origin root("root");
  ASSERT_TRUE(
      rig.start(state_of({with(service("other", {"/other"}), other), with(service("root", {"/"}), root)})));
  auto plan = rig.put(article(one, two));
  ASSERT_TRUE(plan) << plan.error().what;
  EXPECT_EQ(plan->means(), model::Means::Reload);
  EXPECT_EQ(plan->reason(), "custom template");
  EXPECT_EQ(right_of_100(rig, "/demo/hello", {"one", "two"}), 100);
  EXPECT_EQ(right_of_100(rig, "/other/x", {"other"}), 100);
  EXPECT_EQ(right_of_100(rig, "/", {"root"}), 100);
  EXPECT_GT(one.requests(), 0U);
  EXPECT_GT(two.requests(), 0U);

  auto runtime = rig.put(with(service("later", {"/later"}), other));
  ASSERT_TRUE(runtime);
  EXPECT_EQ(runtime->means(), model::Means::Runtime);
  EXPECT_EQ(right_of_100(rig, "/later", {"other"}), 100);
  EXPECT_EQ(right_of_100(rig, "/demo", {"one", "two"}), 100);

  ASSERT_TRUE(rig.remove("go-demo"));
  EXPECT_FALSE(disk_config(rig).contains("go-demo"));
  EXPECT_EQ(right_of_100(rig, "/demo", {"root"}), 100);
  EXPECT_EQ(right_of_100(rig, "/later", {"other"}), 100);
}

TEST(Templates, SeveralStandSideBySide) {
  Rig rig;
  Origin a("a");
  Origin b("b");
  auto text = [](const Origin& origin, const std::string& name) {
    return fmt::format(
        "acl url path_beg /{0}\nuse_backend {0}-be if url\nbackend {0}-be\n  server s 127.0.0.1:{1}\n", name,
        origin.port());
  };
  ASSERT_TRUE(rig.start(state_of({templated("a", text(a, "a")), templated("b", text(b, "b"))})));
  EXPECT_EQ(right_of_100(rig, "/a", {"a"}), 100);
  EXPECT_EQ(right_of_100(rig, "/b", {"b"}), 100);
  EXPECT_EQ(rig.get("any", "/c").status, 503);
  auto clash = rig.put(templated("c", text(a, "a")));
  ASSERT_FALSE(clash);
  EXPECT_EQ(clash.error().code, Errc::Conflict);
  EXPECT_THAT(clash.error().what, HasSubstr("section name 'a-be' of service c is used by service a"));
}

TEST(Templates, DefaultBackendTakesWhatNobodyClaims) {
  Rig rig;
  Origin all("all");
  Origin other("other");
  auto text = fmt::format("default_backend all-be\nbackend all-be\n  server s 127.0.0.1:{}\n", all.port());
  ASSERT_TRUE(rig.start(state_of({templated("all", text), with(service("other", {"/other"}), other)})));
  EXPECT_EQ(rig.get("any", "/other").body, "other");
  EXPECT_EQ(rig.get("any", "/x").body, "all");
}

TEST(Templates, ListenOnPortsOfTheirOwn) {
  Rig rig;
  Origin origin("origin");
  auto text = fmt::format("listen l\n  bind {}:8001\n  mode tcp\n  server s 127.0.0.1:{}\n", rig.address,
                          origin.port());
  ASSERT_TRUE(rig.start(state_of({templated("tcp", text)})));
  EXPECT_EQ(testing::get(rig.address, 8001, "any", "/").body, "origin");
  EXPECT_EQ(rig.get("any", "/").status, 503);
}

struct BadTemplate {
  const char* name;
  const char* text;
  const char* want;
};
void PrintTo(const BadTemplate& c, std::ostream* out) { *out << c.name; }
class BadTemplates : public ::testing::TestWithParam<BadTemplate> {};

TEST_P(BadTemplates, ChangeNothing) {
  Rig rig;
  Origin one("one");
  Origin two("two");
  ASSERT_TRUE(rig.start(state_of({with(service("a", {"/a"}), one), article(one, two)})));
  auto worker = rig.worker();
  auto before = disk_config(rig);
  auto bad = templated("go-demo", GetParam().text);
  auto plan = rig.put(bad);
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, Errc::InvalidArgument);
  EXPECT_THAT(plan.error().what, HasSubstr("service go-demo: template: rendered line "));
  EXPECT_THAT(plan.error().what, HasSubstr(GetParam().want));
  EXPECT_EQ(rig.worker(), worker);
  EXPECT_EQ(disk_config(rig), before);
  EXPECT_EQ(right_of_100(rig, "/demo", {"one", "two"}), 100);
  EXPECT_EQ(right_of_100(rig, "/a", {"one"}), 100);
  ASSERT_TRUE(rig.put(with(service("b", {"/b"}), one)));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadTemplates,
    ::testing::Values(
        BadTemplate{"Syntax", "backend x\n  server \"s\n", "line 2: a quote is not closed"},
        BadTemplate{"Refused", "backend x\n  errorfile 503 /etc/shadow\n", "line 2 ("},
        BadTemplate{"HaproxysReason", "\n\nbackend x\n\n  balance sideways\n",
                    "line 5: balance only supports"},
        BadTemplate{"HaproxysReasonInAFoldedRule", "backend x\nfrontend f\n  bind :80\n  acl a bogus x\n",
                    "line 4: error detected while parsing ACL"},
        BadTemplate{"AnothersAcl", "use_backend x if other:url\nbackend x\n", "no such ACL : 'other:url'"}),
    [](const auto& test) { return test.param.name; });

TEST(Templates, AStoredOneThatIsBadIsNamedAtTheStart) {
  Rig rig;
  auto started = rig.start(state_of({service("a", {"/a"}), templated("bad", "backend x\n  bogus\n")}));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Errc::Rejected);
  EXPECT_THAT(started.error().what, HasSubstr("service bad: template: rendered line 2"));
  ASSERT_TRUE(rig.start(state_of({service("a", {"/a"})})));
}

TEST(Templates, SurviveARestartOfTheControlPlane) {
  Rig rig;
  Origin one("one");
  Origin two("two");
  auto state = state_of({article(one, two)});
  ASSERT_TRUE(rig.start(state));
  auto worker = rig.worker();
  rig.restart_control_plane();
  ASSERT_TRUE(rig.start(state));
  EXPECT_EQ(rig.worker(), worker);
  rig.restart_control_plane();
  ASSERT_TRUE(rig.start(state_of({templated("go-demo", "")})));
  EXPECT_EQ(rig.get("any", "/demo").status, 503);
}

TEST(Templates, ALongOneIsRefused) {
  Rig rig;
  ASSERT_TRUE(rig.start());
  auto plan = rig.put(templated("long", std::string(model::kMaxRenderedBytes + 1, '\n')));
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().what, HasSubstr("at most 400000"));
}

}  // namespace
}  // namespace dfp::haproxy
