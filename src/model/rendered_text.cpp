#include "model/rendered_text.hpp"

#include <algorithm>
#include <optional>

namespace dfp::model {
namespace {

std::string divider(std::string_view backends_template) {
  return "# rendered from " + std::string(backends_template);
}

/// The number of the first line that is `wanted`.
std::optional<std::size_t> find_line(std::string_view text, std::string_view wanted) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto end = std::min(text.find('\n'), text.size());
    if (text.substr(0, end) == wanted) return number;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::nullopt;
}

}  // namespace

std::string join_rendered(std::string rules, std::string_view backends_template, std::string_view backends) {
  if (!rules.empty() && !rules.ends_with('\n')) rules += '\n';
  rules += divider(backends_template);
  rules += '\n';
  rules += backends;
  return rules;
}

RenderedPlace rendered_place(const Definition& definition, std::string_view rendered, std::size_t line) {
  auto templates = definition.templates();
  if (templates.empty()) return {"", line};
  if (templates.size() == 1) return {templates[0], line};
  auto divided = find_line(rendered, divider(templates[1]));
  if (!divided || line <= *divided) return {templates[0], line};
  return {templates[1], line - *divided};
}

}  // namespace dfp::model
