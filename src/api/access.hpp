#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/endpoints.hpp"
#include "api/tokens.hpp"
#include "net/http_message.hpp"
#include "net/query.hpp"

namespace dfp::api {

/// Who may call the API, and how.
struct AccessRules {
  std::vector<std::string> hosts =
      {};                   ///< names of this API in `Host`, in lower case, beside those that are always good
  bool get_mutates = true;  ///< GET changes things, as in the original
  TokenFile* tokens = nullptr;  ///< nullptr: no token is asked for
};

/// Lets a request through or refuses it, by its head alone. Loopback is no authentication: any web page that
/// a person on this machine opens can send requests to it, and a host name that resolves to it can read the
/// answers. So a request must be addressed to this API (`Host`), must not come from another page (`Origin`,
/// `Sec-Fetch-Site`), and a method that promises to change nothing changes nothing. Who comes over a unix
/// socket is the owner of its file: only the method counts then.
class Access {
 public:
  explicit Access(AccessRules rules) : rules_(std::move(rules)) {}

  /// Whether it is for us at all, whatever it asks. @return 403, naming --api-host.
  std::optional<net::HttpResponse> check_sender(const net::HttpRequest& request) const;
  /// @return 204 for OPTIONS and 405 for a method of no use there, both with Allow; 403 for what a foreign
  /// page may have sent; 401 without, 403 with a token that does not suffice.
  std::optional<net::HttpResponse> check(const net::HttpRequest& request, const Endpoint& endpoint,
                                         const net::QueryPairs& query) const;
  /// What a request is limited to that was let through; nullopt: nothing.
  std::optional<Grant> limits_of(const net::HttpRequest& request) const;

 private:
  const Grant* grant_of(const net::HttpRequest& request) const;
  std::optional<net::HttpResponse> check_method(const net::HttpRequest& request,
                                                const Endpoint& endpoint) const;
  std::optional<net::HttpResponse> check_token(const net::HttpRequest& request, const Endpoint& endpoint,
                                               const net::QueryPairs& query) const;
  AccessRules rules_;
};

/// Whether `host`, a Host header, names an API that listens here: an IP address, localhost, a name without a
/// dot (of a container, say: no public name looks so), or one of `names`. A port is ignored.
bool is_own_host(std::string_view host, const std::vector<std::string>& names);

}  // namespace dfp::api
