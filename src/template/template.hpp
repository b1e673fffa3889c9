#pragma once
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "template/error.hpp"
#include "template/evaluator.hpp"
#include "template/function.hpp"
#include "template/limits.hpp"
#include "template/parser.hpp"

namespace dfp::tmpl {

/// A parsed template with all that it {{define}}s. Immutable; may be rendered any number of times.
/// The language is Go's text/template: that of Go 1.19 plus what later versions added ({{else with}}, ranges
/// over integers).
class Template {
 public:
  /// @param name appears in error messages
  /// @param functions beside the built-in ones; must outlive the template
  static std::expected<Template, TemplateError> parse(std::string name, std::string text,
                                                      const FunctionMap& functions,
                                                      const ParseOptions& options = {});

  /// Nothing partial is ever given: the whole text or an error.
  std::expected<std::string, TemplateError> render(const Value& data,
                                                   const RenderOptions& options = {}) const;

  const std::string& name() const { return name_; }
  const std::string& text() const { return *text_; }

 private:
  Template() = default;

  std::string name_;
  std::unique_ptr<const std::string> text_;
  Definitions definitions_;
};

}  // namespace dfp::tmpl
