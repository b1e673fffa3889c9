#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace dfp::net {

/// Decoded parameters in order; repeated keys are kept.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;

/// A request target, taken apart and percent-decoded.
struct Target {
  std::string path;
  QueryPairs query;
};

/// Takes a target in origin form apart by the rules of Go's net/url (ParseRequestURI, ParseQuery,
/// since 1.17):
/// - the path ends at the first '?'; '+' is itself there and a space in the query;
/// - parameters are separated by '&' only, empty ones are skipped; "a" and "a=" both give an empty value;
/// - a bare ';' in the query is refused (it once was a second separator, so its meaning is unsafe to guess):
/// write %3B;
/// - '%' needs two hexadecimal digits; any byte may result, NUL too: what a value may hold is decided by its
/// user. Pure; never throws on any input.
/// @return InvalidArgument, naming the offending part, for a bad escape, a ';' or a target that does not
/// begin with '/'.
Result<Target> parse_target(std::string_view target);

/// "a=1&b=x%20y": the reverse of the query's decoding; everything outside RFC 3986's unreserved characters is
/// escaped.
std::string encode_query(const QueryPairs& pairs);

}  // namespace dfp::net
