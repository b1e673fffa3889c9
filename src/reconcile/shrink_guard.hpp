#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace dfp::reconcile {

/// Decides what to do about services that are served and that a readable registry does not have (any more):
/// were they removed, or has the registry lost them? Pure: knows what it is told, and no clock.
///
/// A service that somebody removed by order goes at once. So does a single one that just is not there: keys
/// are deleted by hand too. Several that vanish in one reading, and that are more than a tenth of what the
/// registry had, are a loss (ADR 0014): a second reading has to say the same, and then they are held, that is
/// served on and reported, until the registry has them again, somebody removes them, or they were held for
/// long enough.
class ShrinkGuard {
 public:
  using Time = std::chrono::system_clock::time_point;
  /// So long after the first suspicious reading another one counts as a second.
  static constexpr std::chrono::milliseconds kConfirmAfter{250};

  /// @param hold how long what the registry has lost is served on
  explicit ShrinkGuard(std::chrono::milliseconds hold) : hold_(hold) {}

  /// One reading of the registry.
  struct Reading {
    std::set<std::string> missing;  ///< served, and not in the registry
    std::set<std::string> removed;  ///< services that somebody removed, among others perhaps the missing ones
    std::size_t served = 0;         ///< services in all, the missing ones included
    /// Services that only the running proxy has told of: that the registry lacks one of them is a loss
    /// already.
    std::set<std::string> found = {};
  };
  struct Verdict {
    std::set<std::string> drop;        ///< of the missing: these go now
    std::set<std::string> newly_held;  ///< of the missing: these are held from now on
    std::set<std::string> expired;     ///< of `drop`: they were held for long enough
    bool read_again = false;           ///< a second reading has to confirm this one; nothing is held yet
  };
  /// What is dropped has to be gone from the next reading's `served`; else it is judged again.
  Verdict judge(const Reading& reading, Time now);

  /// What counts as a loss: more than one service, and more than a tenth of those that the registry had.
  static bool suspicious(std::size_t vanished, std::size_t known);

  /// The service was changed or removed through us: nothing is lost about it.
  void forget(const std::string& service) { held_.erase(service); }
  /// Of an earlier life of this program.
  void resume(std::map<std::string, Time> held) { held_ = std::move(held); }
  /// Services that are held -> since when.
  const std::map<std::string, Time>& held() const { return held_; }
  Time until(Time since) const { return since + hold_; }
  /// When the next one expires.
  std::optional<Time> next_expiry() const;

 private:
  std::chrono::milliseconds hold_;
  std::map<std::string, Time> held_;
  std::optional<Time> doubted_;  ///< since then readings are suspicious, and wait for one that confirms them
};

}  // namespace dfp::reconcile
