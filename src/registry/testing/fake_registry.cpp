#include "registry/testing/fake_registry.hpp"

#include <algorithm>
#include <set>

namespace dfp::registry::testing {
namespace {

std::unexpected<Error> timed_out() { return fail(Errc::Timeout, "registry: no answer in time"); }

bool take_one(int& count) {
  if (count <= 0) return false;
  --count;
  return true;
}

}  // namespace

std::optional<Error> FakeRegistry::fault(Call call) {
  if (away_) return away();
  if (failing_ && *failing_ != call) return std::nullopt;
  if (take_one(failures_)) return failure_;
  return std::nullopt;
}

Task<Result<>> FakeRegistry::enter(Call call, Deadline deadline) {
  ++calls_[call];
  if (auto error = fault(call)) co_return std::unexpected(*error);
  if (deadline.passed()) co_return timed_out();
  if (delay_ > Clock::duration::zero()) {
    bool late = deadline.left() < delay_;
    co_await sleep_for(std::min(delay_, deadline.left()));
    if (late) co_return timed_out();
  }
  co_return Result<>{};
}

Result<> FakeRegistry::settle() {
  if (take_one(lost_)) return fail(Errc::OutcomeUnknown, "fake registry: the answer was lost");
  return {};
}

Task<Result<std::vector<model::Instance>>> FakeRegistry::instances(std::string service, Deadline deadline) {
  auto entered = co_await enter(Call::Instances, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  std::vector<model::Instance> found;
  if (take_one(empty_)) co_return found;
  drop_lapsed();
  for (const auto& [key, enrolled] : instances_)
    if (enrolled.registration.instance.service == service) found.push_back(enrolled.registration.instance);
  co_return found;
}

Task<Result<std::vector<std::string>>> FakeRegistry::services(Deadline deadline) {
  auto entered = co_await enter(Call::Services, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  std::set<std::string> names;
  drop_lapsed();
  if (!take_one(empty_))
    for (const auto& [key, enrolled] : instances_) names.insert(enrolled.registration.instance.service);
  co_return std::vector<std::string>(names.begin(), names.end());
}

Task<Result<HealthReport>> FakeRegistry::health(std::uint64_t index, Deadline deadline) {
  auto entered = co_await enter(Call::Health, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  if (index != 0)
    co_await sleep_for(std::min<Clock::duration>(std::chrono::milliseconds(20), deadline.left()));
  HealthReport report{{}, 1};
  for (const auto& [key, enrolled] : instances_)
    if (auto health = enrolled.registration.instance.health; health != model::Health::Passing)
      report.findings.push_back({key.first, key.second, health});
  co_return report;
}

Task<Result<AddressReport>> FakeRegistry::addresses(std::uint64_t index, Deadline deadline) {
  auto entered = co_await enter(Call::Addresses, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  if (index != 0)
    co_await sleep_for(std::min<Clock::duration>(std::chrono::milliseconds(20), deadline.left()));
  AddressReport report{{}, 1};
  drop_lapsed();
  for (const auto& [key, enrolled] : instances_) report.owners.push_back(enrolled.registration.instance);
  std::ranges::sort(report.owners, {}, [](const auto& i) { return std::tie(i.address, i.port); });
  co_return report;
}

Task<Result<std::optional<Entry>>> FakeRegistry::get(std::string key, Deadline deadline) {
  auto entered = co_await enter(Call::Get, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  auto found = entries_.find(key);
  if (found == entries_.end()) co_return std::nullopt;
  co_return found->second;
}

Task<Result<Tree>> FakeRegistry::list(std::string prefix, Deadline deadline) {
  auto entered = co_await enter(Call::List, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  Tree tree{{}, revision_};
  if (take_one(empty_)) co_return tree;
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && at->first.starts_with(prefix); ++at)
    tree.entries.push_back(at->second);
  co_return tree;
}

bool FakeRegistry::changed_since(const std::string& prefix, std::uint64_t index) const {
  if (index == 0 || index > revision_) return true;
  auto newer = [&](const auto& entries, auto version_of) {
    auto at = entries.lower_bound(prefix);
    for (; at != entries.end() && at->first.starts_with(prefix); ++at)
      if (version_of(at->second) > index) return true;
    return false;
  };
  return newer(entries_, [](const Entry& entry) { return entry.version; }) ||
         newer(tombstones_, [](std::uint64_t version) { return version; });
}

Task<Result<std::uint64_t>> FakeRegistry::wait(std::string prefix, std::uint64_t index, Deadline deadline) {
  auto entered = co_await enter(Call::Wait, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  while (!changed_since(prefix, index)) {
    bool notified = co_await changed_.wait(deadline);
    if (!notified) co_return timed_out();
    if (away_) co_return std::unexpected(away());
  }
  co_return revision_;
}

Result<> FakeRegistry::check(const Operation& operation) const {
  auto expect = [&](const std::string& key, std::uint64_t wanted) -> Result<> {
    auto found = entries_.find(key);
    auto actual = found == entries_.end() ? 0 : found->second.version;
    if (actual == wanted) return {};
    return fail(Errc::Conflict, "registry: key " + key + " has version " + std::to_string(actual) + ", not " +
                                    std::to_string(wanted));
  };
  if (auto* put = std::get_if<PutIfVersion>(&operation)) return expect(put->key, put->version);
  if (auto* check = std::get_if<CheckVersion>(&operation)) return expect(check->key, check->version);
  return {};
}

void FakeRegistry::write(const std::string& key, std::string value) {
  auto [at, added] = entries_.try_emplace(key, Entry{key, {}, 0});
  if (!added && at->second.value == value) return;
  at->second.value = std::move(value);
  at->second.version = revision_;
  tombstones_.erase(key);
}

void FakeRegistry::apply(const Operation& operation) {
  if (auto* put = std::get_if<Put>(&operation)) return write(put->key, put->value);
  if (auto* put = std::get_if<PutIfVersion>(&operation)) return write(put->key, put->value);
  auto bury = [&](const Entry& entry) { tombstones_[entry.key] = revision_; };
  if (auto* del = std::get_if<Delete>(&operation)) {
    if (auto found = entries_.find(del->key); found != entries_.end()) {
      bury(found->second);
      entries_.erase(found);
    }
  } else if (auto* tree = std::get_if<DeleteTree>(&operation)) {
    auto at = entries_.lower_bound(tree->prefix);
    while (at != entries_.end() && at->first.starts_with(tree->prefix)) {
      bury(at->second);
      at = entries_.erase(at);
    }
  }
}

std::uint64_t FakeRegistry::highest_version(const std::vector<Operation>& operations) const {
  std::uint64_t highest = 0;
  auto see = [&](const std::string& key) {
    if (auto found = entries_.find(key); found != entries_.end())
      highest = std::max(highest, found->second.version);
  };
  for (const auto& operation : operations) {
    if (auto* put = std::get_if<Put>(&operation)) see(put->key);
    if (auto* put = std::get_if<PutIfVersion>(&operation)) see(put->key);
  }
  return highest == 0 ? revision_ : highest;
}

Task<Result<std::uint64_t>> FakeRegistry::transact(std::vector<Operation> operations, Deadline deadline) {
  auto entered = co_await enter(Call::Transact, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  if (auto fits = check_limits(operations); !fits) co_return std::unexpected(fits.error());
  for (const auto& operation : operations)
    if (auto fits = check(operation); !fits) co_return std::unexpected(fits.error());
  ++revision_;
  for (const auto& operation : operations) apply(operation);
  changed_.notify_all();
  if (auto settled = settle(); !settled) co_return std::unexpected(settled.error());
  co_return highest_version(operations);
}

Task<Result<>> FakeRegistry::add(model::Instance instance, Deadline deadline) {
  auto entered = co_await enter(Call::Add, deadline);
  if (!entered) co_return entered;
  put_instance(std::move(instance));
  co_return settle();
}

Task<Result<>> FakeRegistry::remove(std::string service, std::string node, std::string id,
                                    Deadline deadline) {
  auto entered = co_await enter(Call::Remove, deadline);
  if (!entered) co_return entered;
  auto found = instances_.find({node, id});
  if (found == instances_.end() || found->second.registration.instance.service != service)
    co_return fail(Errc::NotFound, "registry: service " + service + " has no instance " + id + " on " + node);
  instances_.erase(found);
  co_return settle();
}

void FakeRegistry::set(const std::string& key, std::string value) {
  ++revision_;
  write(key, std::move(value));
  changed_.notify_all();
}

void FakeRegistry::erase(const std::string& key) {
  ++revision_;
  apply(Delete{key});
  changed_.notify_all();
}

std::optional<std::string> FakeRegistry::value(const std::string& key) const {
  auto found = entries_.find(key);
  if (found == entries_.end()) return std::nullopt;
  return found->second.value;
}

void FakeRegistry::put_instance(model::Instance instance) {
  enter_registration({.instance = std::move(instance), .checks = {}, .lifetime = {}});
}

void FakeRegistry::enter_registration(Registration registration) {
  auto& instance = registration.instance;
  std::ranges::sort(instance.tags);
  InstanceKey key{instance.node, instance.id};
  auto lifetime = registration.lifetime;
  auto lapses = lifetime.count() == 0 ? Deadline::never() : Deadline::after(lifetime);
  instances_.insert_or_assign(std::move(key), Enrolled{std::move(registration), lapses});
}

void FakeRegistry::drop_lapsed() {
  std::erase_if(instances_, [](const auto& entry) { return entry.second.lapses.passed(); });
}

Task<Result<>> FakeRegistry::enroll(Registration registration, Deadline deadline) {
  auto entered = co_await enter(Call::Enroll, deadline);
  if (!entered) co_return entered;
  enter_registration(std::move(registration));
  co_return settle();
}

Task<Result<>> FakeRegistry::renew(Registration registration, Deadline deadline) {
  auto entered = co_await enter(Call::Renew, deadline);
  if (!entered) co_return entered;
  drop_lapsed();
  auto& instance = registration.instance;
  if (!instances_.contains({instance.node, instance.id}))
    co_return fail(Errc::NotFound, "registry: there is no instance " + instance.id + " on " + instance.node);
  enter_registration(std::move(registration));
  co_return settle();
}

Task<Result<std::vector<model::Instance>>> FakeRegistry::registered(Deadline deadline) {
  auto entered = co_await enter(Call::Registered, deadline);
  if (!entered) co_return std::unexpected(entered.error());
  drop_lapsed();
  std::vector<model::Instance> found;
  if (take_one(empty_)) co_return found;
  for (const auto& [key, enrolled] : instances_) found.push_back(enrolled.registration.instance);
  co_return found;
}

const Registration* FakeRegistry::registration(const std::string& node, const std::string& id) const {
  auto found = instances_.find({node, id});
  return found == instances_.end() ? nullptr : &found->second.registration;
}

void FakeRegistry::drop_instance(const std::string& node, const std::string& id) {
  instances_.erase({node, id});
}

void FakeRegistry::fail_next(int calls, Error error, std::optional<Call> only) {
  failures_ = calls;
  failure_ = std::move(error);
  failing_ = only;
}

void FakeRegistry::go_away() {
  away_ = true;
  changed_.notify_all();
}

void FakeRegistry::come_back() { away_ = false; }

void FakeRegistry::restart_history() {
  revision_ = 1;
  tombstones_.clear();
  for (auto& [key, entry] : entries_) entry.version = ++revision_;
  changed_.notify_all();
}

int FakeRegistry::calls(Call call) const {
  auto found = calls_.find(call);
  return found == calls_.end() ? 0 : found->second;
}

}  // namespace dfp::registry::testing
