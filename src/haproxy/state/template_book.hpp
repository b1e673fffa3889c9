#pragma once
#include <map>
#include <string>
#include <string_view>

#include "haproxy/config/files.hpp"
#include "model/desired_state.hpp"

namespace dfp::haproxy {

/// What the templates of services contribute to haproxy.cfg, and which of it HAProxy is not to load for now:
/// what keeps it from starting belongs to one service, and the others serve without it.
class TemplateBook {
 public:
  using Reasons = std::map<std::string, std::string>;  ///< by service

  /// nullptr: none, and it is not suspended any more.
  void put(const std::string& service, const config::Fragment* fragment);
  const config::Fragments& all() const { return fragments_; }
  /// Of all services that are not suspended, in the order of their aclName and name.
  /// @param addresses of servers under host names
  config::TemplateTexts texts(const model::DesiredState& state, const config::Addresses& addresses) const;
  /// Whether a section of this name comes from a template: its servers are the template's business.
  bool has_section(std::string_view section) const;

  void suspend(const std::string& service, std::string reason) { suspended_[service] = std::move(reason); }
  void resume(const std::string& service) { suspended_.erase(service); }
  bool is_suspended(const std::string& service) const { return suspended_.contains(service); }
  const Reasons& suspended() const { return suspended_; }

 private:
  config::Fragments fragments_;  // by service, only of those with a template
  Reasons suspended_;
};

}  // namespace dfp::haproxy
