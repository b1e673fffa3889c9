#pragma once
#include <string>

#include "base/result.hpp"
#include "haproxy/config/template/sections.hpp"

/// HAProxy looks up whatever name it finds in place of an address, in each check of its configuration and at
/// each start, one after the other, and serves nobody until the name server has answered (10 to 20 s for a
/// name where none does). Names of servers are the proxy's business (named_servers.hpp); no other line of a
/// template may have one.
namespace dfp::haproxy::config {

/// @return InvalidArgument with the line, the name and the way out. No operator can lift that.
Result<> check_literal_addresses(const Section& section);

/// The same for values of ACLs, which may be names where a criterion gives addresses: the line with ACLs that
/// HAProxy refuses instead of looking something up. For checks only.
/// Source: configuration manual 2.6, section 7.1, flag "-n".
std::string without_lookups(const std::string& line);

}  // namespace dfp::haproxy::config
