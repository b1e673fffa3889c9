#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace dfp::docker::registrator {
using namespace std::chrono_literals;

/// What becomes of a container's entries when it ends.
enum class Deregister {
  Always,
  OnSuccess,  ///< stay until their lifetime ends when it failed: exit status 1 to 127
};

/// The choices of Registrator, with its defaults; `hostname`, `network` are new.
struct Options {
  std::string hostname = {};  ///< first part of ids, and the mark of own entries; empty: the engine's name
  std::string ip = {};        ///< address of every published port; empty: see HostFacts
  bool internal = false;      ///< containers' own addresses and ports instead of published ones
  std::string network = {};   ///< with `internal`: take the address in this network
  std::string use_ip_from_label = {};  ///< label whose value is the address
  bool explicit_only = false;          ///< only containers that name a service
  std::vector<std::string> tags = {};  ///< for every entry
  std::string tags_template = {};      ///< of the tags for every entry, instead of `tags`; empty: none
  Deregister deregister = Deregister::Always;
  bool cleanup = false;               ///< also remove entries that another Registrator left for this host
  std::chrono::seconds ttl{0};        ///< lifetime of an entry; 0: for ever
  std::chrono::seconds refresh{0};    ///< entries are renewed so often; shorter than ttl
  std::chrono::seconds resync = 10s;  ///< everything is compared again so often even without an event
  int retry_attempts = -1;            ///< how often the registry is tried at the start; -1: without end
  std::chrono::milliseconds retry_interval = 2s;  ///< between two of them

  /// @return InvalidArgument, naming the option and what is allowed.
  Result<> validate() const;
};

/// "always", "on-success".
Result<Deregister> parse_deregister(std::string_view text);

/// "a,b\,c" as {"a", "b,c"}; empty ones are left out.
std::vector<std::string> parse_tags(std::string_view text);

}  // namespace dfp::docker::registrator
