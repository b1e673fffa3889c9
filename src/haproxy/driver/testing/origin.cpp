#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <system_error>

#include "base/text.hpp"
#include "haproxy/driver/testing/rig.hpp"

namespace dfp::haproxy::testing {
namespace {

sockaddr_in socket_address(const std::string& address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &result.sin_addr);
  return result;
}

int dial(const std::string& address, std::uint16_t port) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  timeval timeout{5, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  auto target = socket_address(address, port);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&target), sizeof target) == 0) return fd;
  ::close(fd);
  return -1;
}

bool send_all(int fd, std::string_view text) {
  return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

/// Reads one answer with a Content-Length. `close` tells that the server ends the connection after it.
Answer read_answer(int fd, bool& close) {
  std::string text;
  char buffer[4096];
  std::size_t wanted = std::string::npos;
  std::size_t head = std::string::npos;
  while (wanted == std::string::npos || text.size() < wanted) {
    auto size = ::recv(fd, buffer, sizeof buffer, 0);
    if (size <= 0) break;
    text.append(buffer, static_cast<std::size_t>(size));
    if (wanted != std::string::npos || (head = text.find("\r\n\r\n")) == std::string::npos) continue;
    auto lower = text::lower(text.substr(0, head));
    close = lower.contains("connection: close");
    auto length = lower.find("content-length:");
    if (length != std::string::npos) wanted = head + 4 + std::stoul(lower.substr(length + 15));
  }
  Answer answer;
  if (head == std::string::npos || text.size() < 12) return answer;
  if (wanted != std::string::npos && text.size() < wanted) return answer;
  std::from_chars(text.data() + 9, text.data() + 12, answer.status);
  answer.body = text.substr(head + 4);
  return answer;
}

}  // namespace

Origin::Reserved::Reserved() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto any = socket_address("127.0.0.1", 0);
  socklen_t size = sizeof any;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&any), size) != 0)
    throw std::system_error(errno, std::generic_category(), "bind a port of 127.0.0.1");
  ::listen(listener_, 1024);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size);
  port_ = ntohs(any.sin_port);
}

Origin::Origin(std::string name, Reserved reserved)
    : name_(std::move(name)), listener_(reserved.listener_), port_(reserved.port_) {
  acceptor_ = std::thread([this] {
    for (;;) {
      int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      std::lock_guard lock(mutex_);
      open_.insert(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  });
}

Origin::~Origin() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    std::lock_guard lock(mutex_);
    for (int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
}

void Origin::serve(int fd) {
  std::string text;
  char buffer[4096];
  while (!stopping_) {
    auto size = ::recv(fd, buffer, sizeof buffer, 0);
    if (size <= 0) break;
    text.append(buffer, static_cast<std::size_t>(size));
    for (auto end = text.find("\r\n\r\n"); end != std::string::npos; end = text.find("\r\n\r\n")) {
      auto status = status_of(text.substr(0, end));
      text.erase(0, end + 4);
      ++requests_;
      if (auto delay = delay_.load(); delay.count() > 0) std::this_thread::sleep_for(delay);
      send_all(fd,
               fmt::format("HTTP/1.1 {} So\r\nContent-Length: {}\r\n\r\n{}", status, name_.size(), name_));
    }
  }
  std::lock_guard lock(mutex_);
  open_.erase(fd);
  ::close(fd);
}

int Origin::status_of(std::string_view head) const {
  auto target = head.substr(head.find(' ') + 1);
  if (target.starts_with("/health")) return health_;
  return target.starts_with("/ready") ? ready_.load() : 200;
}

model::Instance Origin::instance() const {
  return config::testing::instance("node", name_, "127.0.0.1", port_);
}

Answer get(const std::string& address, std::uint16_t port, const std::string& host, const std::string& path) {
  int fd = dial(address, port);
  if (fd < 0) return {};
  send_all(fd, fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path, host));
  bool close = false;
  auto answer = read_answer(fd, close);
  ::close(fd);
  return answer;
}

Client::Client(std::string address, std::uint16_t port, std::string host, std::string path, bool keep_alive)
    : address_(std::move(address)),
      port_(port),
      request_(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}\r\n", path, host,
                           keep_alive ? "" : "Connection: close\r\n")),
      keep_alive_(keep_alive),
      thread_([this] { run(); }) {}

Client::~Client() { stop(); }

std::size_t Client::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  return failed_;
}

void Client::run() {
  int fd = -1;
  while (!stopping_) {
    if (fd < 0) fd = dial(address_, port_);
    bool close = !keep_alive_;
    Answer answer;
    if (fd >= 0 && send_all(fd, request_)) answer = read_answer(fd, close);
    if (answer.status == 200) {
      ++answered_;
    } else if (failed_++ == 0) {
      first_failure_ =
          fmt::format("after {} answers: status {} {}", answered_.load(), answer.status, answer.body);
    }
    if (close || answer.status != 200 || !keep_alive_) {
      if (fd >= 0) ::close(fd);
      fd = -1;
    }
  }
  if (fd >= 0) ::close(fd);
}

}  // namespace dfp::haproxy::testing
