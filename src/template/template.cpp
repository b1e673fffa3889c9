#include "template/template.hpp"

namespace dfp::tmpl {

std::expected<Template, TemplateError> Template::parse(std::string name, std::string text,
                                                       const FunctionMap& functions,
                                                       const ParseOptions& options) {
  Template out;
  out.name_ = std::move(name);
  out.text_ = std::make_unique<const std::string>(std::move(text));
  try {
    out.definitions_ = Parser(out.name_, *out.text_, functions, options).parse();
  } catch (const TemplateError& error) {
    return std::unexpected(error);
  }
  return out;
}

std::expected<std::string, TemplateError> Template::render(const Value& data,
                                                           const RenderOptions& options) const {
  try {
    return Evaluator({name_, *text_, definitions_, options}).run(name_, data);
  } catch (const TemplateError& error) {
    return std::unexpected(error);
  }
}

}  // namespace dfp::tmpl
