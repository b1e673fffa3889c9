// Start, stop, limits and leaving clients.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "net/http_client.hpp"
#include "net/http_server.hpp"
#include "net/testing/raw_peer.hpp"

namespace dfp::net {
namespace {
using namespace std::chrono_literals;
using testing::must;
using testing::must_send;
using testing::RawPeer;

const std::string kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

Deadline soon() { return Deadline::after(5s); }
Endpoint at(const HttpServer& server) { return {Endpoint::Kind::Tcp, "127.0.0.1", server.port()}; }
Task<HttpResponse> hello(HttpRequest request) { co_return HttpResponse(200, "hello " + request.peer); }

/// Handlers that wait until they are released or, if they look, until their client leaves.
struct Parking {
  explicit Parking(Executor executor) : changed(executor) {}

  Task<HttpResponse> park(HttpRequest request) {
    ++entered;
    looks.push_back(request.has_left);
    changed.notify_all();
    std::stop_callback on_leave(request.left, [this] { changed.notify_all(); });
    while (!released && !(watches && request.left.stop_requested())) {
      auto notified = co_await changed.wait(soon());
      if (!notified) break;
    }
    told = request.left.stop_requested();
    ++left;
    changed.notify_all();
    co_return HttpResponse(200, "parked");
  }
  HttpServer::Handler handler() {
    return [this](HttpRequest request) { return park(std::move(request)); };
  }
  void release() {
    released = true;
    changed.notify_all();
  }
  Task<> until(const int* counter, int wanted) {
    auto deadline = soon();
    while (*counter < wanted && !deadline.passed()) co_await changed.wait(deadline);
    EXPECT_GE(*counter, wanted);
  }

