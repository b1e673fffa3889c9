#include "haproxy/config/template/permission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>

#include "base/text.hpp"
#include "haproxy/config/template/server_target.hpp"

namespace dfp::haproxy::config {
namespace {

using Words = std::span<const std::string_view>;

bool contains(Words words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

// Keywords by kind of section. Source: configuration manual 2.6, sections 3.4 (userlist), 4.1 (proxies), 5.3
// (resolvers) and 6.2 (cache).
constexpr std::string_view kProxyKeywords[] = {"acl",
                                               "backlog",
                                               "balance",
                                               "bind",
                                               "capture",
                                               "clitcpka-cnt",
                                               "clitcpka-idle",
                                               "clitcpka-intvl",
                                               "compression",
                                               "cookie",
                                               "declare",
                                               "default-server",
                                               "default_backend",
                                               "description",
                                               "disabled",
                                               "dynamic-cookie-key",
                                               "enabled",
                                               "error-log-format",
                                               "errorloc",
                                               "errorloc302",
                                               "errorloc303",
                                               "filter",
                                               "force-persist",
                                               "fullconn",
                                               "hash-balance-factor",
                                               "hash-type",
                                               "http-after-response",
                                               "http-check",
                                               "http-error",
                                               "http-request",
                                               "http-response",
                                               "http-reuse",
                                               "http-send-name-header",
                                               "ignore-persist",
                                               "log",
                                               "log-format",
                                               "log-format-sd",
                                               "log-tag",
                                               "max-keep-alive-queue",
                                               "max-session-srv-conns",
                                               "maxconn",
                                               "mode",
                                               "monitor",
                                               "monitor-uri",
                                               "option",
                                               "persist",
                                               "rate-limit",
                                               "redirect",
                                               "retries",
                                               "retry-on",
                                               "server",
                                               "server-template",
                                               "srvtcpka-cnt",
                                               "srvtcpka-idle",
                                               "srvtcpka-intvl",
                                               "stats",
                                               "stick",
                                               "stick-table",
                                               "tcp-check",
                                               "tcp-request",
                                               "tcp-response",
                                               "timeout",
                                               "unique-id-format",
                                               "unique-id-header",
                                               "use-server",
                                               "use_backend"};
constexpr std::string_view kUserlistKeywords[] = {"group", "user"};
constexpr std::string_view kResolversKeywords[] = {
    "accepted_payload_size", "hold", "nameserver", "parse-resolv-conf", "resolve_retries", "timeout"};
constexpr std::string_view kCacheKeywords[] = {"max-age", "max-object-size", "max-secondary-entries",
                                               "process-vary", "total-max-size"};

struct SectionKind {
  std::string_view type;
  Words keywords;
};
constexpr SectionKind kKinds[] = {{"frontend", kProxyKeywords},    {"backend", kProxyKeywords},
                                  {"listen", kProxyKeywords},      {"", kProxyKeywords},
                                  {"userlist", kUserlistKeywords}, {"resolvers", kResolversKeywords},
                                  {"cache", kCacheKeywords}};

constexpr std::string_view kReadsFile = "makes HAProxy read a file";
constexpr std::string_view kRunsProgram = "runs a program";
constexpr std::string_view kOwnSockets = "can reach HAProxy's own sockets";
constexpr std::string_view kChangesMaps = "changes maps and lists that all services share";
constexpr std::string_view kClientsChoose = "connects to addresses that clients choose";
constexpr std::string_view kNotSafe = "is not on the list of what templates may use";

/// Why keywords and sections that people may expect to work do not.
struct Reason {
  std::string_view word;
  std::string_view why;
};
constexpr Reason kReasons[] = {
    {"program", kRunsProgram},
    {"external-check", kRunsProgram},
    {"errorfile", kReadsFile},
    {"errorfiles", kReadsFile},
    {"http-errors", kReadsFile},
    {"load-server-state-from-file", kReadsFile},
    {"server-state-file-name", kReadsFile},
    {"crt-store", kReadsFile},
    {"lua-load", "runs Lua"},
    {"lua-load-per-thread", "runs Lua"},
    {"use-fcgi-app", "needs a section that templates must not write"},
    {"email-alert", "sends mail"},
    {"mailers", "sends mail"},
    {"ring", "sends data to other hosts"},
    {"log-forward", "sends data to other hosts"},
    {"peers", "exchanges data with other hosts"},
    {"source", "chooses the address that HAProxy connects from"},
    {"dispatch", "bypasses the servers; write a server line"},
};

/// Arguments that are refused wherever they stand in a line of one of these keywords.
struct Argument {
  Words keywords;  ///< empty: any
  std::string_view word;
  std::string_view why;
};
constexpr std::string_view kBindOrServer[] = {"bind", "default-server", "server", "server-template"};
constexpr std::string_view kRules[] = {"http-request", "http-response", "http-after-response",
                                       "http-error",   "tcp-request",   "tcp-response"};
constexpr std::string_view kOption[] = {"option"};
constexpr std::string_view kStats[] = {"stats"};
constexpr Argument kArguments[] = {
    {kBindOrServer, "crt", kReadsFile},
    {kBindOrServer, "crt-list", kReadsFile},
    {kBindOrServer, "ca-file", kReadsFile},
    {kBindOrServer, "ca-sign-file", kReadsFile},
    {kBindOrServer, "ca-verify-file", kReadsFile},
    {kBindOrServer, "crl-file", kReadsFile},
    {kBindOrServer, "tls-ticket-keys", kReadsFile},
    {kBindOrServer, "ech", kReadsFile},
    {kBindOrServer, "level", kOwnSockets},
    {kBindOrServer, "expose-fd", kOwnSockets},
    {kBindOrServer, "namespace", "leaves the network that HAProxy runs in"},
    {kBindOrServer, "interface", "chooses a network interface"},
    {kBindOrServer, "transparent", "takes addresses that are not this host's"},
    {kBindOrServer, "source", "chooses the address that HAProxy connects from"},
    {kBindOrServer, "usesrc", "chooses the address that HAProxy connects from"},
    {kRules, "file", kReadsFile},
    {kRules, "lf-file", kReadsFile},
    {kRules, "errorfile", kReadsFile},
    {kRules, "errorfiles", kReadsFile},
    {kRules, "use-service", "runs a program of its own inside HAProxy"},
    {kRules, "send-spoe-group", "sends data to other hosts"},
    {kOption, "external-check", kRunsProgram},
    {kRules, "set-dst", kClientsChoose},
    {kRules, "set-dst-port", kClientsChoose},
    {kOption, "transparent", kClientsChoose},
    {kOption, "http_proxy", kClientsChoose},
    {kStats, "admin", "lets visitors change the servers of all services"},
    {{}, "-f", kReadsFile},
    {{}, "-M", kReadsFile},
};

/// Fetches, converters and actions that are refused.
struct Call {
  std::string_view pattern;
  std::string_view name;  ///< in messages
  std::string_view why;
};
constexpr Call kCalls[] = {
    {"env", "env", "reads environment variables"},
    {"map", "map", kReadsFile},
    {"map_*", "map", kReadsFile},
    {"jwt_verify", "jwt_verify", kReadsFile},
    {"do-resolve", "do-resolve", "resolves names that clients choose"},
    {"set-map", "set-map", kChangesMaps},
    {"del-map", "del-map", kChangesMaps},
    {"add-acl", "add-acl", kChangesMaps},
    {"del-acl", "del-acl", kChangesMaps},
};

/// Which word of a line is an address; so is the word after "addr" and "agent-addr".
struct AddressPlace {
  std::string_view keyword;
  std::size_t word;  ///< 0: none
};
constexpr AddressPlace kAddresses[] = {{"bind", 1},          {"server", 2},     {"server-template", 3},
                                       {"nameserver", 2},    {"http-check", 0}, {"tcp-check", 0},
                                       {"default-server", 0}};

constexpr std::string_view kFilters[] = {"compression", "cache", "bwlim-in", "bwlim-out"};

bool starts_call(std::string_view word, std::size_t at) {
  return at == 0 || std::string_view(",[ \t").contains(word[at - 1]);
}

bool is_identifier(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

/// An address other than an IP address or a host name: a socket of this machine.
bool is_local_socket(std::string_view address) {
  if (address.starts_with('/')) return true;
  auto at = address.find('@');
  if (at == std::string_view::npos) return false;
  auto family = address.substr(0, at);
  return family != "ipv4" && family != "ipv6";
}

class Checker {
 public:
  explicit Checker(const Allowed& allowed) : allowed_(allowed) {}

  Result<> section(const Section& section) const {
    auto type = section.type();
    if (type == "global" || type == "defaults")
      return refuse_line(section.header,
                         fmt::format("'{}' is the proxy's own; templates write frontend, backend "
                                     "and listen sections",
                                     type));
    auto kind = std::ranges::find(kKinds, type, &SectionKind::type);
    bool known = kind != std::end(kKinds);
    if (!known)
      if (auto ok = refuse_name(section.header, type); !ok) return ok;
    for (const auto& line : section.lines) {
      if (known)
        if (auto ok = keyword(line, kind->keywords); !ok) return ok;
      if (auto ok = arguments(line); !ok) return ok;
      if (auto ok = addresses(line); !ok) return ok;
      if (auto ok = target(line); !ok) return ok;
      if (auto ok = special_keyword(line); !ok) return ok;
    }
    return {};
  }

 private:
  Result<> refuse(const Line& line, std::string_view name, std::string_view why) const {
    if (allowed_.contains(name)) return {};
    return refuse_line(line,
                       fmt::format("'{}' {}; an operator can permit it with template-allow", name, why));
  }

  Result<> refuse_name(const Line& line, std::string_view name) const {
    auto reason = std::ranges::find(kReasons, name, &Reason::word);
    return refuse(line, name, reason == std::end(kReasons) ? kNotSafe : reason->why);
  }

  Result<> keyword(const Line& line, Words known) const {
    return contains(known, line.keyword()) ? Result<>{} : refuse_name(line, line.keyword());
  }

  Result<> arguments(const Line& line) const {
    for (std::size_t n = 1; n < line.words.size(); ++n) {
      auto word = line.word(n);
      for (const auto& argument : kArguments) {
        bool here = argument.keywords.empty() || contains(argument.keywords, line.keyword());
        if (here && word == argument.word)
          if (auto ok = refuse(line, argument.word, argument.why); !ok) return ok;
      }
      for (const auto& call : kCalls)
        if (calls(word, call.pattern))
          if (auto ok = refuse(line, call.name, call.why); !ok) return ok;
      if (word.starts_with("lua.") || word.contains(",lua.") || word.contains("[lua."))
        if (auto ok = refuse(line, "lua", "runs Lua"); !ok) return ok;
    }
    return {};
  }

  /// Sockets of this machine: HAProxy's control socket is one.
  Result<> addresses(const Line& line) const {
    auto place = std::ranges::find(kAddresses, line.keyword(), &AddressPlace::keyword);
    if (place == std::end(kAddresses)) return {};
    for (std::size_t n = 1; n < line.words.size(); ++n)
      if (n == place->word || line.word(n - 1).ends_with("addr"))
        for (const auto& address : text::split(line.word(n), ','))
          if (is_local_socket(address))
            if (auto ok = refuse(line, "unix", kOwnSockets); !ok) return ok;
    return {};
  }

  /// HAProxy takes what is missing from the connection of the client, who can say anything with accept-proxy.
  Result<> target(const Line& line) const {
    auto place = target_word(line.keyword());
    if (place == 0 || is_local_socket(line.word(place))) return {};
    auto target = parse_target(line.word(place));
    if (target.is_clients_address())
      return refuse(line, "transparent",
                    "(a server at 0.0.0.0, :: or *) connects to addresses that clients choose");
    if (target.port || target.is_service_record()) return {};
    return refuse(line, "client-port",
                  "(a server without a fixed port) connects to ports that clients choose");
  }

  Result<> special_keyword(const Line& line) const {
    auto keyword = line.keyword();
    auto what = line.word(1);
    if (keyword == "filter" && !contains(kFilters, what))
      return refuse(line, "filter", "runs only compression, cache, bwlim-in and bwlim-out in a template");
    if (keyword == "log" && line.word(0) != "no" && what != "global")
      return refuse(line, "log", "sends what clients ask for to another place");
    return {};
  }

  const Allowed& allowed_;
};

}  // namespace

bool calls(std::string_view word, std::string_view name, std::string_view argument) {
  bool prefix = name.ends_with('*');
  if (prefix) name.remove_suffix(1);
  for (auto at = word.find(name); at != std::string_view::npos; at = word.find(name, at + 1)) {
    if (!starts_call(word, at)) continue;
    auto end = at + name.size();
    while (prefix && end < word.size() && is_identifier(word[end])) ++end;
    auto rest = word.substr(end);
    if (rest.starts_with('(') && rest.substr(1).starts_with(argument)) return true;
  }
  return false;
}

Result<> check_permitted(const Section& section, const Allowed& allowed) {
  return Checker(allowed).section(section);
}

}  // namespace dfp::haproxy::config
