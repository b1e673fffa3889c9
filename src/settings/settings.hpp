#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"

/// What the operator of a proxy can set. Each field stands in the table of settings/properties.hpp with its
/// flag, variables, file key and check; the defaults are these here.
namespace dfp::settings {
using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// Where instances and definitions are kept.
struct Registry {
  enum class Kind { Embedded, Consul };
  Kind kind = Kind::Embedded;
  std::string file;  ///< Embedded: the database; load() puts it below state_dir when not given
  std::vector<std::string> servers;  ///< Consul: URLs in the order to try: http://, https://, unix:///path
};

/// How Consul is spoken to: what its own tools read from their variables.
struct ConsulAccess {
  std::string address;  ///< used when `registry` names no server
  std::string token;    ///< secret; load() reads it from token_file where that is given
  std::string token_file;
  std::string auth;     ///< "user:password" for basic authentication; secret
  bool tls = false;     ///< speak https also to servers that were given with http:// (as Consul's tools do)
  bool verify = true;   ///< check the server's certificate
  std::string ca_file;  ///< PEM
  std::string ca_path;
  std::string cert_file;
  std::string key_file;
  std::string server_name;  ///< SNI, and the name to verify
  std::string name_space;   ///< Consul Enterprise
};

/// HAProxy's, for every service that has none of its own.
struct Timeouts {
  milliseconds connect = 5s;
  milliseconds client = 20s;
  milliseconds server = 20s;
  milliseconds queue = 30s;
  milliseconds tunnel = 1h;
  milliseconds http_request = 5s;
  milliseconds http_keep_alive = 15s;
};

/// Who says whether an instance is well, and HAProxy's own checks.
struct Checks {
  enum class By { Haproxy, Registry };
  By by = By::Haproxy;
  milliseconds interval = 2s;
  unsigned rise = 2;  ///< good checks until an instance is used again
  unsigned fall = 3;  ///< bad checks until it is not used any more
};

/// HAProxy's statistics page. Off without user and password; without authentication when both are "none".
struct Stats {
  std::string user;
  std::string password;  ///< secret
  std::string uri = "/admin?stats";
  std::uint16_t port = 0;  ///< of a listener of its own; 0: on the public HTTP port

  bool enabled() const { return !user.empty() && !password.empty(); }
  bool open() const { return user == "none" && password == "none"; }
};

/// What clients may say and take.
struct Clients {
  std::vector<std::string> trusted_proxies;  ///< addresses and networks; their X-Forwarded-* are believed
  bool merge_slashes = false;                ///< "//" in a path is "/"
  bool cleartext_http2 = false;              ///< HTTP/2 without TLS by prior knowledge
  unsigned connection_share = 75;            ///< percent of max_connections that one service may take
  unsigned address_share = 50;               ///< the same of one client address; 100: no limit
};

/// The Docker Engine, and what is made of it.
struct Docker {
  /// Where services and their instances come from beside the registry.
  enum class Discovery { Off, Swarm, Containers };
  std::string address;  ///< "unix:///var/run/docker.sock", "tcp://host:2376"; empty: the usual socket where
                        ///< one is needed
  bool tls = false;     ///< TLS for tcp://
  bool tls_verify = true;
  std::string cert_path;  ///< folder with ca.pem, cert.pem, key.pem
  Discovery discovery = Discovery::Off;
  std::string network;     ///< where instances are reached; empty: what the proxy shares with them
  milliseconds poll = 2s;  ///< between two looks at the tasks
  std::string notify_label = "com.df.notify";  ///< what makes a service be routed
  bool filter_instance = false;                ///< look at com.df.proxyInstanceName
  std::string registrator = "auto";            ///< "auto", "on", "off", or its options
};

/// Custom templates: where they are, and what they may do.
struct Templates {
  std::vector<std::string> environment_names;  ///< variables that they may read
  /// Values of those that are set; load() takes them from the environment.
  std::map<std::string, std::string, std::less<>> environment = {};
  /// What haproxy/config/permission.hpp refuses otherwise, by the name in the refusal.
  std::vector<std::string> allowed;
  /// A template is refused where HAProxy's check of it cannot be kept from network and files.
  bool confine_check = true;
};

/// Services with `watch`: after a change in the registry the proxy waits until it is quiet.
struct Watch {
  milliseconds quiet = 500ms;  ///< without another change; then it follows
  milliseconds most = 5s;      ///< since the first change; then it follows whatever happens
};

/// Who may call the API, and how; where it listens is Settings::api.
struct ApiAccess {
  std::vector<std::string>
      hosts;                ///< names in `Host` beside addresses, localhost, names without a dot, our own
  std::string socket;       ///< unix socket for this machine's CLI; load() puts it below run_dir; "off": none
  std::string token_file;   ///< api/tokens.hpp; empty: no token is asked for
  bool open = false;        ///< listening to a network without asking who calls is meant so
  bool get_mutates = true;  ///< GET changes things, as the original's users do it
  std::string tls_cert;     ///< PEM, with its chain; empty: plain HTTP
  std::string tls_key;      ///< PEM
  std::string client_ca;    ///< PEM: clients must show a certificate of these authorities

  bool asks() const { return !token_file.empty() || !client_ca.empty(); }
};

struct Settings {
  Registry registry;
  ConsulAccess consul;
  Docker docker;
  std::string api = "127.0.0.1:8080";  ///< ADDR:PORT of the HTTP API
  ApiAccess api_access;
  std::string http = "*:80";         ///< ADDR:PORT where HAProxy listens
  std::optional<std::string> https;  ///< the same for TLS; off when absent
  std::string state_dir = "/var/lib/docker-flow-proxy";
  std::string run_dir = "/run/docker-flow-proxy";  ///< load() makes it absolute
  std::string templates_dir = "/etc/docker-flow-proxy/templates";
  Templates templates;
  Watch watch;
  std::string certs_dir = "/etc/docker-flow-proxy/certs";
  std::string instance_name = "docker-flow";  ///< prefix of the keys in the registry
  std::string haproxy = "/usr/sbin/haproxy";
  log::Level log_level = log::Level::Info;
  log::Format log_format = log::Format::Text;
  unsigned max_connections = 8'000;     ///< HAProxy's, to the public ports
  milliseconds hard_stop_after = 5min;  ///< an old HAProxy worker is ended this long after a reload
  milliseconds reload_timeout = 30s;    ///< until a new HAProxy worker must have confirmed its configuration
  milliseconds request_timeout = 60s;   ///< for one reconfigure or remove; longer than reload_timeout
  /// How long services are served on that the registry has lost.
  milliseconds shrink_hold = 24h;
  bool accept_empty_registry = false;  ///< at the start: what the registry does not have is not served
  Timeouts timeouts;
  Checks checks;
  Stats stats;
  Clients clients;
};

}  // namespace dfp::settings
