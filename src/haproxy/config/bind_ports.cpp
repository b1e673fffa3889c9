#include "haproxy/config/bind_ports.hpp"

#include <fmt/format.h>

#include "base/parse.hpp"
#include "base/text.hpp"

namespace dfp::haproxy::config {

Result<std::set<std::uint16_t>> ports_of(const Line& line) {
  std::set<std::uint16_t> ports;
  for (std::string_view address : text::split(line.word(1), ',')) {
    auto colon = address.rfind(':');
    auto range = colon == std::string_view::npos ? "" : address.substr(colon + 1);
    auto dash = range.find('-');
    auto first = parse::number(range.substr(0, dash), 1, 65535);
    auto last = dash == std::string_view::npos ? first : parse::number(range.substr(dash + 1), 1, 65535);
    if (!first || !last || *last < *first)
      return refuse_line(line, "bind needs ADDRESS:PORT with a port from 1 to 65535");
    for (auto port = *first; port <= *last; ++port) ports.insert(static_cast<std::uint16_t>(port));
  }
  return ports;
}

}  // namespace dfp::haproxy::config
