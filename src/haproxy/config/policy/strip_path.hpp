#pragma once
#include <string>
#include <vector>

#include "haproxy/config/policy/entry.hpp"
#include "haproxy/config/writer.hpp"
#include "model/destination.hpp"

/// stripPath: an instance gets the path without the servicePath that matched; /store and /store/x become /
/// and /x. Whole segments only: /storefront, which begins with /store as well, stays as it is.
namespace dfp::haproxy::config {

/// "BACKEND/store/" -> the number of segments that are taken away.
inline constexpr std::string_view kStripMap = "strip.map";

/// Rules of the policies' profile. The prefix that was taken away is told in X-Forwarded-Prefix.
void write_strip_path(ConfigWriter& writer);
void add_strip_path(const model::Destination& destination, std::vector<PolicyEntry>& entries);

}  // namespace dfp::haproxy::config
