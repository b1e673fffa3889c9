#pragma once
#include "haproxy/config/settings.hpp"
#include "haproxy/config/writer.hpp"

/// What happens to every request before routes and templates see it, so that both see the same, and so that
/// what reaches an instance was said by this proxy and not by a client who pretends to be one.
///
/// Refused with 400: HTTP/1.1 without Host; a Host that is no name or address with a port (user names, a port
/// that is no number); a NUL in a header; a Content-Length of more than 18 digits, which HAProxy 2.6 reads
/// modulo 2^64 and passes on as written.
/// Removed: Connection, Keep-Alive and Proxy-Connection (what else Connection names arrives: HAProxy 2.6
/// cannot delete by a name that a request brings), and upgrades other than to a WebSocket (an `h2c` that an
/// instance accepts would be a tunnel past all rules); forwarded headers of clients that are not trusted,
/// also when spelled with '_', which many instances read as '-'. Normalised: dot segments, and %XX of what
/// needs none. %2F stays: it is no separator. The query stays as it is: it may be signed.
///
/// The same on the ports that templates bind themselves, where these are the first rules of the section.
///
/// Most requests need none of this. Two conditions sort them out: those have txn.path after
/// write_request_gate(), and the rules of write_odd_request_rules() are for the others.
/// Source: RFC 9110 (7.6.1, 7.8), RFC 9112 (3.2), RFC 3986 (6.2.2); configuration manual 2.6, section 4.2,
/// "http-request normalize-uri". Costs: docs/adr/0013.
namespace dfp::haproxy::config {

/// Refusals, the scheme, and txn.path of requests that are as they should be.
void write_request_gate(ConfigWriter& writer, const Settings& settings, bool tls);

/// Makes the others so, and sets their txn.path.
void write_odd_request_rules(ConfigWriter& writer, const Settings& settings);

}  // namespace dfp::haproxy::config
