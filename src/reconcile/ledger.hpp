#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/plan.hpp"
#include "reconcile/start_sources.hpp"

namespace dfp::reconcile {

/// What the reconciler knows about each service: one record, which says how far the registry and the proxy
/// agree about it. What is served is not in it: that is the driver's applied state.
///
/// Pure; use from one executor. A record is made when something is noted of a service for the first time, and
/// stays for as long as the program runs (about 300 bytes): whether we wrote a service must be known after it
/// was removed, too. of(), edit() and wrote() are one hash lookup. Queries for several services go through
/// the exceptional ones only (Record::is_plain), usually none; what says that it goes through all records
/// costs about 1 ms for 10,000.
class Ledger {
 public:
  /// A stored service that the proxy refused when it was prepared, before the turn.
  struct Refusal {
    std::uint64_t version = 0;  ///< of the stored service
    std::string reason;
    bool operator==(const Refusal&) const = default;
  };

  struct Record {
    /// Stored version of the applied service; nullopt: the registry does not have it, or it is not applied.
    std::optional<std::uint64_t> version;
    /// Registry version of our latest write or removal that a reading may not show yet; 0: none.
    std::uint64_t own_write = 0;
    std::uint64_t written = 0;                 ///< the same, whatever happened to the registry since
    std::optional<std::uint64_t> refused;      ///< the stored version that the proxy refused
    bool claimed = false;                      ///< the stored record has a claim that fits it
    bool unkept = false;                       ///< applied, and the registry does not have it so
    std::optional<StartSource> source;         ///< the registry has not told it since the start; this has
    std::optional<std::string> quarantined;    ///< stored and cannot be applied: why
    std::optional<std::string> not_refreshed;  ///< served as it was stored: why it could not be rendered
    std::optional<Refusal> foreseen;           ///< by the preparation of a snapshot, until that is applied
    /// The proxy has a change of this turn that the registry refused, as another writer was faster: what was
    /// served before. It stays until the other writer's can replace it in one step, since going back first
    /// would take a route away that both have.
    std::unique_ptr<std::optional<model::Service>> overtaken;

    /// What a write says that replaces the stored version: 0 where there must be none.
    std::uint64_t known_version() const { return version.value_or(0); }
    /// A snapshot with this index does not show what we wrote.
    bool written_by_us_after(std::uint64_t index) const { return own_write > index; }
    /// A registry whose history ends before the service was written has not removed it but forgotten it: it
    /// was wiped, and another proxy is writing back what it serves.
    bool is_lost(std::uint64_t index) const { return version && *version > index; }
    /// The registry has it as it is served, as far as is known here.
    bool is_kept() const { return !unkept && !source; }
    /// This proxy wrote what is kept of it.
    bool is_ours() const { return written > 0 && version == written; }
    /// Nothing about it is exceptional: it is served as the registry has it, or unknown.
    bool is_plain() const { return is_kept() && !quarantined && !not_refreshed && !foreseen && !overtaken; }

    /// The registry has this version of it, as it is served or is about to be.
    void keep(std::uint64_t stored_version);
    /// The registry has lost it: it has to be written again.
    void lose();
    /// Somebody has removed it by order.
    void remove();
    /// The proxy refuses the version that is known; one that is not known counts as 0 from now on.
    void refuse(std::string reason);
    /// Another writer was faster with a change that the proxy has. @param before what was served before it
    void overtake(std::optional<model::Service> before);
  };

  /// A record while it is changed; the ledger's index is right again when this dies, at the end of the
  /// statement: `ledger.edit(name)->unkept = true;`.
  class Edit {
   public:
    Edit(Ledger& ledger, const std::string& name);
    ~Edit();
    Edit(const Edit&) = delete;
    Edit& operator=(const Edit&) = delete;
    Record* operator->() { return &entry_->second; }

   private:
    Ledger& ledger_;
    std::pair<const std::string, Record>* entry_;
  };

  using Reasons = std::map<std::string, std::string>;  ///< service -> reason
  using Versions = std::vector<std::pair<std::string, std::uint64_t>>;

  /// An empty record for a service of which nothing was noted.
  const Record& of(const std::string& name) const;
  Edit edit(const std::string& name) { return {*this, name}; }

  /// The registry has taken a write or a removal of ours.
  void wrote(const std::string& name, std::uint64_t version);
  /// Of any service.
  std::uint64_t latest_own_write() const { return latest_own_write_; }

  /// The registry was made again, and its numbers begin again: what is known by number means nothing in it.
  /// Goes through all records.
  void forget_numbers();
  /// The registry has nothing of what was stored. Goes through all records.
  void forget_versions();
  /// All that are known. Goes through all records.
  Versions versions() const;
  /// These, and no others. Goes through all records.
  void set_versions(const Versions& versions);

  /// Services that the registry has not told since the start.
  std::map<std::string, StartSource> sources() const;
  /// These, and no others.
  void set_sources(const std::map<std::string, StartSource>& sources);
  /// In the order of names, as all that follow.
  std::vector<std::string> unkept() const;
  Reasons quarantined() const;
  Reasons not_refreshed() const;
  /// Foreseen refusals, which are forgotten with this.
  std::map<std::string, Refusal> take_foreseen();
  /// What was served before the changes that another writer was faster with.
  model::Change overtaken() const;
  /// The same, and it is forgotten: somebody makes the proxy serve that again.
  model::Change take_overtaken();

 private:
  std::unordered_map<std::string, Record> records_;
  std::set<std::string> exceptional_;  ///< names of the records that are not plain
  std::uint64_t latest_own_write_ = 0;
};

}  // namespace dfp::reconcile
