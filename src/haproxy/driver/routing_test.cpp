#include <gtest/gtest.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <random>

#include "haproxy/driver/testing/rig.hpp"

/// What HAProxy answers equals the reference rule, after every one of many random changes, made at runtime or
/// by reload, single or several at once.
namespace dfp::haproxy {
namespace {
using config::testing::service;
using testing::Origin;
using testing::Rig;
using testing::with;

bool regex_matches(const std::string& pattern, const std::string& path) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> code(
      pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), 0, &error, &offset,
                    nullptr),
      pcre2_code_free);
  std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> match(
      pcre2_match_data_create_from_pattern(code.get(), nullptr), pcre2_match_data_free);
  return pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(path.data()), path.size(), 0, 0, match.get(),
                     nullptr) >= 0;
}

template <class T>
const T& pick(std::mt19937& random, const std::vector<T>& values) {
  return values[random() % values.size()];
}

class LiveRouting : public ::testing::TestWithParam<unsigned> {
 protected:
  LiveRouting() : random(GetParam()) {
    for (int i = 0; i < 8; ++i) {
      auto name = "s" + std::to_string(i);
      origins.push_back(std::make_unique<Origin>(name));
      seconds.push_back(std::make_unique<Origin>(model::destination_key(name, 2)));
    }
  }

  model::Service random_service(std::size_t number) {
    static const std::vector<std::string> kHosts = {"a.com",   "b.a.com",   "c.b.a.com", "x.org",
                                                    "*.a.com", "*.b.a.com", "*.com",     "*.x.a.b.com"};
    static const std::vector<std::string> kPaths = {
        "/", "/a", "/a/", "/a/b", "/ab", "/a;b", "/a/b/c", "/b", "/a%20b", "/.well-known/a", "/.well-known/"};
    static const std::vector<std::string> kRegexes = {"^/a",       "b$",      "/[ab]/",
                                                      "^/(a|ab)$", "/a\\x20", "(?i)/B"};
    static const std::vector<std::string> kParts = {"/a", "b", "/a/b/", "%20", ";b"};
    auto fill = [&](model::Destination& destination) {
      auto type = static_cast<model::PathType>(random() % 6);
      destination.path_type = type;
      for (auto n = random() % 3; n > 0; --n) destination.domains.push_back(pick(random, kHosts));
      for (auto n = random() % 3 + 1; n > 0; --n) {
        bool tree = type == model::PathType::Beg || type == model::PathType::Exact;
        const auto& texts = tree ? kPaths : type == model::PathType::Reg ? kRegexes : kParts;
        destination.paths.push_back(pick(random, texts));
      }
      bool strips = type == model::PathType::Beg || type == model::PathType::Exact;
      destination.strip_path = strips && random() % 4 == 0;
    };
    auto s = with(service("s" + std::to_string(number), {}), {origins[number].get(), seconds[number].get()});
    fill(s.definition);
    fill(s.definition.others[2]);
    s.definition.others[2].port = seconds[number]->port();
    for (auto& instance : s.instances)
      if (instance.port == seconds[number]->port()) instance.requested_port = instance.port;
    if (random() % 2 == 0 || !model::validate(s.definition)) {  // some claim a route twice
      s.definition.others.clear();
      std::erase_if(s.instances, [](const auto& instance) { return instance.requested_port != 0; });
    }
    if (random() % 3 == 0) s.definition.acl_name = std::to_string(random() % 100);
    if (random() % 4 == 0) s.definition.color = random() % 2 == 0 ? "blue" : "green";
    return s;
  }

  model::Change random_change() {
    model::Change change;
    for (auto n = random() % 3 + 1; n > 0; --n) {
      auto number = random() % origins.size();
      auto name = "s" + std::to_string(number);
      if (random() % 4 == 0)
        change[name] = std::nullopt;
      else
        change[name] = random_service(number);
    }
    return change;
  }

  void expect_reference() {
    static const std::vector<std::string> kHosts = {"a.com", "B.a.com:80",  "c.b.a.com", "e.d.c.b.a.com.",
                                                    "y.org", "q.x.a.b.com", "z"};
    static const std::vector<std::string> kPaths = {
        "/",      "/a",     "/a/",       "/a/b", "/a/b/c/d",         "/abc",          "/b",
        "/x/a/b", "/a%20b", "/a;b?x=/b", "/B",   "/.well-known/a/b", "/.well-known/b"};
    auto ranked = model::routes_of(rig.applied());
    for (const auto& host : kHosts)
      for (const auto& path : kPaths) {
        auto* wanted = model::find_route(ranked, host, path.substr(0, path.find('?')), regex_matches);
        auto answer = rig.get(host, path);
        auto found = answer.status == 200 ? answer.body : std::to_string(answer.status);
        auto key = wanted ? model::destination_key(wanted->service, wanted->destination) : "503";
        ASSERT_EQ(found, key) << host << path;
      }
  }

  std::mt19937 random;
  std::vector<std::unique_ptr<Origin>> origins;
  std::vector<std::unique_ptr<Origin>> seconds;  ///< of second destinations
  Rig rig;
};

TEST_P(LiveRouting, EqualsTheReference) {
  rig.settings.spare_backends = 30;
  ASSERT_TRUE(rig.start());
  int at_runtime = 0;
  for (int step = 0; step < 25; ++step) {
    auto plan = rig.apply(random_change());
    ASSERT_TRUE(plan) << plan.error().what;
    if (plan->means() == model::Means::Runtime) ++at_runtime;
    ASSERT_NO_FATAL_FAILURE(expect_reference()) << "after change " << step;
  }
  EXPECT_GT(at_runtime, 10);
  auto state = rig.applied();
  rig.restart_control_plane();
  ASSERT_TRUE(rig.start(state));
  ASSERT_NO_FATAL_FAILURE(expect_reference()) << "after adoption";
  ASSERT_TRUE(rig.reload(true));
  ASSERT_NO_FATAL_FAILURE(expect_reference()) << "after a reload";
}

INSTANTIATE_TEST_SUITE_P(Seeds, LiveRouting, ::testing::Range(1U, 5U));

}  // namespace
}  // namespace dfp::haproxy
