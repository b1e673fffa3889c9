#include "haproxy/addresses.hpp"

#include <arpa/inet.h>

#include <set>

#include "base/log.hpp"
#include "haproxy/config/writer.hpp"
#include "net/dial.hpp"
#include "net/resolve.hpp"

namespace dfp::haproxy {
namespace {

std::string literal(const net::Address& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.family() == AF_INET)
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address.data())->sin_addr, text, sizeof text);
  if (address.family() == AF_INET6)
    ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address.data())->sin6_addr, text,
                sizeof text);
  return text;
}

std::set<std::string> names_in(const model::Change& services) {
  std::set<std::string> names;
  for (const auto& [name, service] : services)
    if (service)
      for (const auto& instance : service->instances)
        if (!config::is_ip_address(instance.address)) names.insert(instance.address);
  return names;
}

}  // namespace

Task<config::Addresses> resolve_names(Executor executor, model::Change services, Deadline deadline) {
  config::Addresses addresses;
  for (const auto& name : names_in(services)) {
    net::Endpoint endpoint{net::Endpoint::Kind::Tcp, name, 1};
    auto found = co_await net::resolve(executor, endpoint, std::make_shared<net::Interrupt>(), deadline);
    if (found && !found->empty())
      addresses[name] = literal(found->front());
    else
      log::warn("haproxy.name_unknown",
                {{"name", name}, {"error", found ? "no address" : found.error().what}});
  }
  co_return addresses;
}

}  // namespace dfp::haproxy
