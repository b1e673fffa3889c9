#pragma once
#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// The text protocol of HAProxy's sockets, without I/O.
/// Source: management guide 2.6, sections 9.3 (runtime socket) and 9.4 (master socket).
namespace dfp::haproxy::runtime {

/// Cuts the output of an interactive session (`prompt`) into one reply per line that was sent. Every version
/// ends a line's output with "\n> "; inside a payload the prompt is "+ ". (Up to 3.0 a prompt follows every
/// command of a line with ';', from 3.4 only the line: we send one command per line.)
class ReplyReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// The next complete reply without its trailing newlines.
  std::optional<std::string> next();

 private:
  std::string buffer_;
  std::size_t begin_ = 0;    // of the reply that is being read
  std::size_t scanned_ = 0;  // no end of reply before here
};

/// `show proc` on the master socket.
struct ProcessList {
  pid_t master = 0;
  int reloads = 0;  ///< of the master; grows with a failed one too
  int failed = 0;   ///< reloads that failed since the last success
  std::vector<pid_t> workers;
  std::vector<pid_t> old_workers;  ///< replaced, still finishing their connections
  std::string version;
};
Result<ProcessList> parse_process_list(std::string_view reply);

/// `show info`, as far as we use it.
struct Info {
  pid_t pid = 0;
  std::string version;
  std::string description;
  bool stopping = false;
};
Result<Info> parse_info(std::string_view reply);

struct MapEntry {
  std::string key;
  std::string value;

  bool operator==(const MapEntry&) const = default;
};
/// `show map NAME`: entries in the order in which HAProxy holds them.
Result<std::vector<MapEntry>> parse_map(std::string_view reply);

/// One line of `show servers state`.
struct ServerRow {
  std::string backend;
  std::string name;
  std::string address;
  std::uint16_t port = 0;
  int weight = 0;
  bool up = false;           ///< serves: running or starting
  bool maintenance = false;  ///< taken out on purpose
  bool draining = false;
  bool checked = false;  ///< health checks run
};
Result<std::vector<ServerRow>> parse_servers(std::string_view reply);

/// `show backend`.
std::vector<std::string> parse_names(std::string_view reply);

/// HAProxy answers most commands with nothing, `add server` and `del server` with a sentence, errors with a
/// sentence too; there is no status. @return Rejected with the sentence.
Result<> check_quiet(std::string_view command, std::string_view reply);
Result<> check_reply(std::string_view command, std::string_view reply, std::string_view wanted);

}  // namespace dfp::haproxy::runtime
