#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "haproxy/process/log_tail.hpp"

namespace dfp::haproxy {

/// Whom a server of the running worker serves.
struct ServedName {
  std::string service;
  std::string instance;  ///< ADDRESS:PORT
};

/// HAProxy's messages in our log, in the operator's words: `server.down` and `server.up` with service and
/// instance, `service.no_server_up`; what follows from commands, and an ordinary start, reload or stop, at
/// level debug; anything else as HAProxy says it (`haproxy.log`). Without secrets (quoted_secrets.hpp).
class HaproxyLog {
 public:
  /// nullopt for a server that is not ours, or not any more.
  using Names = std::function<std::optional<ServedName>(std::string_view backend, std::string_view server)>;

  explicit HaproxyLog(const std::filesystem::path& run_dir);
  /// As LogTail.
  Result<> open() { return tail_.open(); }
  int descriptor() const { return tail_.descriptor(); }
  void set_names(Names names) { names_ = std::move(names); }

  /// Logs what HAProxy has said since the last call, 200 lines at most, and keeps its alerts.
  void drain();
  /// The alerts since the last call, as one line.
  std::string take_alerts();

 private:
  void log_line(const std::string& line) const;
  std::optional<ServedName> name_of(std::string_view backend, std::string_view server) const;

  std::filesystem::path config_file_;
  process::LogTail tail_;
  Names names_;
  std::string alerts_;
};

}  // namespace dfp::haproxy
