#pragma once
#include <expected>
#include <string>
#include <utility>

namespace dfp {

/// What kind of failure it is; decides the HTTP status (api) and whether a retry can help.
enum class Errc {
  InvalidArgument,  ///< the caller's input is wrong; names the parameter
  NotFound,
  Conflict,        ///< another owner or a newer version holds the thing
  Timeout,         ///< the deadline passed; the outcome is unknown unless stated
  Unavailable,     ///< a server that is needed cannot be reached now
  Rejected,        ///< a server was reached and refused (HAProxy's or Consul's own message)
  OutcomeUnknown,  ///< a server was told to change something and did not answer: it may have done so
  Cancelled,       ///< the program is stopping
  Internal,        ///< a bug or a broken environment
};

/// An expected failure. `what` is one sentence: the operation, the object, the reason, the way out.
struct Error {
  Errc code;
  std::string what;

  bool operator==(const Error&) const = default;
};

template <class T = void>
using Result = std::expected<T, Error>;

/// Shorthand for `return std::unexpected(Error{...})`.
inline std::unexpected<Error> fail(Errc code, std::string what) {
  return std::unexpected(Error{code, std::move(what)});
}

/// Adds context in front of an error that is passed up: "store: load go-demo: timeout".
inline std::unexpected<Error> fail(std::string_view context, const Error& cause) {
  return std::unexpected(Error{cause.code, std::string(context) + ": " + cause.what});
}

/// The name of a code in lower case, for logs and JSON: "not_found".
std::string_view to_string(Errc code) noexcept;

}  // namespace dfp
