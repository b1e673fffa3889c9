#pragma once
#include <set>
#include <string>

#include "haproxy/driver/names.hpp"
#include "haproxy/state/applied_state.hpp"

/// Host names of servers in custom templates: HAProxy is given their addresses, as it is those of instances.
namespace dfp::haproxy {

/// The names in all templates that are served.
std::set<std::string> names_in_templates(const AppliedState& applied_state);
/// All names in a change: of its instances, and in its templates, which are read for it.
std::set<std::string> names_in(const AppliedState& applied_state, const model::Change& change);

}  // namespace dfp::haproxy
