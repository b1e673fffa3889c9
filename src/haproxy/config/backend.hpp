#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "haproxy/config/policy/entry.hpp"
#include "haproxy/config/settings.hpp"
#include "model/desired_state.hpp"

namespace dfp::haproxy::config {

/// One server line. `name` says it all: another address or port gives another name, so that a server never
/// changes under a running request; only its weight may.
struct Server {
  std::string name;     ///< valid and unique within its backend
  std::string address;  ///< literal IP
  std::uint16_t port = 0;
  int weight = 1;  ///< 0-256

  auto operator<=>(const Server&) const = default;
};

/// What a definition says about HAProxy's own checks of its servers; the settings' where it says nothing.
struct Timing {
  std::optional<std::chrono::milliseconds> interval;
  std::optional<int> rise;
  std::optional<int> fall;

  bool operator==(const Timing&) const = default;
};

/// What HAProxy keeps in a backend besides servers cannot be changed in a running one. Backends with such
/// things are made from another named defaults section, so that all others pay nothing for them.
enum class Profile {
  Plain,
  Policies,  ///< looks in the policies' maps (policy/policies.hpp)
};
inline constexpr std::array kProfiles = {Profile::Plain, Profile::Policies};
/// The named defaults section: "dfp:http-rr", "dfp:http-policies".
std::string_view defaults_of(Profile profile);

/// What HAProxy has to hold for one destination of a service.
struct Backend {
  std::string destination;  ///< model::destination_key
  std::string color;
  bool check = true;            ///< HAProxy tries a connection now and then
  std::vector<Server> servers;  ///< sorted by name
  Timing timing = {};
  std::vector<PolicyEntry> policies = {};

  bool operator==(const Backend&) const = default;
  Profile profile() const { return policies.empty() ? Profile::Plain : Profile::Policies; }
};

/// The IP addresses that HAProxy is given for instances. It is never given a name: one that cannot be
/// resolved would keep it from starting, and one that moves to our own API would publish that.
struct Addresses {
  std::map<std::string, std::string, std::less<>> of_names;  ///< of instances registered under a host name
  IsOwnApi is_own_api = {};                                  ///< may be empty

  /// nullopt for a name that is not known, and for our own API, under whatever name or address.
  /// @param port nothing: one that is known only when a client connects
  std::optional<std::string> of(const std::string& host, std::optional<std::uint16_t> port) const;
  std::optional<std::string> of(const model::Instance& instance) const {
    return of(instance.address, instance.port);
  }
  /// Whether it is our own API.
  bool is_barred(const std::string& host, std::optional<std::uint16_t> port) const;
  bool is_barred(const model::Instance& instance) const { return is_barred(instance.address, instance.port); }

 private:
  std::optional<std::string> known(const std::string& host) const;
};

/// Metadata of an instance that was found in HAProxy and nowhere else: the name of its server there, which
/// goes on.
inline constexpr const char* kServerNameMeta = "haproxy-server";

/// "svc:go-demo", "svc:go-demo:blue", of a second destination "svc:go-demo::2", "svc:go-demo:blue:2". ':'
/// cannot occur in the name of a service or colour, so no two collide.
/// @param destination model::destination_key
std::string backend_name(std::string_view destination, std::string_view color, Profile profile);
std::string backend_name(const Backend& backend);
/// Of a service's backend or a spare one; "svc.policies:go-demo" has Policies.
Profile profile_of(std::string_view backend);
/// The colour in such a name; "" for none, and for any other name.
std::string color_in(std::string_view backend);
/// Whether it is the backend of some service.
bool is_service_backend(std::string_view backend);

/// "spare:http-rr:00001", "spare:http-policies:00001".
std::string spare_name(Profile profile, std::size_t number);
/// How many spare backends of a profile the files have: few services have policies.
std::size_t spare_count(const Settings& settings, Profile profile);
bool is_spare_name(std::string_view backend);

/// Whether the proxy keeps a section's name for itself: everything that begins with "dfp:", "svc:",
/// "svc.policies:" or "spare:". Templates can use any other.
bool is_own_name(std::string_view section);

/// The backend of a destination. Without HAProxy's own checks, instances that are critical or in maintenance
/// are used only when there is no other; instances without an address in `addresses` are left out.
/// @param may_check Checks::enabled
/// @param down names of servers that are left out because a check of ours took them out
Backend backend_of(const model::Service& service, unsigned destination, const Addresses& addresses,
                   bool may_check, const std::set<std::string>& down = {});

/// A server that HAProxy cannot check as it is asked to: an answer counts, or the time of a connection.
struct CheckedServer {
  Server server;
  model::HealthCheck check;
};
/// All of those of a service's destinations, whether they are down or not; none where nothing is checked.
/// Sorted by name.
std::vector<CheckedServer> checked_servers(const model::Service& service, const Addresses& addresses,
                                           bool may_check);

/// The interval between two probes of one server when `servers` of them are checked; a step function, so that
/// it does not change with every server.
std::chrono::milliseconds check_interval(const Checks& checks, std::size_t servers);

/// What follows the name on a server line and in the runtime command `add server`:
/// "10.0.0.1:80 weight 1 check inter 2000ms fastinter 500ms fall 3 rise 2".
/// @param interval check_interval(); a longer one of the backend's own timing counts, and a shorter one where
/// the number of servers allows it
Result<std::string> server_arguments(const Backend& backend, const Server& server, const Checks& checks,
                                     std::chrono::milliseconds interval);

/// The section of a backend as it stands in haproxy.cfg.
Result<std::string> backend_text(const Backend& backend, const Checks& checks,
                                 std::chrono::milliseconds interval);

}  // namespace dfp::haproxy::config
