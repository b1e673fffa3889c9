#include "settings/setters.hpp"

#include <algorithm>

namespace dfp::settings {
namespace {

bool is_listen_host(std::string_view host) {
  if (host.empty() || host == "*") return true;
  bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  auto address = bracketed ? host.substr(1, host.size() - 2) : host;
  return parse::is_ip_address(address) && address.contains(':') == bracketed;
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

Result<std::vector<std::string>> read_networks(std::string_view text) {
  std::vector<std::string> networks;
  for (const auto& part : text::split(text, ',')) {
    auto network = text::trim(part);
    auto slash = std::min(network.find('/'), network.size());
    auto address = network.substr(0, slash);
    bool whole = slash == network.size() ||
                 parse::number(network.substr(slash + 1), 0, address.contains(':') ? 128 : 32).has_value();
    if (!parse::is_ip_address(address) || !whole)
      return fail(
          Errc::InvalidArgument,
          fmt::format("{} is neither an IP address nor a network such as 10.0.0.0/8", text::shown(network)));
    networks.emplace_back(network);
  }
  return networks;
}

Result<std::vector<std::string>> read_names(std::string_view text, std::string_view marks) {
  auto fits = [marks](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || marks.contains(c);
  };
  std::vector<std::string> names;
  for (const auto& part : text::split(text, ',')) {
    auto name = text::trim(part);
    if (name.empty() || !std::ranges::all_of(name, fits))
      return fail(Errc::InvalidArgument,
                  fmt::format("{} is not a valid name in a comma-separated list", text::shown(name)));
    names.emplace_back(name);
  }
  return names;
}

}  // namespace dfp::settings
