#include "template/object.hpp"

#include <algorithm>
#include <numeric>
#include <span>

namespace dfp::tmpl {
namespace {

std::uint32_t deepest(std::span<const Value> values) {
  std::uint32_t depth = 0;
  for (const auto& value : values) depth = std::max(depth, value.nesting());
  return depth;
}

}  // namespace

ListObject::ListObject(std::vector<Value> v) : items(std::move(v)) { nesting = 1 + deepest(items); }

MapObject::MapObject(std::vector<MapEntry> e) {
  std::vector<std::size_t> order(e.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (key_less(e[a].key, e[b].key)) return true;
    return a < b && !key_less(e[b].key, e[a].key);
  });
  entries.reserve(e.size());
  for (auto i : order) {
    if (!entries.empty() && !key_less(entries.back().key, e[i].key)) entries.pop_back();
    nesting = std::max(nesting, e[i].value.nesting());
    entries.push_back(std::move(e[i]));
  }
  ++nesting;
}

FunctionObject::FunctionObject(tmpl::Function f)
    : function(std::move(f)), type{.kind = Kind::Func, .name = function.type_name()} {}

}  // namespace dfp::tmpl
