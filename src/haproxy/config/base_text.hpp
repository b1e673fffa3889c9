#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "haproxy/config/hand_over.hpp"
#include "haproxy/config/lookups.hpp"
#include "haproxy/config/settings.hpp"
#include "haproxy/config/template/template_texts.hpp"

namespace dfp::haproxy::config {

/// What the text depends on besides the settings.
struct Surroundings {
  std::string user;  ///< the worker runs as this user and group; "" keeps the present one
  std::vector<std::string> certificates;  ///< lines of crt-list.txt; the https binds need at least one
  std::set<std::string> without;          ///< kHttpsPort, kStatsPort: they cannot be had for now
  unsigned socket_detours = 0;            ///< "./" in the runtime socket's path; see write_global()
  Lookups lookups{3, false};
  HandOver hand_over;  ///< lasts as long as a HAProxy does, over all its workers
};

/// The proxy's own ports, by the settings that choose them.
inline constexpr const char* kHttpsPort = "https";
inline constexpr const char* kStatsPort = "stats-port";
inline bool listens_tls(const Settings& settings, const Surroundings& surroundings) {
  return !settings.https.empty() && !surroundings.certificates.empty() &&
         !surroundings.without.contains(kHttpsPort);
}
inline bool listens_for_stats(const Settings& settings, const Surroundings& surroundings) {
  return settings.stats && settings.stats->bind && !surroundings.without.contains(kStatsPort);
}

/// The part of haproxy.cfg that only a reload can change: global, defaults, frontends, and what custom
/// templates contribute.
struct BaseText {
  std::string text;  ///< follows the description line of `global`
  std::uint64_t hash = 0;
  Lookups lookups;
  TemplateTexts templates;
  HandOver hand_over;
  ServerAddresses addresses = {};  ///< of servers in `templates`, for who renders the text
};
Result<BaseText> base_text(const Settings& settings, const Surroundings& surroundings,
                           const TemplateTexts& templates = {});

/// What a worker tells about the files it was started from, in `show info` ("description").
struct Description {
  std::uint64_t generation = 0;  ///< grows with every set of files
  std::uint64_t hash = 0;        ///< of the base text
  Lookups lookups;

  bool operator==(const Description&) const = default;
};
std::string to_string(const Description& description);
std::optional<Description> parse_description(std::string_view text);

// Files beside haproxy.cfg; `default-path config` makes HAProxy find them there and name its maps like that.
inline constexpr std::string_view kConfigFile = "haproxy.cfg";
inline constexpr std::string_view kRoutesMap = "routes.map";
inline constexpr std::string_view kPatternsMap = "patterns.map";
inline constexpr std::string_view kBackendsMap = "backends.map";
inline constexpr std::string_view kFlagsMap = "flags.map";
inline constexpr std::string_view kFlagsKey = "flags";
inline constexpr std::string_view kCertificateList = "crt-list.txt";
// In the run directory.
inline constexpr std::string_view kRuntimeSocket = "haproxy.sock";
/// The master's, beside it.
inline constexpr std::string_view kMasterSocket = "master.sock";

}  // namespace dfp::haproxy::config