  Signal changed;
  std::vector<std::function<bool()>> looks;
  int entered = 0;
  int left = 0;
  bool released = false;
  bool watches = true;
  bool told = false;
};

TEST(HttpServer, AParkedHandlerIsToldThatItsClientHasLeft) {
  dfp::testing::run([](Executor executor) -> Task<> {
    Parking parking(executor);
    HttpServer server(executor, parking.handler());
    must(server.listen({"127.0.0.1", 0}));
    auto peer = co_await RawPeer::connect(executor, at(server));
    co_await peer->write(kGet);
    co_await parking.until(&parking.entered, 1);
    auto begin = Clock::now();
    peer.reset();
    co_await parking.until(&parking.left, 1);
    EXPECT_TRUE(parking.told);
    EXPECT_LT(Clock::now() - begin, 2s);
  });
}

TEST(HttpServer, AHandlerThatLooksSeesAtOnceThatItsClientHasLeft) {
  dfp::testing::run([](Executor executor) -> Task<> {
    Parking parking(executor);
    parking.watches = false;
    HttpServer server(executor, parking.handler());
    must(server.listen({"127.0.0.1", 0}));
    auto peer = co_await RawPeer::connect(executor, at(server));
    co_await peer->write(kGet);
    co_await parking.until(&parking.entered, 1);
    EXPECT_FALSE(parking.looks.at(0)());
    peer.reset();
    EXPECT_TRUE(parking.looks.at(0)());
    parking.release();
    co_await parking.until(&parking.left, 1);
    EXPECT_TRUE(parking.told);
  });
}

TEST(HttpServer, ShutdownLetsRunningRequestsFinish) {
  dfp::testing::run([](Executor executor) -> Task<> {
    Parking parking(executor);
    parking.watches = false;
    HttpServer server(executor, parking.handler());
    must(server.listen({"127.0.0.1", 0}));
    auto idle = co_await RawPeer::connect(executor, at(server));
    auto busy = co_await RawPeer::connect(executor, at(server));
    co_await busy->write(kGet);
    co_await parking.until(&parking.entered, 1);
    auto stop = [](HttpServer* s) -> Task<> { co_await s->shutdown(soon()); };
    spawn(executor, stop(&server), "shutdown");
    auto nothing = co_await idle->read_all();
    EXPECT_EQ(nothing, "") << "an idle connection is closed at once";
    HttpClient late(executor, at(server));
    auto refused = co_await late.send(HttpRequest(), soon());
    EXPECT_EQ(refused.error().code, Errc::Unavailable);
    parking.release();
    auto answer = co_await busy->read_all();
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("parked")) << answer;
  });
}

TEST(HttpServer, ShutdownEndsAtItsDeadlineWhenAHandlerDoesNot) {
  dfp::testing::run([](Executor executor) -> Task<> {
    Parking parking(executor);
    parking.watches = false;
    HttpServer server(executor, parking.handler());
    must(server.listen({"127.0.0.1", 0}));
    auto busy = co_await RawPeer::connect(executor, at(server));
    co_await busy->write(kGet);
    co_await parking.until(&parking.entered, 1);
    auto begin = Clock::now();
    co_await server.shutdown(Deadline::after(30ms));
    EXPECT_LT(Clock::now() - begin, 1s);
    auto answer = co_await busy->read_all();
    EXPECT_EQ(answer, "");
    parking.release();
    co_await parking.until(&parking.left, 1);
  });
}

TEST(HttpServer, ADestroyedServerLeavesNothingRunning) {
  dfp::testing::run([](Executor executor) -> Task<> {
    Parking parking(executor);
    auto token = std::make_shared<int>();
    auto handler = [token, &parking](HttpRequest request) { return parking.park(std::move(request)); };
    auto server = std::make_unique<HttpServer>(executor, handler);
    must(server->listen({"127.0.0.1", 0}));
    auto idle = co_await RawPeer::connect(executor, at(*server));
    auto busy = co_await RawPeer::connect(executor, at(*server));
    co_await busy->write(kGet);
    co_await parking.until(&parking.entered, 1);
    server.reset();
    auto deadline = soon();
    while (token.use_count() > 2 && !deadline.passed()) co_await sleep_for(1ms);
    EXPECT_EQ(token.use_count(), 2) << "only this test's own handler still holds it";
    EXPECT_TRUE(parking.told);
  });
}

TEST(HttpServer, ATakenPortIsAConflictThatNamesIt) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpServer first(executor, hello), second(executor, hello);
    must(first.listen({"127.0.0.1", 0}));
    auto taken = second.listen({"127.0.0.1", first.port()});
    EXPECT_EQ(taken.error().code, Errc::Conflict);
    EXPECT_EQ(taken.error().what,
              "listen on 127.0.0.1:" + std::to_string(first.port()) + ": bind: Address already in use");
    EXPECT_EQ(second.listen({"192.0.2.1", 0}).error().code, Errc::Unavailable);
    co_return;
  });
}

TEST(HttpServer, APortIsFreeAgainAtOnce) {
  dfp::testing::run([](Executor executor) -> Task<> {
    auto first = std::make_unique<HttpServer>(executor, hello);
    must(first->listen({"127.0.0.1", 0}));
    auto port = first->port();
    HttpClient client(executor, at(*first));
    co_await must_send(&client, HttpRequest());
    first.reset();
    HttpServer second(executor, hello);
    must(second.listen({"127.0.0.1", port}));
    co_await must_send(&client, HttpRequest());
  });
}

TEST(HttpServer, EveryAddressMeansIpv4AndIpv6) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpServer server(executor, hello);
    must(server.listen({"", 0}));
    HttpClient four(executor, {Endpoint::Kind::Tcp, "127.0.0.1", server.port()});
    auto answer = co_await must_send(&four, HttpRequest());
    EXPECT_TRUE(answer.body.starts_with("hello 127.0.0.1:")) << answer.body;
    if (!std::filesystem::exists("/proc/net/if_inet6")) co_return;
    HttpClient six(executor, {Endpoint::Kind::Tcp, "::1", server.port()});
    answer = co_await must_send(&six, HttpRequest());
    EXPECT_TRUE(answer.body.starts_with("hello [::1]:")) << answer.body;
  });
}

