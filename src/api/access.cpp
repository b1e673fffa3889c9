#include "api/access.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "api/answer.hpp"
#include "base/parse.hpp"
#include "base/text.hpp"

namespace dfp::api {
namespace {

/// "host:port" or "[v6]:port" without the port; nothing when it is neither.
std::optional<std::string_view> host_name(std::string_view host) {
  auto end = host.starts_with('[') ? host.find(']') : host.find(':');
  if (host.starts_with('[') && end == std::string_view::npos) return std::nullopt;
  auto name = host.starts_with('[') ? host.substr(1, end - 1) : host.substr(0, end);
  auto port =
      end == std::string_view::npos ? std::string_view() : host.substr(host.starts_with('[') ? end + 1 : end);
  bool good = port.empty() || (port.starts_with(':') && std::ranges::all_of(port.substr(1), [](char c) {
                                 return c >= '0' && c <= '9';
                               }));
  return good ? std::optional(name) : std::nullopt;
}

bool is_label_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/// A unix socket's client: peer is the path of its file.
bool is_local_owner(const net::HttpRequest& request) { return request.peer.starts_with('/'); }

net::HttpResponse refusal(int status, std::string why) {
  Answer answer;
  answer.status = status;
  answer.message = std::move(why);
  return render(answer);
}

std::string authority_of(std::string_view origin) {
  auto scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string() : text::lower(origin.substr(scheme + 3));
}

/// Whether a browser sent it from a page that is not ours.
bool from_foreign_page(const net::HttpRequest& request) {
  auto site = request.headers.find("Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none") return true;
  auto origin = request.headers.find("Origin");
  return origin && authority_of(*origin) != text::lower(request.headers.find("Host").value_or(""));
}

/// Browsers name the sender's site only to addresses they trust (https, localhost), and an image's address is
/// asked for by GET without an Origin: such a request to an address of the network cannot be told from a
/// person's.
bool may_be_from_a_page(const net::HttpRequest& request) {
  auto agent = request.headers.find("User-Agent");
  return request.method == "GET" && agent && agent->starts_with("Mozilla/") &&
         !request.headers.find("Sec-Fetch-Site");
}

std::string value_of(const net::QueryPairs& query, std::string_view name) {
  auto at = std::ranges::find(query, name, &net::QueryPairs::value_type::first);
  return at == query.end() ? std::string() : at->second;
}

}  // namespace

bool is_own_host(std::string_view host, const std::vector<std::string>& names) {
  auto found = host_name(host);
  if (!found || found->empty()) return false;
  if (parse::is_ip_address(*found)) return true;
  auto name = text::lower(*found);
  if (std::ranges::find(names, name) != names.end()) return true;
  return std::ranges::all_of(name, is_label_char);
}

std::optional<net::HttpResponse> Access::check_sender(const net::HttpRequest& request) const {
  if (is_local_owner(request)) return std::nullopt;
  auto host = request.headers.find("Host");
  if (host && !is_own_host(*host, rules_.hosts))
    return refusal(403, fmt::format("{} is not a known name of this API (protection against web pages); if "
                                    "it is legitimate, add it with --api-host",
                                    text::shown(*host)));
  if (from_foreign_page(request))
    return refusal(403, "a web page of another site sent this request; call the API itself");
  return std::nullopt;
}

std::optional<net::HttpResponse> Access::check(const net::HttpRequest& request, const Endpoint& endpoint,
                                               const net::QueryPairs& query) const {
  if (auto refused = check_method(request, endpoint)) return refused;
  if (is_local_owner(request)) return std::nullopt;
  if (endpoint.changes && may_be_from_a_page(request))
    return refusal(403,
                   "a browser sent this request, possibly on behalf of another site; use POST, curl or "
                   "docker-flow-proxy");
  return check_token(request, endpoint, query);
}

std::optional<net::HttpResponse> Access::check_method(const net::HttpRequest& request,
                                                      const Endpoint& endpoint) const {
  auto methods = allowed_methods(endpoint, rules_.get_mutates);
  if (std::ranges::find(methods, request.method) != methods.end()) return std::nullopt;
  auto allow = fmt::format("{}, OPTIONS", fmt::join(methods, ", "));
  if (request.method == "OPTIONS") return net::HttpResponse(204, {}, {{"Allow", allow}});
  auto response =
      refusal(405, fmt::format("method {} is not allowed for {}; use one of {}", text::shown(request.method),
                               endpoint.path, fmt::join(methods, ", ")));
  response.headers.add("Allow", allow);
  return response;
}

const Grant* Access::grant_of(const net::HttpRequest& request) const {
  constexpr std::string_view kBearer = "bearer ";
  auto given = request.headers.find("Authorization").value_or("");
  bool bearer = text::lower(given.substr(0, kBearer.size())) == kBearer;
  return bearer ? rules_.tokens->find(text::trim(given.substr(kBearer.size()))) : nullptr;
}

std::optional<Grant> Access::limits_of(const net::HttpRequest& request) const {
  if (!rules_.tokens || is_local_owner(request)) return std::nullopt;
  auto* grant = grant_of(request);
  return !grant || grant->admin ? std::nullopt : std::optional(*grant);
}

std::optional<net::HttpResponse> Access::check_token(const net::HttpRequest& request,
                                                     const Endpoint& endpoint,
                                                     const net::QueryPairs& query) const {
  if (!rules_.tokens || endpoint.scope == Scope::Open) return std::nullopt;
  auto* grant = grant_of(request);
  if (!grant) {
    auto response = refusal(401,
                            "token required (Authorization: Bearer TOKEN; the command line reads it from "
                            "DFP_API_TOKEN or --token-file)");
    response.headers.add("WWW-Authenticate", "Bearer");
    return response;
  }
  auto service = value_of(query, "serviceName");
  bool takes_over =
      endpoint.scope == Scope::Deploy && parse::boolean(value_of(query, "takeOver")).value_or(false);
  if (takes_over && !grant->admin)
    return refusal(403, "takeOver takes a route away from another service: this token lacks the scope admin");
  if (grant->allows(endpoint.scope, service)) return std::nullopt;
  return refusal(403, endpoint.scope == Scope::Deploy
                          ? fmt::format("this token may not change service {}", text::shown(service))
                          : fmt::format("this token lacks the scope {}", to_string(endpoint.scope)));
}

}  // namespace dfp::api
