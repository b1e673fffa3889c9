#include "cli/setting_options.hpp"

#include "cli/help.hpp"
#include "settings/properties.hpp"

namespace dfp::cli {

std::shared_ptr<settings::Texts> add_setting_options(CLI::App& command,
                                                     bool (*wanted)(std::string_view key)) {
  auto flags = std::make_shared<settings::Texts>();
  auto add = [&](const std::string& key, std::string help, const char* placeholder) {
    return command
        .add_option_function<std::string>(
            "--" + key, [flags, key](const std::string& text) { (*flags)[key] = text; }, std::move(help))
        ->option_text(placeholder);
  };
  auto add_property = [&](const settings::Property& property, std::string help) {
    if (property.allowed != settings::kBoolean)
      return add(std::string(property.key), std::move(help), "VALUE");
    return add(std::string(property.key), std::move(help), "[true|false]")
        ->expected(0, 1)
        ->default_str("true");
  };
  const settings::Settings defaults;
  for (const auto& property : settings::properties())
    if (!property.secret && wanted(property.key))
      add_property(property, describe(property.help, property.allowed, property.get(defaults)));
  add("config", "YAML file with any of these settings (variable DFP_CONFIG).", "FILE");
  return flags;
}

}  // namespace dfp::cli
