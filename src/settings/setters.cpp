#include "settings/setters.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace dfp::settings {
namespace {

bool is_address(int family, std::string_view text) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(family, std::string(text).c_str(), bytes) == 1;
}

bool is_listen_host(std::string_view host) {
  if (host.empty() || host == "*") return true;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return is_address(AF_INET6, host.substr(1, host.size() - 2));
  return is_address(AF_INET, host);
}

}  // namespace

Result<> check_plain(std::string_view text) {
  auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  if (text::is_valid_utf8(text) && std::ranges::none_of(text, is_control)) return {};
  return fail(Errc::InvalidArgument,
              text::shown(text) + " contains a control character or is not valid UTF-8");
}

Result<> check_listen(std::string_view text) {
  auto colon = text.rfind(':');
  if (colon != std::string_view::npos && is_listen_host(text.substr(0, colon)) &&
      parse::number(text.substr(colon + 1), 0, 65535))
    return {};
  return fail(Errc::InvalidArgument,
              fmt::format("{} is not ADDR:PORT (127.0.0.1:8080, [::1]:8080, *:80 for every address)",
                          text::shown(text)));
}

}  // namespace dfp::settings
