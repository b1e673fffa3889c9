#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace dfp::net {

/// A request target, taken apart and percent-decoded ("+" in the query is a space, as in Go's
/// url.ParseQuery).
struct Target {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;  ///< in order, repeated keys kept
};

/// @return InvalidArgument, naming the offending part, for a bad escape or a target that is not in origin
/// form.
Result<Target> parse_target(std::string_view target);

}  // namespace dfp::net
