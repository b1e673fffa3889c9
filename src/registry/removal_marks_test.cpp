#include "registry/removal_marks.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace dfp::registry {
namespace {
using std::chrono::system_clock;

constexpr auto kDay = std::chrono::hours(24);

Tree tree_of(const RemovalMarks& marks, const std::map<std::string, system_clock::time_point>& times) {
  Tree tree;
  tree.entries.push_back({"docker-flow/_/changed", "x", 1});
  for (const auto& [service, time] : times) {
    auto put = std::get<Put>(marks.mark(service, "w", time));
    tree.entries.push_back({put.key, put.value, 1});
  }
  tree.entries.push_back({"docker-flow/removed/path", "/x", 1});
  return tree;
}

std::vector<std::string> keys_of(const std::vector<Operation>& operations) {
  std::vector<std::string> keys;
  for (const auto& operation : operations) keys.push_back(std::get<Delete>(operation).key);
  return keys;
}

TEST(RemovalMarks, AreReadFromAListing) {
  RemovalMarks marks("docker-flow");
  auto now = system_clock::now();
  EXPECT_EQ(marks.read(tree_of(marks, {{"a", now}, {"b", now}})), (std::set<std::string>{"a", "b"}));
  EXPECT_EQ(marks.read({}), std::set<std::string>{});
}

TEST(RemovalMarks, OldOnesExpireAndOnlyThose) {
  RemovalMarks marks("docker-flow");
  auto now = system_clock::now();
  marks.read(tree_of(marks, {{"old", now - RemovalMarks::kLifetime - kDay}, {"young", now - kDay}}));
  EXPECT_EQ(keys_of(marks.expired(now)), std::vector<std::string>{"docker-flow/_/removed/old"});
}

TEST(RemovalMarks, TheOldestGoWhereThereAreTooManyAFewAtATime) {
  RemovalMarks marks("docker-flow");
  auto now = system_clock::now();
  std::map<std::string, system_clock::time_point> times;
  for (std::size_t i = 0; i < RemovalMarks::kMost + 3; ++i)
    times.emplace(fmt::format("s{:04}", i), now - std::chrono::minutes(i));
  marks.read(tree_of(marks, times));
  EXPECT_EQ(keys_of(marks.expired(now)),
            (std::vector<std::string>{"docker-flow/_/removed/s1002", "docker-flow/_/removed/s1001",
                                      "docker-flow/_/removed/s1000"}));
  for (std::size_t i = 0; i < 100; ++i)
    times.emplace(fmt::format("t{:04}", i), now - std::chrono::minutes(i));
  marks.read(tree_of(marks, times));
  EXPECT_EQ(marks.expired(now).size(), RemovalMarks::kDeletionsAtOnce);
}

}  // namespace
}  // namespace dfp::registry
