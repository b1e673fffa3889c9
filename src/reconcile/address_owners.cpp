#include "reconcile/address_owners.hpp"

#include <algorithm>
#include <tuple>

#include "base/log.hpp"

namespace dfp::reconcile {
namespace {

using model::Instance;

bool same_identity(const Instance& a, const Instance& b) { return a.node == b.node && a.id == b.id; }

/// One that was found in HAProxy has no node, and its service's colour may be unknown.
bool is_own(const Instance& owner, const Instance& pinned) {
  if (owner.service == pinned.service || same_identity(owner, pinned)) return true;
  return pinned.node.empty() && owner.service.starts_with(pinned.service + "-");
}

}  // namespace

void AddressOwners::update(std::vector<Instance> owners) {
  owners_ = std::move(owners);
  by_address_.clear();
  for (std::size_t i = 0; i < owners_.size(); ++i) by_address_[owners_[i].address].push_back(i);
}

template <class Visitor>
bool AddressOwners::any_at(const Instance& pinned, Visitor visit) const {
  auto found = by_address_.find(pinned.address);
  if (found == by_address_.end()) return false;
  return std::ranges::any_of(found->second, [&](std::size_t i) {
    const auto& owner = owners_[i];
    return (owner.port == 0 || owner.port == pinned.port) && visit(owner);
  });
}

const Instance* AddressOwners::taken_by(const Instance& pinned) const {
  const Instance* other = nullptr;
  bool own = any_at(pinned, [&](const Instance& owner) {
    if (is_own(owner, pinned)) return true;
    other = &owner;
    return false;
  });
  return own ? nullptr : other;
}

bool AddressOwners::has(const Instance& pinned) const {
  return any_at(pinned, [&](const Instance& owner) {
    return owner.service == pinned.service && same_identity(owner, pinned);
  });
}

const Withdrawals::Withdrawn* Withdrawals::of(const model::Service& service) const {
  auto found = withdrawn_.find(service.definition.service);
  bool current = found != withdrawn_.end() && found->second.revision == service.revision;
  return current ? &found->second : nullptr;
}

bool Withdrawals::would_settle(const model::Service& service, const AddressOwners& owners) const {
  if (std::ranges::any_of(service.instances, [&](const auto& i) { return owners.taken_by(i) != nullptr; }))
    return true;
  const auto* earlier = of(service);
  return earlier && std::ranges::any_of(earlier->instances, [&](const auto& i) { return owners.has(i); });
}

bool Withdrawals::settle(model::Service& service, const AddressOwners& owners) {
  const auto& name = service.definition.service;
  Withdrawn next{service.revision, {}};
  std::vector<Instance> stay;
  bool changed = false;
  for (auto& instance : service.instances) {
    const auto* other = owners.taken_by(instance);
    if (other) {
      changed = true;
      log::warn("reconcile.address_taken", {{"service", name},
                                            {"instance", instance.id},
                                            {"address", instance.address},
                                            {"port", instance.port},
                                            {"by_service", other->service},
                                            {"by_instance", other->id}});
    }
    (other ? next.instances : stay).push_back(std::move(instance));
  }
  if (const auto* earlier = of(service))
    for (const auto& instance : earlier->instances) {
      bool back = owners.has(instance);
      if (back) log::info("reconcile.address_given_back", {{"service", name}, {"instance", instance.id}});
      bool present = std::ranges::any_of(stay, [&](const auto& i) { return same_identity(i, instance); });
      changed = changed || (back && !present);
      if (!present) (back ? stay : next.instances).push_back(instance);
    }
  std::ranges::sort(stay, {}, [](const auto& i) { return std::tie(i.node, i.id, i.requested_port); });
  service.instances = std::move(stay);
  if (next.instances.empty())
    withdrawn_.erase(name);
  else
    withdrawn_.insert_or_assign(name, std::move(next));
  return changed;
}

std::map<std::string, std::vector<Instance>> Withdrawals::all() const {
  std::map<std::string, std::vector<Instance>> out;
  for (const auto& [name, withdrawn] : withdrawn_) out.emplace(name, withdrawn.instances);
  return out;
}

}  // namespace dfp::reconcile
