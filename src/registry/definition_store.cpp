#include "registry/definition_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "base/text.hpp"
#include "registry/record.hpp"
#include "registry/service_keys.hpp"

namespace dfp::registry {
namespace {

/// 64 random bits: no two writes are alike.
std::string fresh_write_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

constexpr std::string_view kGuardFolder = "/_/routes/";

GuardVersions guards_in(const Tree& tree, std::string_view folder) {
  GuardVersions guards;
  auto at = std::ranges::lower_bound(tree.entries, folder, {}, &Entry::key);
  for (; at != tree.entries.end() && at->key.starts_with(folder); ++at)
    guards.emplace(at->key.substr(folder.size()), at->version);
  return guards;
}

/// What may stand between two slashes of a key and is no internal name.
Result<> check_key_name(const std::string& service) {
  if (!service.empty() && service[0] != '_' && !service.contains('/')) return {};
  return fail(Errc::InvalidArgument,
              "definition store: " + text::shown(service) + " is not the name of a service");
}

}  // namespace

/// Of the last load, by service.
struct DefinitionStore::Cache {
  struct Read {
    std::size_t fingerprint;
    Result<std::optional<StoredService>> result;
  };
  std::map<std::string, Read, std::less<>> reads;

  /// From the cache if nothing changed. Moves what it uses into `next`.
  const Read& read(std::string_view service, const ServiceKeys& keys, Cache& next) {
    auto fingerprint = keys.fingerprint();
    auto known = reads.find(service);
    if (known != reads.end() && known->second.fingerprint == fingerprint)
      return next.reads.insert(reads.extract(known)).position->second;
    std::string name(service);
    Read fresh{fingerprint, interpret(name, keys)};
    return next.reads.insert_or_assign(std::move(name), std::move(fresh)).first->second;
  }
};

DefinitionStore::DefinitionStore(KeyValue& kv, std::string prefix)
    : kv_(kv), prefix_(std::move(prefix)), cache_(std::make_unique<Cache>()), marks_(prefix_) {}
DefinitionStore::~DefinitionStore() = default;

Task<Result<StoreSnapshot>> DefinitionStore::load(Deadline deadline) {
  auto tree = co_await kv_.list(prefix_ + "/", deadline);
  if (!tree) co_return fail("definition store: load", tree.error());
  StoreSnapshot snapshot;
  snapshot.index = tree->index;
  snapshot.guards = guards_in(*tree, prefix_ + std::string(kGuardFolder));
  auto ordered = marks_.read(*tree);
  Cache next;
  for (const auto& [name, keys] : group_by_service(*tree, prefix_)) {
    const auto& read = cache_->read(name, keys, next).result;
    if (!read)
      snapshot.broken.emplace(name, read.error().what);
    else if (*read)
      snapshot.services.emplace(name, **read);
    else if (keys.definition)
      snapshot.removed.emplace(name);
  }
  for (const auto& name : ordered)
    if (!snapshot.services.contains(name) && !snapshot.broken.contains(name)) snapshot.removed.insert(name);
  *cache_ = std::move(next);
  bool marked = std::ranges::binary_search(tree->entries, prefix_ + "/_/changed", {}, &Entry::key);
  snapshot.blank = !marked && snapshot.services.empty() && snapshot.broken.empty();
  co_return snapshot;
}

Task<Result<std::uint64_t>> DefinitionStore::wait(std::uint64_t index, Deadline deadline) {
  if (index != asked_from_) reached_ = asked_from_ = index;
  for (;;) {
    auto moved = co_await kv_.wait(prefix_ + "/", reached_, deadline);
    if (!moved) co_return fail("definition store: wait", moved.error());
    if (!only_own_writes_until(*moved)) co_return *moved;
  }
}

bool DefinitionStore::only_own_writes_until(std::uint64_t moved) {
  if (!kv_.consecutive_versions() || reached_ == 0 || moved <= reached_) return false;
  own_versions_.erase(own_versions_.begin(), own_versions_.upper_bound(reached_));
  while (reached_ < moved && own_versions_.erase(reached_ + 1) > 0) ++reached_;
  return reached_ == moved;
}

Operation DefinitionStore::marker(const std::string& write) const {
  return Put{prefix_ + "/_/changed", write};
}

std::vector<Operation> DefinitionStore::put_operations(model::Service service, std::uint64_t expected_version,
                                                       const ClaimWrite& claim) const {
  auto write = fresh_write_id();
  auto at = folder(service.definition.service);
  auto legacy = render_legacy(service.definition);
  auto claim_text = render_claim(service, write);
  auto mark = marks_.key(service.definition.service);
  auto record = render_record({std::move(service), write, true});
  std::vector<Operation> operations{PutIfVersion{at + "definition", std::move(record), expected_version}};
  for (std::size_t i = 0; i < kLegacyKeys.size(); ++i)
    operations.emplace_back(Put{at + std::string(kLegacyKeys[i].name), *legacy[i]});
  operations.emplace_back(Delete{std::move(mark)});
  if (claim.renew) operations.emplace_back(Put{at + "claim", std::move(claim_text)});
  for (const auto& [name, version] : claim.guards)
    operations.emplace_back(PutIfVersion{prefix_ + std::string(kGuardFolder) + name, write, version});
  operations.push_back(marker(write));
  return operations;
}

Task<Result<std::uint64_t>> DefinitionStore::put(model::Service service, std::uint64_t expected_version,
                                                 Deadline deadline, ClaimWrite claim) {
  auto name = service.definition.service;
  if (auto valid = model::check_service_name(name); !valid) co_return std::unexpected(valid.error());
  auto operations = put_operations(service, expected_version, claim);
  auto written = co_await kv_.transact(std::move(operations), deadline);
  bool conflict = !written && written.error().code == Errc::Conflict;
  if (conflict) {
    Write again{std::move(service), std::move(claim)};
    written = co_await put_over_unreadable(std::move(again), written.error(), deadline);
  }
  if (!written) co_return fail("definition store: put " + name, written.error());
  if (kv_.consecutive_versions()) own_versions_.insert(*written);
  co_return *written;
}

/// The record is not the expected one. If load() does not show it as a service, nobody could have expected
/// it.
Task<Result<std::uint64_t>> DefinitionStore::put_over_unreadable(Write write, Error conflict,
                                                                 Deadline deadline) {
  auto name = write.service.definition.service;
  auto tree = co_await kv_.list(folder(name), deadline);
  if (!tree) co_return std::unexpected(tree.error());
  auto keys = group_by_service(*tree, prefix_)[name];
  auto meaning = interpret(name, keys);
  bool shown = meaning && meaning->has_value();
  if (shown || !keys.definition) co_return std::unexpected(std::move(conflict));
  auto operations = put_operations(std::move(write.service), keys.definition->version, write.claim);
  co_return co_await kv_.transact(std::move(operations), deadline);
}

Task<Result<bool>> DefinitionStore::holds(std::string service, std::uint64_t version, Deadline deadline) {
  auto record = co_await kv_.get(folder(service) + "definition", deadline);
  if (!record) co_return fail("definition store: read " + service, record.error());
  auto stored = *record ? (*record)->version : 0;
  co_return stored == version;
}

Task<Result<std::uint64_t>> DefinitionStore::remove(std::string service, Deadline deadline) {
  if (auto valid = check_key_name(service); !valid) co_return std::unexpected(valid.error());
  auto write = fresh_write_id();
  auto now = std::chrono::system_clock::now();
  auto operations = marks_.expired(now);
  for (auto& operation :
       {Operation(DeleteTree{folder(service)}), marks_.mark(service, write, now), marker(write)})
    operations.push_back(operation);
  auto removed = co_await kv_.transact(std::move(operations), deadline);
  if (!removed) co_return fail("definition store: remove " + service, removed.error());
  if (kv_.consecutive_versions()) own_versions_.insert(*removed);
  co_return *removed;
}

}  // namespace dfp::registry
