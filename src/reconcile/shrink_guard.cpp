#include "reconcile/shrink_guard.hpp"

#include <algorithm>

namespace dfp::reconcile {

bool ShrinkGuard::suspicious(std::size_t vanished, std::size_t known) {
  return vanished > 1 && vanished * 10 > known;
}

ShrinkGuard::Verdict ShrinkGuard::judge(const Reading& reading, Time now) {
  Verdict verdict;
  std::erase_if(held_, [&](const auto& entry) { return !reading.missing.contains(entry.first); });
  std::set<std::string> vanished;
  for (const auto& name : reading.missing) {
    auto held = held_.find(name);
    bool expired = held != held_.end() && now >= until(held->second);
    if (expired) verdict.expired.insert(name);
    if (expired || reading.removed.contains(name))
      verdict.drop.insert(name);
    else if (held == held_.end())
      vanished.insert(name);
  }
  auto known = reading.served - std::min(held_.size(), reading.served);
  bool found = std::ranges::any_of(vanished, [&](const auto& name) { return reading.found.contains(name); });
  if (!found && !suspicious(vanished.size(), known)) {
    doubted_.reset();
    verdict.drop.merge(vanished);
    return verdict;
  }
  if (!doubted_) doubted_ = now;
  verdict.read_again = now >= *doubted_ && now < *doubted_ + kConfirmAfter;
  if (verdict.read_again) return verdict;
  doubted_.reset();
  for (const auto& name : vanished) held_.emplace(name, now);
  verdict.newly_held = std::move(vanished);
  return verdict;
}

std::optional<ShrinkGuard::Time> ShrinkGuard::next_expiry() const {
  std::optional<Time> next;
  for (const auto& [name, since] : held_) next = std::min(next.value_or(until(since)), until(since));
  return next;
}

}  // namespace dfp::reconcile
