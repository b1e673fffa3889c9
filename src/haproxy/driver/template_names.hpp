#pragma once
#include <set>
#include <string>

#include "haproxy/config/base_text.hpp"
#include "haproxy/driver/names.hpp"
#include "haproxy/runtime/command.hpp"
#include "haproxy/runtime/live_state.hpp"
#include "haproxy/state/applied_state.hpp"

/// Host names of servers in custom templates: HAProxy is given their addresses, as it is those of instances.
namespace dfp::haproxy {

/// The names in all templates that are served.
std::set<std::string> names_in_templates(const AppliedState& applied_state);
/// All names in a change: of its instances, and in its templates, which are read for it.
std::set<std::string> names_in(const AppliedState& applied_state, const model::Change& change);

/// What a worker of an earlier life was told, for names that are not known: the name server may not answer
/// now.
void remember_addresses(const AppliedState& applied_state, const runtime::LiveState& live, Names& names);

/// What tells a worker other addresses of servers that have one.
runtime::Commands address_commands(const config::ServerAddresses& present,
                                   const config::ServerAddresses& wanted);
/// The same for a worker of an earlier life.
/// @return Conflict for a server without an address, which only a reload can give it.
Result<runtime::Commands> adopt_addresses(const config::ServerAddresses& wanted,
                                          const runtime::LiveState& live);

}  // namespace dfp::haproxy
