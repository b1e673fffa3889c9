#include "haproxy/runtime/commands.hpp"

#include <fmt/format.h>

namespace dfp::haproxy::runtime {

std::string escaped(std::string_view argument) {
  std::string out;
  out.reserve(argument.size());
  for (char c : argument) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) continue;
    if (c == ' ' || c == ';' || c == '\\' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

std::string add_map(std::string_view map, std::string_view key, std::string_view value) {
  return fmt::format("add map {} {} {}", map, escaped(key), escaped(value));
}

std::string set_map(std::string_view map, std::string_view key, std::string_view value) {
  return fmt::format("set map {} {} {}", map, escaped(key), escaped(value));
}

std::string del_map(std::string_view map, std::string_view key) {
  return fmt::format("del map {} {}", map, escaped(key));
}

std::string add_server(std::string_view backend, std::string_view server, std::string_view arguments) {
  return fmt::format("add server {}/{} {}", backend, server, arguments);
}

std::string del_server(std::string_view backend, std::string_view server) {
  return fmt::format("del server {}/{}", backend, server);
}

std::string set_server_state(std::string_view backend, std::string_view server, std::string_view state) {
  return fmt::format("set server {}/{} state {}", backend, server, state);
}

std::string set_server_address(std::string_view backend, std::string_view server, std::string_view address) {
  return fmt::format("set server {}/{} addr {}", backend, escaped(server), address);
}

std::string set_server_weight(std::string_view backend, std::string_view server, int weight) {
  return fmt::format("set server {}/{} weight {}", backend, server, weight);
}

std::string enable_server(std::string_view backend, std::string_view server) {
  return fmt::format("enable server {}/{}", backend, server);
}

std::string enable_health(std::string_view backend, std::string_view server) {
  return fmt::format("enable health {}/{}", backend, server);
}

std::string add_backend(std::string_view backend, std::string_view defaults) {
  return fmt::format("add backend {} from {}", backend, defaults);
}

std::string publish_backend(std::string_view backend) { return fmt::format("publish backend {}", backend); }

std::string unpublish_backend(std::string_view backend) {
  return fmt::format("unpublish backend {}", backend);
}

std::string del_backend(std::string_view backend) { return fmt::format("del backend {}", backend); }

}  // namespace dfp::haproxy::runtime
