#include "reconcile/ledger.hpp"

#include <algorithm>

namespace dfp::reconcile {

void Ledger::Record::keep(std::uint64_t stored_version) {
  version = stored_version;
  unkept = false;
}

void Ledger::Record::lose() {
  version.reset();
  unkept = true;
}

void Ledger::Record::remove() {
  version.reset();
  unkept = false;
  quarantined.reset();
}

void Ledger::Record::refuse(std::string reason) {
  version = known_version();
  refused = version;
  quarantined = std::move(reason);
}

void Ledger::Record::overtake(std::optional<model::Service> before) {
  overtaken = std::make_unique<std::optional<model::Service>>(std::move(before));
}

Ledger::Edit::Edit(Ledger& ledger, const std::string& name)
    : ledger_(ledger), entry_(&*ledger.records_.try_emplace(name).first) {}

Ledger::Edit::~Edit() {
  const auto& [name, record] = *entry_;
  if (record.is_plain())
    ledger_.exceptional_.erase(name);
  else
    ledger_.exceptional_.insert(name);
}

const Ledger::Record& Ledger::of(const std::string& name) const {
  static const Record kNothingNoted;
  auto found = records_.find(name);
  return found == records_.end() ? kNothingNoted : found->second;
}

void Ledger::wrote(const std::string& name, std::uint64_t version) {
  auto record = edit(name);
  record->own_write = version;
  record->written = version;
  latest_own_write_ = std::max(latest_own_write_, version);
}

void Ledger::forget_numbers() {
  for (auto& [name, record] : records_) {
    record.own_write = 0;
    record.refused.reset();
  }
  latest_own_write_ = 0;
}

void Ledger::forget_versions() {
  for (auto& [name, record] : records_) {
    record.own_write = 0;
    record.version.reset();
  }
}

Ledger::Versions Ledger::versions() const {
  Versions versions;
  versions.reserve(records_.size());
  for (const auto& [name, record] : records_)
    if (record.version) versions.emplace_back(name, *record.version);
  return versions;
}

void Ledger::set_versions(const Versions& versions) {
  for (auto& [name, record] : records_) record.version.reset();
  for (const auto& [name, version] : versions) edit(name)->version = version;
}

std::map<std::string, StartSource> Ledger::sources() const {
  std::map<std::string, StartSource> sources;
  for (const auto& name : exceptional_)
    if (auto source = of(name).source) sources.emplace(name, *source);
  return sources;
}

void Ledger::set_sources(const std::map<std::string, StartSource>& sources) {
  for (const auto& [name, source] : this->sources()) edit(name)->source.reset();
  for (const auto& [name, source] : sources) edit(name)->source = source;
}

std::vector<std::string> Ledger::unkept() const {
  std::vector<std::string> names;
  for (const auto& name : exceptional_)
    if (of(name).unkept) names.push_back(name);
  return names;
}

Ledger::Reasons Ledger::quarantined() const {
  Reasons reasons;
  for (const auto& name : exceptional_)
    if (const auto& reason = of(name).quarantined) reasons.emplace(name, *reason);
  return reasons;
}

Ledger::Reasons Ledger::not_refreshed() const {
  Reasons reasons;
  for (const auto& name : exceptional_)
    if (const auto& reason = of(name).not_refreshed) reasons.emplace(name, *reason);
  return reasons;
}

std::map<std::string, Ledger::Refusal> Ledger::take_foreseen() {
  std::map<std::string, Refusal> refusals;
  for (const auto& name : exceptional_)
    if (const auto& refusal = of(name).foreseen) refusals.emplace(name, *refusal);
  for (const auto& [name, refusal] : refusals) edit(name)->foreseen.reset();
  return refusals;
}

model::Change Ledger::overtaken() const {
  model::Change before;
  for (const auto& name : exceptional_)
    if (const auto& service = of(name).overtaken) before.emplace(name, *service);
  return before;
}

model::Change Ledger::take_overtaken() {
  auto before = overtaken();
  for (const auto& [name, service] : before) edit(name)->overtaken.reset();
  return before;
}

}  // namespace dfp::reconcile
