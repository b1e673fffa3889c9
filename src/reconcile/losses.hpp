#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "metrics/metrics.hpp"
#include "reconcile/shared.hpp"
#include "reconcile/shrink_guard.hpp"

namespace dfp::reconcile {

/// What is served although the registry does not have it: which services, why, and since when. Decides, with
/// a ShrinkGuard, what is removed and what is held; reports it to log, metrics and the last known state.
/// Changes with the rules of ADR 14, and with nothing else. Used in turn.
class Losses {
 public:
  explicit Losses(Shared& shared);

  /// One reading of the registry: what becomes of served services that it does not have.
  ShrinkGuard::Verdict judge(const std::set<std::string>& missing, const registry::StoreSnapshot& snapshot,
                             std::size_t served);
  /// A reading waits for another one that confirms it.
  bool reads_again() const { return read_again_; }

  /// Notes and reports a blank registry, unless nothing is served: all services are unkept then.
  void note_blank(const registry::StoreSnapshot& snapshot, const model::DesiredState& served);
  void note_not_blank() { blank_ = false; }
  /// The registry was blank when it was read last, and something is served.
  bool is_blank() const { return blank_; }

  /// The registry has it as it is served, or it is served no more.
  void note_known(const std::string& name);
  /// Tells metrics and the last known state which services are held.
  void report();

  /// Of an earlier life of this program.
  void resume(std::map<std::string, ShrinkGuard::Time> held) { guard_.resume(std::move(held)); }
  const std::map<std::string, ShrinkGuard::Time>& held() const { return guard_.held(); }
  /// When the next service was held for long enough.
  std::optional<ShrinkGuard::Time> next_expiry() const { return guard_.next_expiry(); }
  /// Whether the registry has the service as it is served, as far as is known here.
  bool is_kept(const std::string& name) const;
  /// Services that are served and not kept: name -> reason, for people.
  std::map<std::string, std::string> reasons() const;

 private:
  Shared& shared_;
  ShrinkGuard guard_;
  bool read_again_ = false;
  bool blank_ = false;
  metrics::Gauge& held_count_;
};

}  // namespace dfp::reconcile
