#include "net/resolve.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>

#include "net/dial.hpp"

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

/// Shared by the waiting coroutine and the lookup's handler: the lookup cannot be stopped, only left behind.
struct Lookup {
  explicit Lookup(Executor executor, Deadline deadline) : resolver(executor), done(executor, deadline.at) {}
  asio::ip::basic_resolver<tcp, Executor> resolver;
  asio::steady_timer done;
  std::optional<error_code> error;
  std::vector<Address> addresses;
};

void start(const std::shared_ptr<Lookup>& lookup, const Endpoint& endpoint) {
  lookup->resolver.async_resolve(
      endpoint.host, std::to_string(endpoint.port), tcp::resolver::numeric_service,
      [lookup](const error_code& error, const tcp::resolver::results_type& results) {
        lookup->error = error;
        for (const auto& entry : results)
          lookup->addresses.push_back(from_sockaddr(entry.endpoint().data(), entry.endpoint().size()));
        lookup->done.cancel();
      });
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
  auto lookup = std::make_shared<Lookup>(executor, deadline);
  start(lookup, endpoint);
  interrupt->on_fire([lookup] { lookup->done.cancel(); });
  if (!interrupt->fired()) co_await lookup->done.async_wait(asio::as_tuple(asio::use_awaitable));
  interrupt->on_fire({});
  lookup->resolver.cancel();
  if (interrupt->fired()) co_return fail(Errc::Cancelled, "cancelled");
  if (!lookup->error && deadline.passed())
    co_return fail(Errc::Timeout, "timeout while the name was looked up");
  if (!lookup->error) co_return fail(Errc::Cancelled, "cancelled");
  if (*lookup->error) co_return fail(Errc::Unavailable, "name lookup: " + lookup->error->message());
  co_return std::move(lookup->addresses);
}

}  // namespace dfp::net