TEST(HttpServer, AFurtherConnectionTakesThePlaceOfTheLongestIdleOne) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpServerLimits limits;
    limits.max_connections = 2;
    HttpServer server(executor, hello, limits);
    must(server.listen({"127.0.0.1", 0}));
    auto one = co_await RawPeer::connect(executor, at(server));
    auto two = co_await RawPeer::connect(executor, at(server));
    for (auto& peer : {one, two}) {
      co_await peer->write(kGet);
      co_await peer->read_until("hello");
    }
    HttpClient third(executor, at(server));
    auto served = co_await third.send(HttpRequest(), soon());
    EXPECT_TRUE(served) << served.error().what;
    auto closed = co_await one->read_all();
    EXPECT_FALSE(closed.contains("HTTP")) << closed;
    co_await two->write(kGet);
    auto goes_on = co_await two->read_until("hello");
    EXPECT_TRUE(goes_on.ends_with("hello")) << goes_on;
  });
}

TEST(HttpServer, WhereAllWorkAReservedPlaceTakesOneRequestThatIsToldSo) {
  dfp::testing::run([](Executor executor) -> Task<> {
    Parking parking(executor);
    HttpServerLimits limits;
    limits.when_crowded = [](const HttpRequest&) { return HttpResponse(503, "crowded"); };
    limits.max_connections = 1;
    limits.reserved = 2;
    HttpServer server(executor, parking.handler(), limits);
    must(server.listen({"127.0.0.1", 0}));
    auto busy = co_await RawPeer::connect(executor, at(server));
    co_await busy->write(kGet);
    co_await parking.until(&parking.entered, 1);
    for (int i = 0; i < 3; ++i) {
      auto silent = co_await RawPeer::connect(executor, at(server));  // gives its place away
      auto late = co_await RawPeer::connect(executor, at(server));
      co_await late->write(kGet);
      auto answer = co_await late->read_all();
      EXPECT_TRUE(answer.ends_with("crowded")) << answer;
      EXPECT_NE(answer.find("Connection: close"), std::string::npos) << answer;
    }
    parking.release();
    auto answer = co_await busy->read_until("parked");
    EXPECT_TRUE(answer.ends_with("parked")) << answer;
  });
}

TEST(HttpServer, APipelineLeavesOthersTheirTurns) {
  dfp::testing::run([](Executor executor) -> Task<> {
    int answered = 0;
    auto handler = [&answered](HttpRequest request) -> Task<HttpResponse> {
      ++answered;
      co_return HttpResponse(200, request.target == "/" ? "one of many" : std::to_string(answered));
    };
    HttpServer server(executor, handler);
    must(server.listen({"127.0.0.1", 0}));
    HttpClient other(executor, at(server));
    co_await must_send(&other, HttpRequest("GET", "/count"));
    auto greedy = co_await RawPeer::connect(executor, at(server));
    std::string packet;
    for (int i = 0; i < 1500; ++i) packet += kGet;
    co_await greedy->write(packet);
    auto response = co_await must_send(&other, HttpRequest("GET", "/count"));
    EXPECT_LT(std::stoi(response.body), 1000);
  });
}

