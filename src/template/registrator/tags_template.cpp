#include "template/registrator/tags_template.hpp"

#include "base/text.hpp"
#include "template/json.hpp"
#include "template/registrator/container.hpp"
#include "template/registrator/functions.hpp"

namespace dfp::tmpl::registrator {
namespace {

/// Everything else waits for it, so that it gets less than a page of configuration.
constexpr Limits kLimits{.output_bytes = 64U << 10,
                         .value_bytes = 4U << 20,
                         .steps = 1'000'000,
                         .depth = 100,
                         .time = std::chrono::milliseconds(100)};

}  // namespace

std::expected<TagsTemplate, TemplateError> TagsTemplate::parse(std::string text) {
  ParseOptions options;
  options.refused = refused_functions();
  auto parsed = Template::parse("tags", std::move(text), functions(), options);
  if (!parsed) return std::unexpected(parsed.error());
  return TagsTemplate(std::move(*parsed));
}

std::expected<std::string, std::string> TagsTemplate::render(std::string_view inspected) const {
  auto parsed = json::parse(inspected, json::Numbers::IntOrFloat);
  if (!parsed) return std::unexpected("the engine's answer is not JSON: " + parsed.error());
  auto text = template_.render(json::shaped(*parsed, container_type()), {.limits = kLimits});
  if (!text) return std::unexpected(text.error().text());
  if (!text::is_valid_utf8(*text)) return std::unexpected("the rendered text is not UTF-8");
  return std::move(*text);
}

}  // namespace dfp::tmpl::registrator
