#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/definition.hpp"

/// The keys that the original Docker Flow: Proxy 1.0 writes below PREFIX/SERVICE/, one plain text each.
namespace dfp::registry {

struct LegacyKey {
  std::string_view name;       ///< of the key
  std::string_view parameter;  ///< of parameters::table()
};
/// `path` comes first: for the original a service exists if, and only if, this key does.
constexpr std::array<LegacyKey, 6> kLegacyKeys = {{{"path", "servicePath"},
                                                   {"color", "serviceColor"},
                                                   {"domain", "serviceDomain"},
                                                   {"pathtype", "pathType"},
                                                   {"skipcheck", "skipCheck"},
                                                   {"consultemplatepath", "consulTemplatePath"}}};

/// In the order of kLegacyKeys; std::nullopt where the key is absent.
using LegacyValues = std::array<std::optional<std::string>, kLegacyKeys.size()>;

/// Lists joined by commas; an empty text for what has its default.
LegacyValues render_legacy(const model::Definition& definition);

/// Replaces the six parameters of `base` by what the keys say (absent and empty mean the default), keeps the
/// others. Reads like the original: an unparsable skipcheck is false, empty items of a list do not count.
/// @return InvalidArgument, naming the parameter, for a value that is not allowed.
Result<model::Definition> apply_legacy(const model::Definition& base, const LegacyValues& values);

}  // namespace dfp::registry
