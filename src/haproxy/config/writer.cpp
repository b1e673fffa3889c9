#include "haproxy/config/writer.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/parse.hpp"
#include "base/text.hpp"

namespace dfp::haproxy::config {
namespace {

bool is_ip(int family, std::string_view text) {
  unsigned char parsed[sizeof(in6_addr)];
  return ::inet_pton(family, std::string(text).c_str(), parsed) == 1;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

bool is_name(std::string_view text) {
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == ':' || c == '_' || c == '-';
  };
  return !text.empty() && std::ranges::all_of(text, fits);
}

bool is_ip_address(std::string_view text) {
  if (text.contains('\0')) return false;
  return is_ip(AF_INET, text) || is_ip(AF_INET6, text);
}

bool is_network(std::string_view text) {
  auto slash = std::min(text.find('/'), text.size());
  auto address = text.substr(0, slash);
  if (!is_ip_address(address)) return false;
  if (slash == text.size()) return true;
  return parse::number(text.substr(slash + 1), 0, address.contains(':') ? 128 : 32).has_value();
}

void ConfigWriter::comment(Keyword text) {
  text_ += "# ";
  text_ += text.text();
  text_ += '\n';
}

Result<std::string> ConfigWriter::finish() && {
  if (error_) return std::unexpected(*error_);
  return std::move(text_);
}

void ConfigWriter::end_line() {
  text_ += '\n';
  first_ = true;
}

void ConfigWriter::space() {
  if (!first_) text_ += ' ';
  first_ = false;
}

void ConfigWriter::refuse(std::string_view kind, std::string_view value) {
  if (!error_)
    error_ = Error{Errc::Internal, fmt::format("haproxy.cfg: {} is not {}", text::shown(value), kind)};
}

void ConfigWriter::token(Keyword keyword) {
  space();
  text_ += keyword.text();
}

void ConfigWriter::token(Name name) {
  if (!is_name(name.text)) return refuse("a name", name.text);
  space();
  text_ += name.text;
}

void ConfigWriter::token(Quoted quoted) {
  if (std::ranges::any_of(quoted.text, is_control))
    return refuse("text without control characters", quoted.text);
  space();
  text_ += '\'';
  for (char c : quoted.text) {
    if (c == '\'')
      text_ += R"('\'')";  // close, one escaped quote, open again
    else
      text_ += c;
  }
  text_ += '\'';
}

void ConfigWriter::token(Address address) {
  if (!is_ip_address(address.ip) && address.ip != "*") return refuse("an IP address", address.ip);
  if (address.port && *address.port > 65535) return refuse("a port", std::to_string(*address.port));
  space();
  bool v6 = address.ip.contains(':');
  text_ += v6 ? fmt::format("[{}]", address.ip) : std::string(address.ip);
  if (address.port) text_ += fmt::format(":{}", *address.port);
}

void ConfigWriter::token(Network network) {
  if (!is_network(network.text)) return refuse("an address or a network", network.text);
  space();
  text_ += network.text;
}

void ConfigWriter::token(std::chrono::milliseconds span) {
  space();
  text_ += fmt::format("{}ms", span.count());
}

}  // namespace dfp::haproxy::config
