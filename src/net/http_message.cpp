#include "net/http_message.hpp"

#include <strings.h>

#include <algorithm>

namespace dfp::net {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_)
    if (same_name(key, name)) return value;
  return std::nullopt;
}

void Headers::set(std::string_view name, std::string value) {
  auto named = [name](const auto& field) { return same_name(field.first, name); };
  auto first = std::ranges::find_if(fields_, named);
  if (first == fields_.end()) return add(std::string(name), std::move(value));
  first->second = std::move(value);
  fields_.erase(std::remove_if(std::next(first), fields_.end(), named), fields_.end());
}

}  // namespace dfp::net
