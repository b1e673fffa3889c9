#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Commands of the runtime socket as text, each argument escaped so that it stays one argument.
/// Source: management guide 2.6, section 9.3.
namespace dfp::haproxy::runtime {

/// One argument: spaces, ';', '\' and '<' get a backslash; control characters cannot be sent and are dropped
/// (no validated value has any).
std::string escaped(std::string_view argument);

std::string add_map(std::string_view map, std::string_view key, std::string_view value);
std::string set_map(std::string_view map, std::string_view key, std::string_view value);
std::string del_map(std::string_view map, std::string_view key);

/// `arguments`: address and options as on a server line.
std::string add_server(std::string_view backend, std::string_view server, std::string_view arguments);
std::string del_server(std::string_view backend, std::string_view server);
/// "ready", "drain" or "maint".
std::string set_server_state(std::string_view backend, std::string_view server, std::string_view state);
/// The port stays as it is. A server that had no address serves from then on.
std::string set_server_address(std::string_view backend, std::string_view server, std::string_view address);
std::string set_server_weight(std::string_view backend, std::string_view server, int weight);
/// A new server is in maintenance until then.
std::string enable_server(std::string_view backend, std::string_view server);
std::string enable_health(std::string_view backend, std::string_view server);

// HAProxy 3.4 and later. Source: management guide 3.4, section 9.3.
std::string add_backend(std::string_view backend, std::string_view defaults);
/// A new backend is not used by any rule until then.
std::string publish_backend(std::string_view backend);
std::string unpublish_backend(std::string_view backend);
/// Only of one that is not published, without requests.
std::string del_backend(std::string_view backend);

inline constexpr std::string_view kBackendPublished = "Backend published";
inline constexpr std::string_view kBackendDeleted = "Backend deleted";
inline constexpr std::string_view kNoSuchBackend = "No such backend";
inline constexpr std::string_view kServerAdded = "New server registered";
inline constexpr std::string_view kServerDeleted = "Server deleted";
inline constexpr std::string_view kNoSuchServer = "No such server";

}  // namespace dfp::haproxy::runtime
