#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "registry/definition_store.hpp"
#include "registry/legacy_keys.hpp"

/// What the keys of one service mean. Pure.
namespace dfp::registry {

/// Author of a service whose six keys were written by an original 1.0, after the record or without one.
inline constexpr std::string_view kOriginalAuthor = "kv";

/// The keys below PREFIX/SERVICE/ that have a meaning; nullptr where absent. Points into a Tree.
struct ServiceKeys {
  const Entry* definition = nullptr;
  std::array<const Entry*, kLegacyKeys.size()> legacy{};
  const Entry* claim = nullptr;

  /// Changes with every version and every value.
  std::size_t fingerprint() const;
};

/// Groups a listing of PREFIX/ by service. Keys that are not PREFIX/SERVICE/KEY with a known KEY are ignored,
/// and so are services whose name begins with '_'.
std::map<std::string_view, ServiceKeys> group_by_service(const Tree& tree, std::string_view prefix);

/// @return std::nullopt when the keys make no service; InvalidArgument when they are broken.
Result<std::optional<StoredService>> interpret(const std::string& service, const ServiceKeys& keys);

}  // namespace dfp::registry
