#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace dfp::model {

struct Definition;
struct Instance;

/// Statuses of HTTP answers, both ends included.
struct StatusRange {
  int first = 200;
  int last = 399;
  bool operator==(const StatusRange&) const = default;
};
/// "204", "200-399" or "2xx". @return InvalidArgument for anything else, and outside of 100 to 599.
Result<StatusRange> parse_status_range(std::string_view text);

/// The check* parameters of `reconfigure` as they were given; what was not given is empty.
struct CheckParameters {
  std::string path;                 ///< with its query; empty: no HTTP check is asked for
  std::string method;               ///< GET when empty
  std::string host;                 ///< the Host header; the instance's address and port when empty
  std::vector<std::string> status;  ///< each a StatusRange; 200-399 when empty
  std::optional<std::chrono::milliseconds> interval;  ///< [100 ms, 1 h]
  std::optional<std::chrono::milliseconds> timeout;   ///< [10 ms, 1 min]
  std::optional<int> rise;                            ///< [1, 100]
  std::optional<int> fall;                            ///< [1, 100]
  bool tcp = false;                                   ///< a connection is enough, whatever the registry knows

  bool operator==(const CheckParameters&) const = default;
};

/// Whether each can be used, and goes with the rest of its definition. @return InvalidArgument naming the
/// parameter.
Result<> check_checks(const Definition& definition);

/// How the health of one instance is found out: by an HTTP request, or by a connection alone.
struct HealthCheck {
  std::string path;  ///< empty: a connection is enough
  std::string method = "GET";
  std::string host;  ///< empty: the instance's address and port
  std::vector<StatusRange> healthy = {StatusRange{}};
  // What is not set is left to the proxy's settings.
  std::optional<std::chrono::milliseconds> interval;  ///< between the begins of two checks
  std::optional<std::chrono::milliseconds> timeout;   ///< of one; as long as the interval when not set
  std::optional<int> rise;                            ///< good ones in a row that make it healthy
  std::optional<int> fall;                            ///< bad ones in a row that make it unhealthy

  bool operator==(const HealthCheck&) const = default;
  bool is_http() const { return !path.empty(); }
  bool accepts(int status) const;
  /// The healthy ones: "200-299,404".
  std::string statuses() const;
  /// "GET /health (200-399)", "a connection".
  std::string text() const;
};

/// What a registry knows about an instance's own check, in the words of Registrator, as the instance's meta:
/// the path of an HTTP check of its own port, and more about it.
inline constexpr std::string_view kMetaCheckHttp = "check_http";
inline constexpr std::string_view kMetaCheckMethod = "check_http_method";
inline constexpr std::string_view kMetaCheckInterval = "check_interval";
inline constexpr std::string_view kMetaCheckTimeout = "check_timeout";

/// The check of an instance: what the definition says; where it asks for no kind of check, the one that the
/// registry knows; else a connection. A text of the registry that cannot be read counts as not there.
HealthCheck check_of(const Definition& definition, const Instance& instance);

}  // namespace dfp::model
