#include "cli/setting_options.hpp"

#include "cli/help.hpp"
#include "settings/properties.hpp"

namespace dfp::cli {

std::shared_ptr<settings::Texts> add_setting_options(CLI::App& command,
                                                     bool (*wanted)(std::string_view key)) {
  auto flags = std::make_shared<settings::Texts>();
  auto add = [&](const std::string& key, std::string help, const char* placeholder) {
    command
        .add_option_function<std::string>(
            "--" + key, [flags, key](const std::string& text) { (*flags)[key] = text; }, std::move(help))
        ->option_text(placeholder);
  };
  const settings::Settings defaults;
  for (const auto& property : settings::properties())
    if (!property.secret && wanted(property.key))
      add(std::string(property.key), describe(property.help, property.allowed, property.get(defaults)),
          "VALUE");
  add("config", "YAML file with any of these settings (variable DFP_CONFIG).", "FILE");
  return flags;
}

}  // namespace dfp::cli
