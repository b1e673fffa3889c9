// docs/docker.md has to name every function that a template of tags can call, and every one that is refused.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/source_dir.hpp"
#include "template/registrator/functions.hpp"

namespace dfp::tmpl::registrator {
namespace {

TEST(TagsReference, NamesEveryFunction) {
  std::ifstream file(source_dir() + "/docs/docker.md");
  std::string text(std::istreambuf_iterator<char>(file), {});
  auto is_named = [&](const std::string& name) { return text.contains("`" + name + " "); };
  for (const auto& [name, function] : functions()) EXPECT_TRUE(is_named(name)) << name;
  for (const auto& [name, reason] : refused_functions()) EXPECT_TRUE(is_named(name)) << name;
  EXPECT_FALSE(is_named("nonsense"));
}

}  // namespace
}  // namespace dfp::tmpl::registrator
