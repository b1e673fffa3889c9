#include "app/template_surroundings.hpp"

#include "app/template_files.hpp"

namespace dfp::app {

tmpl::consul::Surroundings template_surroundings(const settings::Settings& settings, std::string folder) {
  tmpl::consul::Surroundings out;
  const auto& known = settings.templates.environment;
  for (const auto& name : settings.templates.environment_names) {
    auto value = known.find(name);
    out.environment[name] = value == known.end() ? std::nullopt : std::optional(value->second);
  }
  out.read_file = [folder =
                       std::move(folder)](std::string_view path) -> std::expected<std::string, std::string> {
    auto text = read_template_file(folder, std::string(path));
    if (!text) return std::unexpected(text.error().what);
    return std::move(*text);
  };
  return out;
}

}  // namespace dfp::app
