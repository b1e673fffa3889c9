// docs/templates.md has to name every function that templates can call, and every one that is refused.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <fstream>
#include <iterator>

#include "base/source_dir.hpp"
#include "template/builtins.hpp"
#include "template/consul/functions.hpp"

namespace dfp::tmpl::consul {
namespace {

std::string documentation() {
  std::ifstream file(source_dir() + "/docs/templates.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The first word of a piece of code in a table's first column: "split" in "| `split sep s`, `join sep list`
/// |".
std::set<std::string> documented() {
  static const RE2 row("(?m)^\\| (`[^|]*(?:\\\\\\|[^|]*)*) \\|");
  static const RE2 code("`(\\w+)[^`]*`");
  std::set<std::string> names;
  auto text = documentation();
  re2::StringPiece rest(text);
  std::string cell;
  while (RE2::FindAndConsume(&rest, row, &cell)) {
    re2::StringPiece cell_rest(cell);
    std::string name;
    while (RE2::FindAndConsume(&cell_rest, code, &name)) names.insert(name);
  }
  return names;
}

TEST(TemplateReference, NamesEveryFunction) {
  auto names = documented();
  for (const auto& [name, function] : functions()) EXPECT_TRUE(names.contains(name)) << name;
  for (const auto& [name, function] : builtins()) EXPECT_TRUE(names.contains(name)) << name;
  for (const auto& [name, reason] : refused_functions()) EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_FALSE(names.contains("nonsense"));
}

}  // namespace
}  // namespace dfp::tmpl::consul
