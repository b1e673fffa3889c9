#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "haproxy/process/log_tail.hpp"
#include "haproxy/process/ports.hpp"
#include "haproxy/process/process_handle.hpp"
#include "haproxy/process/program.hpp"
#include "haproxy/process/survivors.hpp"

namespace dfp::haproxy::process {
namespace {
using namespace std::chrono_literals;

Result<ProgramOutput> run(std::vector<std::string> arguments, Clock::duration span = 10s) {
  return dfp::testing::run([&](Executor executor) -> Task<Result<ProgramOutput>> {
    auto output = co_await run_program(executor, arguments, Deadline::after(span));
    co_return std::move(output);
  });
}

TEST(RunProgram, GivesOutputAndStatus) {
  auto output = run({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(output);
  EXPECT_EQ(output->text, "out\nerr\n");
  EXPECT_EQ(output->status.text(), "exit code 3");
  EXPECT_EQ(run({"sh", "-c", "kill -9 $$"})->status.text(), "signal 9");
}

TEST(RunProgram, HandsOnNothingSecret) {
  ::setenv("CONSUL_HTTP_TOKEN", "secret", 1);
  ::setenv("TZ", "Europe/Vienna", 1);
  auto output = run({"env"});
  ::unsetenv("CONSUL_HTTP_TOKEN");
  ::unsetenv("TZ");
  ASSERT_TRUE(output);
  EXPECT_EQ(output->text.find("secret"), std::string::npos) << output->text;
  EXPECT_NE(output->text.find("PATH="), std::string::npos);
  EXPECT_NE(output->text.find("TZ=Europe/Vienna"), std::string::npos);
}

TEST(RunProgram, IsKilledAtTheDeadline) {
  auto begin = Clock::now();
  EXPECT_EQ(run({"sleep", "60"}, 50ms).error().code, Errc::Timeout);
  EXPECT_LT(Clock::now() - begin, 5s);
}

TEST(RunProgram, SaysThatAProgramIsMissing) {
  EXPECT_EQ(run({"/no/such/program"}).error().code, Errc::NotFound);
}

TEST(ProcessHandle, SeesTheEndOfAProcessThatIsNotItsChild) {
  auto seen = dfp::testing::run([](Executor executor) -> Task<bool> {
    // The shell prints the number of its own child and leaves it to us only by that number.
    auto output = co_await run_program(executor, {"sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"},
                                       Deadline::after(10s));
    auto handle = ProcessHandle::open(executor, std::stoi(output->text));
    if (!handle) co_return false;
    auto early = co_await (*handle)->wait(Deadline::after(20ms));
    (*handle)->signal(SIGKILL);
    auto ended = co_await (*handle)->wait(Deadline::after(5s));
    co_return !early && ended;
  });
  EXPECT_TRUE(seen);
}

/// As a master that was replaced: who waits for its end hears of it after whoever ended it and let it go.
TEST(ProcessHandle, WhoWaitsOutlivesTheHandle) {
  auto outcomes = dfp::testing::run([](Executor executor) -> Task<std::vector<bool>> {
    std::vector<bool> seen;
    auto wait = [](ProcessHandle* handle, std::vector<bool>* into) -> Task<> {
      auto ended = co_await handle->wait(Deadline::never());
      into->push_back(ended);
    };
    auto child = spawn_process(executor, {.arguments = {"sleep", "60"}});
    if (!child) co_return seen;
    for (int i = 0; i < 3; ++i) spawn(executor, wait(child->get(), &seen), "wait");
    co_await sleep_for(1ms);
    (*child)->signal(SIGKILL);
    std::this_thread::sleep_for(50ms);  // its end and the end of the handle come together
    child->reset();
    for (int i = 0; i < 100 && seen.size() < 3; ++i) co_await sleep_for(10ms);
    co_return seen;
  });
  EXPECT_EQ(outcomes.size(), 3U);
}

TEST(Version, IsReadFromTheFirstLine) {
  auto version =
      parse_version("HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/\nStatus: x\n");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->text, "2.6.12-1+deb12u4");
  EXPECT_TRUE(version->at_least(2, 6));
  EXPECT_FALSE(version->at_least(2, 7));
  EXPECT_TRUE(parse_version("HAProxy version 3.4-dev1 x")->at_least(2, 6));
  EXPECT_FALSE(parse_version("nginx version: nginx/1.22"));
}

TEST(FindProgram, NamesTheWayOut) {
  auto found = dfp::testing::run([](Executor executor) -> Task<Result<Version>> {
    auto version = co_await find_program(executor, "/no/such/haproxy", Deadline::after(5s));
    co_return std::move(version);
  });
  EXPECT_EQ(found.error().code, Errc::NotFound);
  EXPECT_TRUE(found.error().what.contains("--haproxy")) << found.error().what;
}

TEST(ErrorLines, AreTheAlertsWithoutPrefix) {
  EXPECT_EQ(error_lines("[NOTICE]   (1) : haproxy version is 2.6\n"
                        "[ALERT]    (1) : config : parsing [/x/haproxy.cfg:48] : unknown keyword 'bogus'\n"
                        "[ALERT]    (1) : config : Fatal errors found in configuration.\n"),
            "parsing [/x/haproxy.cfg:48] : unknown keyword 'bogus'");
}

std::uint16_t free_port() {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

TEST(Ports, ASharedListenerIsSeen) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(fd, 1), 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  auto port = ntohs(address.sin_port);
  EXPECT_EQ(check_port_free("127.0.0.1", port).error().code, Errc::Conflict);
  EXPECT_EQ(check_port_free("*", port).error().code, Errc::Conflict);
  ::close(fd);
  EXPECT_TRUE(check_port_free("127.0.0.1", port));
}

/// Binds a socket of its own with or without SO_REUSEPORT, as another program would.
bool others_can_bind(std::uint16_t port, bool shared) {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  if (shared) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return bound;
}

TEST(Ports, AReservedPortIsOpenToHaproxyOnly) {
  auto port = free_port();
  {
    auto reserved = reserve_port("127.0.0.1", port, false);
    ASSERT_TRUE(reserved) << reserved.error().what;
    EXPECT_FALSE(others_can_bind(port, false));
    EXPECT_TRUE(others_can_bind(port, true)) << "HAProxy binds with SO_REUSEPORT";
    EXPECT_TRUE(reserve_port("127.0.0.1", port, true));
  }
  EXPECT_TRUE(others_can_bind(port, false)) << "let go";
}

TEST(Ports, AnAddressOfAnotherMachineIsRefusedByName) {
  auto reserved = reserve_port("192.0.2.1", 7070, false);
  ASSERT_FALSE(reserved);
  EXPECT_EQ(reserved.error().code, Errc::InvalidArgument);
  EXPECT_TRUE(reserved.error().what.contains("192.0.2.1")) << reserved.error().what;
}

/// A process whose command line looks like that of a HAProxy with this master socket.
pid_t lookalike(const std::string& socket) {
  auto pid = ::fork();
  if (pid != 0) return pid;
  ::execlp("sh", "haproxy", "-c", "while :; do sleep 1; done", "-W", "-S", (socket + ",mode,600").c_str(),
           nullptr);
  ::_exit(1);
}

TEST(Survivors, AreFoundByTheirMasterSocketWhateverHappenedToIt) {
  auto socket = std::string(::testing::TempDir()) + "dfp_survivors/master.sock";
  EXPECT_TRUE(find_survivors(socket).empty());
  auto pid = lookalike(socket);
  Survivors found;
  for (int i = 0; i < 500 && found.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    found = find_survivors(socket);
  }
  EXPECT_EQ(found.masters, std::vector<pid_t>{pid});
  EXPECT_TRUE(find_survivors(socket + "2").empty());
  EXPECT_TRUE(find_survivors(socket.substr(0, socket.size() - 1)).empty());
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  EXPECT_TRUE(find_survivors(socket).empty());
}

TEST(LogTail, GivesWholeLinesOnceWithoutStopNotices) {
  auto file = std::filesystem::path(::testing::TempDir()) / "dfp_log_tail";
  std::filesystem::remove(file);
  std::ofstream(file) << "not a pipe\n";
  LogTail tail(file);
  ASSERT_TRUE(tail.open());
  std::ofstream out(file);
  out << "[ALERT] (1) : one\n[WARNING] (1) : Proxy x stopped (cumulated conns: FE: 0, BE: 0).\ntw"
      << std::flush;
  EXPECT_EQ(tail.read_lines(), std::vector<std::string>{"[ALERT] (1) : one"});
  out << "o\n" << std::flush;
  EXPECT_EQ(tail.read_lines(), std::vector<std::string>{"two"});
}

/// HAProxy, without us: it goes on writing, waits for nobody, and fills no disk.
TEST(LogTail, KeepsABoundedPartWhileNobodyReads) {
  auto file = std::filesystem::path(::testing::TempDir()) / "dfp_log_unread";
  std::filesystem::remove(file);
  auto before = std::make_unique<LogTail>(file);
  ASSERT_TRUE(before->open());
  int haproxy = ::dup(before->descriptor());
  before.reset();
  std::string line(99, 'x');
  line += '\n';
  std::size_t written = 0;
  for (int i = 0; i < 100'000; ++i)
    if (::write(haproxy, line.data(), line.size()) > 0) ++written;
  EXPECT_LT(written, 10'000U);
  LogTail next(file);
  ASSERT_TRUE(next.open());
  auto lines = next.read_lines();
  EXPECT_EQ(lines.size(), written) << "what was written while we were away is read";
  ASSERT_GT(::write(haproxy, "more\n", 5), 0);
  EXPECT_EQ(next.read_lines(), std::vector<std::string>{"more"});
  ::close(haproxy);
}

}  // namespace
}  // namespace dfp::haproxy::process
