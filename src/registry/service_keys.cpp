#include "registry/service_keys.hpp"

#include <algorithm>
#include <functional>

#include "registry/record.hpp"

namespace dfp::registry {
namespace {

LegacyValues values_of(const ServiceKeys& keys) {
  LegacyValues values;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (keys.legacy[i]) values[i] = keys.legacy[i]->value;
  return values;
}

/// Somebody else wrote one of the six keys after the record, or deleted one that was written with it.
bool legacy_wins(const Record& record, const ServiceKeys& keys) {
  auto mirrored = render_legacy(record.service.definition);
  for (std::size_t i = 0; i < mirrored.size(); ++i) {
    const auto* entry = keys.legacy[i];
    if (!entry) {
      // An absent key and an empty one say the same.
      if (record.mirrored && !mirrored[i]->empty()) return true;
    } else if (entry->value != *mirrored[i] && entry->version > keys.definition->version) {
      return true;
    }
  }
  return false;
}

/// Parameters from the six keys, everything else from `service`.
Result<model::Service> with_legacy(model::Service service, const ServiceKeys& keys) {
  auto definition = apply_legacy(service.definition, values_of(keys));
  if (!definition) return fail("the keys of the original 1.0", definition.error());
  if (definition->registered_name() != service.definition.registered_name()) service.instances.clear();
  if (definition->templates() != service.definition.templates()) service.rendered.clear();
  service.definition = std::move(*definition);
  service.changed_by = kOriginalAuthor;
  return service;
}

Result<std::optional<StoredService>> interpret_legacy(const std::string& service, const ServiceKeys& keys) {
  bool has_path = keys.legacy[0] != nullptr;
  if (!has_path) return std::nullopt;
  model::Service fresh;
  fresh.definition.service = service;
  auto read = with_legacy(std::move(fresh), keys);
  if (!read) return std::unexpected(read.error());
  return StoredService{std::move(*read), 0};
}

Result<std::optional<StoredService>> interpret_record(const std::string& service, const ServiceKeys& keys) {
  if (!keys.definition) return interpret_legacy(service, keys);
  auto record = parse_record(keys.definition->value, service);
  if (!record) return std::unexpected(record.error());
  auto version = keys.definition->version;
  bool removed = record->mirrored && !keys.legacy[0];
  if (removed) return std::nullopt;
  if (!legacy_wins(*record, keys)) return StoredService{std::move(record->service), version};
  auto merged = with_legacy(std::move(record->service), keys);
  if (!merged) return std::unexpected(merged.error());
  return StoredService{std::move(*merged), version};
}

/// The latest write of any key counts where the claim does not fit.
ClaimAge age_of(const ServiceKeys& keys, const model::Service& service) {
  if (keys.claim && keys.definition && claim_fits(keys.claim->value, service))
    return {.unclaimed = false, .version = keys.claim->version};
  ClaimAge age;
  if (keys.definition) age.version = keys.definition->version;
  for (const auto* entry : keys.legacy)
    if (entry) age.version = std::max(age.version, entry->version);
  return age;
}

}  // namespace

std::size_t ServiceKeys::fingerprint() const {
  std::size_t sum = 0;
  auto add = [&](std::size_t part) { sum = (sum ^ part) * 0x9E3779B97F4A7C15u + 1; };
  auto add_entry = [&](const Entry* entry) {
    add(entry ? entry->version : 0);
    add(entry ? std::hash<std::string>{}(entry->value) : 0);
  };
  add_entry(definition);
  add_entry(claim);
  for (const auto* entry : legacy) add_entry(entry);
  return sum;
}

std::map<std::string_view, ServiceKeys> group_by_service(const Tree& tree, std::string_view prefix) {
  std::map<std::string_view, ServiceKeys> services;
  for (const auto& entry : tree.entries) {
    std::string_view rest = entry.key;
    if (!rest.starts_with(prefix) || rest.substr(prefix.size()).substr(0, 1) != "/") continue;
    rest.remove_prefix(prefix.size() + 1);
    auto slash = rest.find('/');
    if (slash == 0 || slash == rest.npos || rest[0] == '_') continue;
    auto service = rest.substr(0, slash), key = rest.substr(slash + 1);
    if (key == "definition") services[service].definition = &entry;
    if (key == "claim") services[service].claim = &entry;
    auto known = std::ranges::find(kLegacyKeys, key, &LegacyKey::name);
    if (known != kLegacyKeys.end()) services[service].legacy[known - kLegacyKeys.begin()] = &entry;
  }
  return services;
}

Result<std::optional<StoredService>> interpret(const std::string& service, const ServiceKeys& keys) {
  auto read = interpret_record(service, keys);
  if (read && *read) (*read)->age = age_of(keys, (*read)->service);
  return read;
}

}  // namespace dfp::registry
