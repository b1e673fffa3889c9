#include "net/resolve.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstring>
#include <memory>

#include "net/dial.hpp"
#include "net/lookup.hpp"

namespace dfp::net {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

Address from_sockaddr(const void* data, std::size_t size) {
  Address address;
  std::memcpy(&address.storage, data, size);
  address.size = static_cast<socklen_t>(size);
  return address;
}

Address unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto length = std::min(path.size(), sizeof(address.sun_path) - 1);
  std::memcpy(address.sun_path, path.data(), length);
  return from_sockaddr(&address, offsetof(sockaddr_un, sun_path) + length + 1);
}

std::string ip_text(const Address& address) {
  tcp::endpoint endpoint;
  endpoint.resize(address.size);
  std::memcpy(endpoint.data(), address.data(), address.size);
  auto ip = endpoint.address();
  if (ip.is_v6() && ip.to_v6().is_v4_mapped())
    ip = asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6());
  auto format = ip.is_v6() ? "[{}]:{}" : "{}:{}";
  return fmt::format(fmt::runtime(format), ip.to_string(), endpoint.port());
}

}  // namespace

std::string Address::text() const {
  if (family() == AF_INET || family() == AF_INET6) return ip_text(*this);
  return reinterpret_cast<const sockaddr_un*>(&storage)->sun_path;
}

std::vector<Address> literal_address(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::Unix) return {unix_address(endpoint.host)};
  error_code not_literal;
  auto ip = asio::ip::make_address(endpoint.host, not_literal);
  if (not_literal) return {};
  tcp::endpoint address(ip, endpoint.port);
  return {from_sockaddr(address.data(), address.size())};
}

Task<Result<std::vector<Address>>> resolve(Executor executor, Endpoint endpoint,
                                           std::shared_ptr<Interrupt> interrupt, Deadline deadline) {
  auto known = literal_address(endpoint);
  if (!known.empty()) co_return known;
  auto found = co_await look_up(std::move(executor), std::move(endpoint), std::move(interrupt), deadline);
  co_return found;
}

}  // namespace dfp::net
