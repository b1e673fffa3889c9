#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace dfp::model {

/// How a route's path is compared with a request's path (HAProxy's names; the original's `pathType`).
enum class PathType { Beg, Exact, End, Sub, Dir, Reg };
/// "path_beg", "path", "path_end", "path_sub", "path_dir", "path_reg".
std::string_view to_string(PathType type) noexcept;
Result<PathType> parse_path_type(std::string_view text);

/// One way into a service: which requests it gets, and what of the service they go to. Its parameters carry
/// an index (`servicePath.2`) where a service has several.
struct Destination {
  std::vector<std::string> paths;
  std::optional<PathType> path_type;  ///< as given; path_beg when absent
  std::vector<std::string> domains;   ///< lower case; "*.example.com" matches every host below example.com
  bool skip_check = false;            ///< no health checks
  std::uint16_t port = 0;   ///< of the instances where the catalog does not tell it (Docker); 0: not given
  bool strip_path = false;  ///< instances get the path without the one of `paths` that matched

  bool operator==(const Destination&) const = default;
  PathType effective_path_type() const { return path_type.value_or(PathType::Beg); }
};

/// Index of the destination that a service has in any case; parameters without an index are its.
inline constexpr unsigned kFirstDestination = 1;
/// As in the original.
inline constexpr unsigned kMaxDestinations = 10;

/// Names a destination everywhere beyond the definition: "go-demo" the first one, "go-demo+02" another. No
/// service's name has a '+', and as bytes the keys are in the order of services and indices.
std::string destination_key(std::string_view service, unsigned index);
struct DestinationName {
  std::string service;
  unsigned index = kFirstDestination;
};
/// nullopt where destination_key() cannot have given it.
std::optional<DestinationName> parse_destination_key(std::string_view key);

/// How many segments a stripped path may have at most.
inline constexpr unsigned kMaxStripSegments = 8;
/// Parts between slashes: 2 for "/a/b" and "/a/b/", 0 for "/".
unsigned segments_of(std::string_view path);

/// Checks of the fields. @return InvalidArgument naming the parameter, without its index.
Result<> check_path(std::string_view path, PathType type);
Result<> check_domain(std::string_view domain);
/// All checks of one destination, but whether it has a route.
Result<> check_destination(const Destination& destination);

/// Puts the index behind the parameter's name that an error of this destination begins with.
Error of_destination(Error error, unsigned index);

}  // namespace dfp::model
