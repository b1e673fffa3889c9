#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "template/template.hpp"

namespace dfp::tmpl::registrator {

/// Registrator's option -tags as a template: a text with actions, rendered for one container. Immutable.
class TagsTemplate {
 public:
  /// Refuses functions that are not offered.
  static std::expected<TagsTemplate, TemplateError> parse(std::string text);

  /// Takes some 0.1 ms, and ends after 0.1 s in any case.
  /// @param inspected what the engine answers to GET /containers/ID/json
  /// @return the text, valid UTF-8, still to be split at its commas; else why there is none, with the place.
  std::expected<std::string, std::string> render(std::string_view inspected) const;

 private:
  explicit TagsTemplate(Template parsed) : template_(std::move(parsed)) {}
  Template template_;
};

}  // namespace dfp::tmpl::registrator
