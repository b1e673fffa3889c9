#include "app/registrator_tags.hpp"

#include <fmt/format.h>

#include <memory>

#include "template/registrator/tags_template.hpp"

namespace dfp::app {

Result<docker::registrator::TagsTemplate> tags_template(const docker::registrator::Options& options) {
  using tmpl::registrator::TagsTemplate;
  if (options.tags_template.empty()) return docker::registrator::TagsTemplate();
  auto parsed = TagsTemplate::parse(options.tags_template);
  if (!parsed) {
    const auto& error = parsed.error();
    return fail(Errc::InvalidArgument, fmt::format("--tags: {} (line {}, at character {})", error.message,
                                                   error.line, error.column + 1));
  }
  return [shared = std::make_shared<const TagsTemplate>(std::move(*parsed))](
             std::string_view inspected) -> Result<std::string> {
    auto text = shared->render(inspected);
    if (!text) return fail(Errc::InvalidArgument, std::move(text.error()));
    return std::move(*text);
  };
}

}  // namespace dfp::app
