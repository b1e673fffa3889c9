#include "haproxy/process/listening_sockets.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace dfp::haproxy::process {
namespace {

using Sockets = std::vector<ListeningSocket>;

TEST(ParseSocketTable, GivesWhatListensAmongTheInodes) {
  constexpr std::string_view kTable =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0 "
      "100\n"
      "   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 102 1 0 "
      "100\n"
      "   2: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 103 1 0 "
      "100\n"
      "   3: 0100007F:2329 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 104 1 0 "
      "100\n"
      "cut: 0100007F:2329 00000000:0000 0A\n";
  EXPECT_EQ(parse_socket_table(kTable, {"101", "102", "103"}), (Sockets{{"*", 80}, {"127.0.0.1", 8080}}));
  constexpr std::string_view kTable6 =
      "   0: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 "
      "00:00000000 00000000     0        0 201 1\n"
      "   1: 00000000000000000000000001000000:01BC 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 "
      "00:00000000 00000000     0        0 202 1\n";
  EXPECT_EQ(parse_socket_table(kTable6, {"201", "202"}), (Sockets{{"::", 443}, {"::1", 444}}));
}

TEST(ListeningSockets, AreThoseOfTheProcess) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ASSERT_EQ(::inet_pton(AF_INET, "127.9.8.7", &address.sin_addr), 1);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ListeningSocket wanted{"127.9.8.7", ntohs(address.sin_port)};
  auto has_it = [&] {
    auto sockets = listening_sockets({::getpid(), 1 << 30});  // the second one has ended
    return sockets && std::ranges::find(*sockets, wanted) != sockets->end();
  };
  EXPECT_FALSE(has_it()) << "bound, and deaf";
  ASSERT_EQ(::listen(fd, 1), 0);
  EXPECT_TRUE(has_it());
  ::close(fd);
  EXPECT_FALSE(has_it());
}

}  // namespace
}  // namespace dfp::haproxy::process
