#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dfp::net {

/// Header fields in order; names compare without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}
  /// The first field of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  /// Replaces every field of that name.
  void set(std::string_view name, std::string value);
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  HttpRequest() = default;
  HttpRequest(std::string method_, std::string target_, std::string body_ = {}, Headers headers_ = {})
      : method(std::move(method_)),
        target(std::move(target_)),
        headers(std::move(headers_)),
        body(std::move(body_)) {}

  std::string method = "GET";
  std::string target = "/";  ///< origin form: path and query, percent-encoded
  Headers headers;
  std::string body;
  std::string peer;  ///< server side: the client's address and port
};

struct HttpResponse {
  HttpResponse() = default;
  HttpResponse(int status_, std::string body_ = {}, Headers headers_ = {})
      : status(status_), headers(std::move(headers_)), body(std::move(body_)) {}

  int status = 200;
  Headers headers;
  std::string body;
};

}  // namespace dfp::net
