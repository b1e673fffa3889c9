#include <gtest/gtest.h>

#include "haproxy/config/policy/policies.hpp"

namespace dfp::haproxy::config {
namespace {

std::vector<std::string> entries(std::vector<std::string> paths) {
  model::Destination destination;
  destination.paths = std::move(paths);
  destination.strip_path = true;
  std::vector<std::string> all;
  for (const auto& entry : policies_of(destination)) {
    EXPECT_EQ(entry.map, kStripMap);
    all.push_back(entry.key + " " + entry.value);
  }
  return all;
}

TEST(StripPath, CountsTheSegmentsOfEachPath) {
  EXPECT_EQ(entries({"/store", "/a/b/", "/a;b/c%20d/e"}),
            (std::vector<std::string>{"/store/ 1", "/a/b/ 2", "/a;b/c%20d/e/ 3"}));
}

TEST(StripPath, OfTheRootIsNothing) { EXPECT_EQ(entries({"/"}), std::vector<std::string>{}); }

TEST(Policies, OfAPlainDestinationAreNone) {
  model::Destination destination;
  destination.paths = {"/store"};
  EXPECT_EQ(policies_of(destination), std::vector<PolicyEntry>{});
}

}  // namespace
}  // namespace dfp::haproxy::config
