#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace dfp::haproxy::process {

/// One line of HAProxy's output on standard error.
struct Message {
  /// How HAProxy ranks it: [ALERT], [WARNING], and the rest.
  enum class Rank { Alert, Warning, Notice };
  Rank rank = Rank::Notice;
  std::string text;  ///< without the rank, the process, and "config : "
  /// What a command on the runtime API brings about, and what a master tells of an ordinary start, reload and
  /// stop: whoever gave the command knows. Told by the words: 2.6 does not say "CLI : " before the answer to
  /// the first command, and before anything, checks too, after that.
  bool routine = false;
};

/// Source: HAProxy 2.6 src/errors.c, print_message() ("[ALERT]    (12) : CLI : text").
Message parse_message(std::string_view line);

/// A running check has changed its mind about a server; nobody has ordered that.
struct ServerChange {
  std::string_view backend;
  std::string_view server;
  bool up = false;
  bool last = false;  ///< the backend has no other one
  std::string_view
      reason;  ///< "Layer4 connection problem, info: \"Connection refused\", check duration: 0ms"
};

/// Source: HAProxy 2.6 src/server.c, srv_update_status(). Parts of `text`.
std::optional<ServerChange> parse_server_change(std::string_view text);

}  // namespace dfp::haproxy::process
