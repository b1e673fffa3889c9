#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "registry/catalog.hpp"

namespace dfp::reconcile {

/// Who asks for a change, and in which way. What the change may do follows from the kind of its origin, in
/// one table (policy_of() in origin.cpp), and not from switches at each call. A value: made by whoever makes
/// the request, kept with the service as its author.
class Origin {
 public:
  enum class Kind {
    Api,       ///< a single order, by a caller of the API
    Label,     ///< whoever follows labels: one of many in a row, repeated whenever the catalog changes
    Catalog,   ///< a catalog that is the authority over a service's instances, and has others now (Docker)
    Watch,     ///< what a service with `watch` follows has changed
    Original,  ///< an original 1.0 next to us: the six keys of a service, and no instances
    Found,     ///< nobody known: a running proxy served it, and neither registry nor last known state told it
  };

  struct Policy {
    /// How new the catalog's answer has to be.
    registry::Freshness freshness = registry::Freshness::Now;
    /// While the registry is away: served at once, and kept when the registry is back; whoever asks comes
    /// again when the catalog has changed meanwhile. Nothing is removed in that time: a removal that is not
    /// kept would come back.
    bool kept_later = false;
    /// A catalog that suddenly knows no instance of a service that serves is believed.
    bool may_become_empty = false;
    /// The same is asked again and again: where it changes nothing, it does not count as the latest order.
    bool repeats_itself = false;
    /// The stored record says which instances are served; else they are taken from the catalog.
    bool pins_instances = true;
    /// Has a record in the registry. What was found in the proxy lacks what the proxy does not tell: no
    /// record for others.
    bool has_record = true;
  };

  /// An order like the API's, by somebody with a fixed name.
  Origin(const char* author) : Origin(Kind::Api, author) {}
  /// @param author as it is shown to people, and kept: "api 127.0.0.1"
  static Origin api(std::string author) { return {Kind::Api, std::move(author)}; }
  static Origin label(std::string author) { return {Kind::Label, std::move(author)}; }
  /// These two do not change who asked for the service.
  static Origin catalog(std::string author) { return {Kind::Catalog, std::move(author)}; }
  static Origin watch(std::string author) { return {Kind::Watch, std::move(author)}; }

  Kind kind() const { return kind_; }
  const std::string& author() const { return author_; }
  const Policy& policy() const { return policy_of(kind_); }

  static const Policy& policy_of(Kind kind);
  /// Of the last change of a stored service, by its author: Original, Found, or Api for all others, which are
  /// equal once they are stored.
  static Kind kind_of(std::string_view author);
  static const Policy& policy_of(std::string_view author) { return policy_of(kind_of(author)); }

 private:
  Origin(Kind kind, std::string author) : kind_(kind), author_(std::move(author)) {}

  Kind kind_;
  std::string author_;
};

}  // namespace dfp::reconcile
