#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "haproxy/config/policy/strip_path.hpp"

/// What becomes of the requests of a destination, where that is more than the usual: one file per family. A
/// family is an entry here, rules in the profile's defaults section, and perhaps a map.
namespace dfp::haproxy::config {

/// The maps of all policies. Files, runtime commands and repair follow from this list.
inline constexpr std::array kPolicyMaps = {kStripMap};

/// All entries of a destination, in a fixed order. None: the plain profile will do.
std::vector<PolicyEntry> policies_of(const model::Destination& destination);
/// The rules that every backend of the policies' profile has.
void write_policies(ConfigWriter& writer);

}  // namespace dfp::haproxy::config
