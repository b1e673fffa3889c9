#pragma once
#include <string>
#include <string_view>

#include "haproxy/config/writer.hpp"

/// After a reload the old worker still has connections of clients. Its maps, servers, weights and health are
/// those of the moment in which it was replaced, so it answers no request itself any more: it sends each one,
/// as the client wrote it, to the new worker, over an abstract Unix socket that every new worker inherits
/// from the one before. The address of the client goes along (PROXY protocol), and a client that speaks TLS
/// is handed over with TLS, so that `src`, `ssl_fc` and what is made of them are right. What a worker has
/// begun to answer (a download, a WebSocket) it goes on with itself.
///
/// Cost: two conditions for each request of a worker that is not being replaced (0.4 % of its instructions);
/// for a request that is handed over, one more hop.
/// Source: docs/adr/0012; configuration manual 2.6, sections 2.4 ("abns@"), 7.3.2 ("stopping").
namespace dfp::haproxy::config {

/// Anybody on the machine can connect to an abstract socket. A request counts only with the secret, which
/// stands in a map of mode 0600 and is never sent to anybody but a worker. Without one nothing is believed.
struct HandOver {
  std::string socket = "dfp-hand-over";  ///< a part of the sockets' names that no other HAProxy uses
  std::string secret;                    ///< letters and digits; "": no request is accepted

  bool operator==(const HandOver&) const = default;
};

/// Name of the map with the secret; kept out of whatever shows the configuration.
inline constexpr std::string_view kHandOverMap = "hand-over.map";
/// While the map has this key the worker is being stopped, not replaced: it answers by itself.
inline constexpr std::string_view kAloneKey = "alone";
inline constexpr std::string_view kAloneValue = "yes";
/// Whether a backend's only server is the new worker.
inline bool is_hand_over(std::string_view backend) { return backend.starts_with("dfp:hand-over-"); }

std::string hand_over_map(const HandOver& hand_over);

/// The binds of `frontend dfp:handed-over`, and its first rules: only a worker of ours is believed.
void write_hand_over_entry(ConfigWriter& writer, const HandOver& hand_over, bool tls);
/// Must be the first of the rules that clients' requests meet.
void write_hand_over_rule(ConfigWriter& writer);
/// Must be the first of the backend choices.
void write_hand_over_choices(ConfigWriter& writer, bool tls);
/// The backends with the new worker as their only server.
/// @param lifetime of a worker that was replaced; nothing else ends what was handed over
void write_hand_over_backends(ConfigWriter& writer, const HandOver& hand_over, bool tls,
                              std::chrono::milliseconds lifetime);

/// The same for a frontend or listen section of a template, on sockets of its own.
struct OwnHandOver {
  std::string_view section;
  bool plain = true;
  /// Of the section's bind lines with TLS, as written: "crt /a.pem". Empty where none speaks TLS.
  std::string certificates = {};
};
/// First lines of the section.
void write_own_hand_over(ConfigWriter& writer, const HandOver& hand_over, const OwnHandOver& own);
/// More of its lines: the bind with the template's certificates.
std::string own_hand_over_tls_bind(const HandOver& hand_over, const OwnHandOver& own);
void write_own_hand_over_backends(ConfigWriter& writer, const HandOver& hand_over, const OwnHandOver& own,
                                  std::chrono::milliseconds lifetime);

}  // namespace dfp::haproxy::config
