#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/blocking.hpp"
#include "haproxy/config/template/template_texts.hpp"
#include "haproxy/process/ports.hpp"
#include "haproxy/runtime/listeners.hpp"
#include "haproxy/worker/counters.hpp"
#include "haproxy/worker/master.hpp"

namespace dfp::haproxy {

/// A port that HAProxy is to listen on, and who wants it.
struct WantedPort {
  config::BindAddress bind;
  std::string service;  ///< of whose template; "" for the proxy's own
  std::string name;     ///< "line 3 (bind :9000)", "https"
};

using Listeners = std::vector<runtime::Listener>;
using config::kHttpsPort, config::kStatsPort;

/// The ports of the proxy itself.
std::vector<WantedPort> own_ports(const Settings& settings, const config::Surroundings& surroundings);
/// Those of a service's template.
std::vector<WantedPort> ports_of(const std::string& service, const config::Fragment& fragment);

std::vector<config::BindAddress> addresses_of(const std::vector<WantedPort>& ports);

/// A port that cannot be had.
struct RefusedPort {
  std::string service;  ///< as in WantedPort
  std::string name;     ///< the same
  Error why;
};

/// Reserves what is wanted and not held. Pure but for the sockets.
std::expected<std::vector<process::ReservedPort>, RefusedPort> reserve(const std::vector<WantedPort>& wanted,
                                                                       const Listeners& held);

/// Sees to it that HAProxy can listen where it is to listen, and does.
///
/// `haproxy -c` binds nothing. A new worker that cannot bind one port tries again for two seconds, and makes
/// the old worker let go of ALL its listeners meanwhile (SIGTTOU every 10 ms): one taken port refuses
/// everybody's connections. So every port that the running worker lacks is bound by us before HAProxy hears
/// of it, and kept from others until HAProxy has it. Source: HAProxy 2.6 src/haproxy.c, main(), the loop
/// around protocol_bind_all().
class Listening {
 public:
  Listening(Master& master, BlockingPool& pool, Counters& counters)
      : master_(master), pool_(pool), counters_(counters) {}

  /// What the running worker listens on, as it says or, where it does not answer, as the kernel does; nothing
  /// when none runs, nullopt when neither can be asked.
  Task<std::optional<Listeners>> held();
  /// Reserves what is wanted and the running worker lacks. Keep the result until HAProxy has bound it.
  Task<std::expected<std::vector<process::ReservedPort>, RefusedPort>> claim(std::vector<WantedPort> wanted);
  /// Makes the worker listen again where it has let go. One that then still listens nowhere is ended, to be
  /// started again. At most about a second.
  Task<> ensure(std::vector<config::BindAddress> wanted);
  /// Where it accepted connections when it was asked last.
  std::vector<config::BindAddress> last_seen() const;

 private:
  Master& master_;
  BlockingPool& pool_;
  Counters& counters_;
  Listeners seen_;
};

}  // namespace dfp::haproxy
