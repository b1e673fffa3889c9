#include "registry/legacy_keys.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "parameters/table.hpp"

namespace dfp::registry {
namespace {

bool is_legacy(std::string_view parameter) {
  return std::ranges::find(kLegacyKeys, parameter, &LegacyKey::parameter) != kLegacyKeys.end();
}

/// Everything of a definition but what the six keys say.
model::Definition others_of(const model::Definition& definition) {
  static const model::Definition defaults;
  model::Definition kept;
  for (const auto& parameter : parameters::table()) {
    auto value = parameter.get(definition);
    bool wanted = !is_legacy(parameter.info.name) && value != parameter.get(defaults);
    if (wanted) (void)parameter.set(kept, value);  // was accepted when `definition` was made
  }
  return kept;
}

std::string without_empty_items(std::string_view list) {
  auto items = text::split(list, ',');
  std::erase(items, "");
  return text::join(items, ",");
}

Result<> apply(model::Definition& definition, const parameters::Parameter& parameter, std::string_view text) {
  auto given = std::string(text::trim(text));
  if (parameter.info.type == parameters::ParameterType::List) given = without_empty_items(given);
  if (given.empty()) return {};
  auto value = parameters::read_value(parameter.info, given);
  if (!value && parameter.info.type == parameters::ParameterType::Bool) return {};
  if (!value) return std::unexpected(value.error());
  return parameter.set(definition, *value);
}

}  // namespace

LegacyValues render_legacy(const model::Definition& definition) {
  LegacyValues values;
  for (std::size_t i = 0; i < kLegacyKeys.size(); ++i)
    values[i] =
        parameters::render_value(parameters::find_parameter(kLegacyKeys[i].parameter)->get(definition));
  return values;
}

Result<model::Definition> apply_legacy(const model::Definition& base, const LegacyValues& values) {
  auto definition = others_of(base);
  for (std::size_t i = 0; i < kLegacyKeys.size(); ++i) {
    if (!values[i]) continue;
    auto applied = apply(definition, *parameters::find_parameter(kLegacyKeys[i].parameter), *values[i]);
    if (!applied) return std::unexpected(applied.error());
  }
  if (auto valid = model::validate(definition); !valid) return std::unexpected(valid.error());
  return definition;
}

}  // namespace dfp::registry
