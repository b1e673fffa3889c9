#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "net/endpoint.hpp"

/// For tests only: a real Consul.
namespace dfp::registry::consul::testing {

/// The reason why no real Consul can be started here; empty when one can.
std::string why_no_consul();

struct AgentOptions {
  std::string node = "node-a";
  std::string extra;        ///< more top-level JSON, e.g. R"("acl":{"enabled":true})"
  bool keeps_data = false;  ///< a server with a data folder, which knows everything after a restart
  std::string joins;        ///< not empty: a client agent of the server with this cluster_address()
};

/// `consul agent` on free ports of a private loopback address, its files in a temporary folder. Ended by its
/// process id, at the latest when the test program ends.
class ConsulAgent {
 public:
  explicit ConsulAgent(AgentOptions options = {});
  ~ConsulAgent();
  ConsulAgent(const ConsulAgent&) = delete;
  ConsulAgent& operator=(const ConsulAgent&) = delete;

  /// Starts it on the same ports as before and waits until it has a leader. Throws after 60 s.
  void start();
  /// Ends it at once, as a crash does.
  void kill();

  net::Endpoint endpoint() const { return {net::Endpoint::Kind::Tcp, host_, http_port_}; }
  std::string cluster_address() const { return host_ + ":" + std::to_string(serf_port_); }
  const std::string& node() const { return options_.node; }
  const std::string& host() const { return host_; }
  const std::filesystem::path& folder() const { return folder_; }
  /// GET, PUT by hand. Empty when the agent does not answer.
  std::string request(const std::string& method, const std::string& target, const std::string& body = "",
                      const std::string& token = "") const;

 private:
  std::string configuration() const;
  bool has_leader() const;

  AgentOptions options_;
  std::filesystem::path folder_;
  std::string host_;
  std::uint16_t http_port_ = 0, server_port_ = 0, serf_port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace dfp::registry::consul::testing
