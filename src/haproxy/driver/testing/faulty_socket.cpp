#include "haproxy/driver/testing/faulty_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <mutex>
#include <system_error>

namespace dfp::haproxy::testing {
namespace {

std::mutex g_mutex;  // of threads_ and open_

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

/// Reads up to and with `end`; false at the end of the stream.
bool read_until(int fd, std::string& text, std::string_view end) {
  char byte = 0;
  while (!text.ends_with(end)) {
    if (::recv(fd, &byte, 1, 0) != 1) return false;
    text += byte;
  }
  return true;
}

bool send_all(int fd, std::string_view text) {
  return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
}

}  // namespace

FaultySocket::FaultySocket(std::filesystem::path socket) : path_(std::move(socket)), hidden_(path_) {
  hidden_ += ".real";
  std::filesystem::rename(path_, hidden_);
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = address_of(path_);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error(errno, std::generic_category(), "bind " + path_.string());
  ::listen(listener_, 16);
  acceptor_ = std::thread([this] {
    for (;;) {
      int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) return;
      std::lock_guard lock(g_mutex);
      open_.push_back(fd);
      threads_.emplace_back([this, fd] { serve(fd); });
    }
  });
}

FaultySocket::~FaultySocket() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (int fd : open_) ::shutdown(fd, SHUT_RDWR);
  for (auto& thread : threads_) thread.join();
  for (int fd : open_) ::close(fd);
  std::error_code ignored;
  std::filesystem::rename(hidden_, path_, ignored);
}

void FaultySocket::arm(Fault fault, int command, int times) {
  fired_ = false;
  fault_ = fault;
  countdown_ = command;
  times_ = times;
}

void FaultySocket::serve(int client) {
  int haproxy = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = address_of(hidden_);
  bool good = ::connect(haproxy, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  while (good) {
    std::string command;
    good = read_until(client, command, "\n");
    if (good && command.ends_with("<<\n")) good = read_until(client, command, "\n\n");
    if (good) good = relay(client, haproxy, command);
  }
  ::close(haproxy);
  ::shutdown(client, SHUT_RDWR);
}

bool FaultySocket::relay(int client, int haproxy, const std::string& command) {
  bool counts = !command.starts_with("prompt") && !command.starts_with("show");
  bool fails = counts && countdown_-- <= 0 && times_-- > 0;
  if (fails) fired_ = true;
  if (fails && fault_ == Fault::LostBefore) return false;
  if (fails && fault_ == Fault::Refused) return send_all(client, "No, not today.\n\n> ");
  std::string reply;
  if (!send_all(haproxy, command) || !read_until(haproxy, reply, "\n> ")) return false;
  if (fails) return false;
  return send_all(client, reply);
}

}  // namespace dfp::haproxy::testing
