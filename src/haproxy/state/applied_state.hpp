#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "haproxy/config/files.hpp"
#include "haproxy/state/backend_book.hpp"
#include "haproxy/state/template_book.hpp"
#include "model/plan.hpp"

namespace dfp::haproxy {

/// One destination before and after a change.
struct BackendChange {
  std::string destination;  ///< model::destination_key
  std::optional<config::Backend> before;
  std::optional<config::Backend> after;
};

/// One service before and after a change.
struct ServiceChange {
  std::string service;
  std::optional<model::Service> before;
  std::optional<model::Service> after;
  std::vector<BackendChange> backends;
  std::optional<config::Fragment> fragment_before;  ///< of a custom template
  std::optional<config::Fragment> fragment_after;
  std::optional<std::string> suspended_before;  ///< why
};

/// What a change does, in HAProxy's terms; enough to undo it.
struct Transition {
  std::vector<ServiceChange> services;
  config::RouteIndex::Delta routes;
};

/// Whether a change needs another backend than the one in use: a new destination, a new colour, other
/// policies, or other checks by HAProxy (those of a server are fixed).
bool needs_backend(const config::Backend* before, const config::Backend* after);

/// What HAProxy is to serve: the services, and what follows from them. Every change costs time in proportion
/// to itself, not to what is there.
class AppliedState {
 public:
  explicit AppliedState(const Settings& settings);

  /// @return as check(), for a definition that HAProxy cannot express; then nothing has changed.
  Result<Transition> change(const model::Change& change, const config::Addresses& addresses);
  void revert(const Transition& transition);

  /// Whether HAProxy can express it. @return InvalidArgument naming the service, the parameter, and the
  /// reason.
  static Result<> check(const model::Service& service);

  /// The backends of all destinations of a service.
  Backends backends_for(const model::Service& service, const config::Addresses& addresses) const;
  /// The same as they are now. Empty for a service that is not there.
  Backends backends_now(const std::string& service) const;
  /// Servers that are left out of the backends of this service from its next change on.
  void set_down(const std::string& service, std::set<std::string> servers);
  /// Those that HAProxy cannot check as it is asked to, down or not.
  std::vector<config::CheckedServer> checked_servers(const std::string& service,
                                                     const config::Addresses& addresses) const;
  /// What the rendered template of a service contributes; nothing without one.
  /// @return Rejected with the template's line and the reason.
  Result<std::optional<config::Fragment>> fragment_of(const model::Service& service) const;
  /// Whether the templates of a change can stand beside each other and those that stay.
  /// @return Conflict naming both services; else as fragment_of().
  Result<> check_apart(const model::Change& change) const;
  /// A change of a service ends its suspension, and undoing the change brings it back.
  TemplateBook& templates() { return templates_; }
  const TemplateBook& templates() const { return templates_; }

  const model::DesiredState& state() const { return state_; }
  const config::RouteIndex& routes() const { return routes_; }
  const Backends& backends() const { return book_.all(); }
  std::size_t server_count() const { return book_.server_count(); }
  std::chrono::milliseconds check_interval() const { return book_.check_interval(); }

  /// The files of this applied state. @param wildcard_depth what the base text can look up.
  Result<config::FileSet> render(const config::BaseText& base, const std::vector<std::string>& certificates,
                                 std::uint64_t generation);
  /// Destination -> backend, as the files name them.
  const std::map<std::string, std::string>& file_names() const { return book_.names(); }

 private:
  void put(const std::string& name, const model::Service* service, const config::Fragment* fragment);
  Result<> check_apart(const Transition& transition) const;

  const Settings& settings_;
  model::DesiredState state_;
  config::RouteIndex routes_;
  BackendBook book_;
  TemplateBook templates_;
  std::map<std::string, std::set<std::string>> down_;  // by service
};

}  // namespace dfp::haproxy