TEST(HttpServer, BodiesThatNobodyReadsAreNotKept) {
  dfp::testing::run([](Executor executor) -> Task<> {
    auto handler = [](HttpRequest request) -> Task<HttpResponse> {
      co_return HttpResponse(200, fmt::format("{} bytes", request.body.size()));
    };
    HttpServerLimits limits;
    limits.keep_bodies = false;
    HttpServer server(executor, handler, limits);
    must(server.listen({"127.0.0.1", 0}));
    HttpClient client(executor, at(server));
    HttpRequest request("POST", "/");
    request.body = std::string(60'000, 'x');
    auto response = co_await must_send(&client, request);
    EXPECT_EQ(response.body, "0 bytes");
    request.body += std::string(6'000, 'x');
    response = co_await must_send(&client, request);
    EXPECT_EQ(response.status, 413);
  });
}

/// Lets this process open one descriptor more and no other while it lives.
class OneMoreDescriptor {
 public:
  OneMoreDescriptor() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    int next = ::dup(STDERR_FILENO);
    auto now = before_;
    now.rlim_cur = static_cast<rlim_t>(next) + 1;
    ::close(next);
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~OneMoreDescriptor() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  OneMoreDescriptor(const OneMoreDescriptor&) = delete;
  OneMoreDescriptor& operator=(const OneMoreDescriptor&) = delete;

 private:
  rlimit before_{};
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

#if defined(__has_feature) && __has_feature(undefined_behavior_sanitizer)
constexpr bool kNeedsDescriptors = true;  // UBSan opens a pipe to look at an object's type
#else
constexpr bool kNeedsDescriptors = false;
#endif

TEST(HttpServer, RunsOutOfDescriptorsWithoutSpinning) {
  if (kNeedsDescriptors) GTEST_SKIP() << "the sanitizer itself fails without descriptors";
  dfp::testing::run([](Executor executor) -> Task<> {
    int handled = 0;
    HttpServer server(executor, [&handled](HttpRequest request) {
      ++handled;
      return hello(std::move(request));
    });
    must(server.listen({"127.0.0.1", 0}));
    std::shared_ptr<RawPeer> peer;
    {
      OneMoreDescriptor limit;  // which is the client's
      peer = co_await RawPeer::connect(executor, at(server));
      auto begin = cpu_seconds();
      co_await peer->write(kGet);
      co_await sleep_for(250ms);
      EXPECT_EQ(handled, 0);
      EXPECT_LT(cpu_seconds() - begin, 0.1);
    }
    auto answer = co_await peer->read_until("hello");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  });
}

TEST(HttpServer, ChildProcessesInheritNoSocket) {
  dfp::testing::run([](Executor executor) -> Task<> {
    HttpServer server(executor, hello);
    must(server.listen({"127.0.0.1", 0}));
    HttpClient client(executor, at(server));
    co_await must_send(&client, HttpRequest());
    int sockets = 0;
    for (int fd = 3; fd < 256; ++fd) {
      struct stat info{};
      if (::fstat(fd, &info) != 0 || !S_ISSOCK(info.st_mode)) continue;
      ++sockets;
      EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC) << fd;
    }
    EXPECT_GE(sockets, 3);
  });
}

class UnixServer : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/dfp_net_XXXXXX";
    folder_ = ::mkdtemp(name);
    path_ = folder_ / "s.sock";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  Endpoint endpoint() const { return {Endpoint::Kind::Unix, path_, 0}; }
  std::filesystem::path folder_, path_;
};

TEST_F(UnixServer, ServesAndRemovesItsFile) {
  dfp::testing::run([this](Executor executor) -> Task<> {
    auto server = std::make_unique<HttpServer>(executor, hello);
    must(server->listen_unix(path_));
    struct stat info{};
    EXPECT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    HttpClient client(executor, endpoint());
    auto response = co_await must_send(&client, HttpRequest("GET", "/"));
    EXPECT_EQ(response.body, "hello " + path_.string());
    server.reset();
    EXPECT_FALSE(std::filesystem::exists(path_));
    auto gone = co_await client.send(HttpRequest("GET", "/v1"), soon());
    EXPECT_EQ(gone.error().code, Errc::Unavailable);
    EXPECT_NE(gone.error().what.find(path_), std::string::npos) << gone.error().what;
  });
}

TEST_F(UnixServer, ReplacesADeadSocketOnly) {
  dfp::testing::run([this](Executor executor) -> Task<> {
    HttpServer first(executor, hello), second(executor, hello);
    must(first.listen_unix(path_));
    EXPECT_EQ(second.listen_unix(path_).error().code, Errc::Conflict);
    auto moved = folder_ / "moved.sock";
    std::filesystem::rename(path_, moved);
    co_await first.shutdown(soon());
    must(second.listen_unix(moved));
    std::ofstream(folder_ / "file") << "not a socket";
    HttpServer third(executor, hello);
    EXPECT_EQ(third.listen_unix(folder_ / "file").error().code, Errc::Conflict);
    EXPECT_TRUE(std::filesystem::exists(folder_ / "file"));
  });
}

}  // namespace
}  // namespace dfp::net
