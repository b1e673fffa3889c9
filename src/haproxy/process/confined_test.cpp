#include "haproxy/process/confined.hpp"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "base/testing.hpp"
#include "haproxy/process/program.hpp"

namespace dfp::haproxy::process {
namespace {
using namespace std::chrono_literals;
using ::testing::HasSubstr;

Result<ProgramOutput> run(std::vector<std::string> arguments, std::string input = "",
                          Confinement confinement = {}, Clock::duration span = 20s) {
  return dfp::testing::run([&](Executor executor) -> Task<Result<ProgramOutput>> {
    auto output = co_await run_confined(executor, arguments, input, confinement, Deadline::after(span));
    co_return std::move(output);
  });
}

/// What a Python script prints that is held in.
std::string python(std::string script, Confinement confinement = {}) {
  auto output = run({"/usr/bin/python3", "-I", "-S", "-c", std::move(script)}, "", confinement);
  return output ? output->text : output.error().what;
}

/// "done", or the name of the error, of one expression.
std::string attempt(const std::string& expression, const std::string& imports = "os") {
  return python("import errno, " + imports + "\ntry:\n  " + expression +
                "\n  print('done')\nexcept OSError as e:\n  print(errno.errorcode[e.errno])\n");
}

/// The same in a child of ours that is nobody, as in a container that does not start as root.
template <class Body>
void as_nobody(Body body) {
  if (::geteuid() != 0) return body();
  auto child = ::fork();
  if (child == 0) {
    bool changed = ::setgroups(0, nullptr) == 0 && ::setgid(65534) == 0 && ::setuid(65534) == 0;
    if (changed) body();
    ::_exit(changed && !::testing::Test::HasFailure() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << "see the failures above";
}

/// Both ways to be started.
struct Both : ::testing::TestWithParam<bool> {
  void play(const std::function<void()>& body) {
    if (GetParam()) return as_nobody(body);
    if (::geteuid() != 0) GTEST_SKIP() << "this is the case of root";
    body();
  }
};
INSTANTIATE_TEST_SUITE_P(Confined, Both, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "StartedAsNobody" : "StartedAsRoot"; });

TEST(Confined, ReadsItsInputAndReportsItsEnd) {
  std::string long_text(300'000, 'x');
  EXPECT_EQ(run({"cat"}, long_text)->text, long_text);
  EXPECT_EQ(run({"cat", "/dev/stdin"}, "as a file")->text, "as a file");
  EXPECT_EQ(run({"sh", "-c", "exit 3"})->status.text(), "exit code 3");
  EXPECT_EQ(run({"/no/such/program"})->status.text(), "exit code 127");
}

TEST_P(Both, HoldsInAndSaysHow) {
  play([] {
    auto output = run({"cat"}, "text");
    ASSERT_TRUE(output) << output.error().what;
    EXPECT_TRUE(output->held.confined()) << output->held.missing();
    EXPECT_EQ(output->held.filter, 0);
    EXPECT_GT(output->held.files_version, 0);
    EXPECT_THAT(output->held.text(), HasSubstr("seccomp"));
    EXPECT_EQ(output->held.missing(), "");
  });
}

TEST_P(Both, HasNoNetwork) {
  play([] {
    EXPECT_EQ(attempt("socket.socket()", "socket"), "EPERM\n");
    auto udp = "socket.socket(type=socket.SOCK_DGRAM)";
    EXPECT_EQ(attempt(std::string(udp) + ".sendto(b'x', ('127.0.0.1', 9))", "socket"), "EPERM\n");
    EXPECT_EQ(attempt(std::string(udp) + ".connect(('127.0.0.1', 9))", "socket"), "EPERM\n");
    EXPECT_EQ(attempt(std::string(udp) + ".bind(('127.0.0.1', 0))", "socket"), "EPERM\n");
    EXPECT_EQ(attempt("s = " + std::string(udp) + "; os.write(s.fileno(), b'x')", "os, socket"),
              "EDESTADDRREQ\n");
    EXPECT_EQ(attempt("fcntl.ioctl(" + std::string(udp) + ", 0x8912, b' ' * 16)", "fcntl, socket"),
              "EPERM\n");
    EXPECT_EQ(attempt("socket.socketpair()", "socket"), "EPERM\n");
    EXPECT_EQ(attempt("socket.socket(socket.AF_UNIX)", "socket"), "EPERM\n");
  });
}

TEST_P(Both, ReadsNoOtherFiles) {
  char folder[] = "/tmp/dfp-confined-XXXXXX";
  ASSERT_TRUE(::mkdtemp(folder));
  auto file = std::string(folder) + "/secret";
  std::ofstream(file) << "secret";
  ::chmod(folder, 0755);
  ::chmod(file.c_str(), 0644);  // whoever reads it, this program must not
  play([&file] {
    EXPECT_EQ(attempt("open('" + file + "')"), "EACCES\n");
    EXPECT_EQ(attempt("open('/proc/self/environ')"), "EACCES\n");
    EXPECT_EQ(attempt("open('/proc/%d/environ' % os.getppid())"), "EACCES\n");
    EXPECT_EQ(attempt("os.listdir('/tmp')"), "EACCES\n");
    EXPECT_EQ(attempt("open('/dev/null', 'w')"), "done\n");
    EXPECT_EQ(python("import os; print(os.getcwd())"), "/\n");
  });
  std::filesystem::remove_all(folder);
}

TEST_P(Both, ReachesNoOtherProcess) {
  play([] {
    EXPECT_EQ(attempt("os.kill(os.getppid(), 0)"), "EPERM\n");
    EXPECT_EQ(attempt("os.fork()"), "EPERM\n");
    EXPECT_EQ(attempt("resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)", "os, resource"), "EPERM\n");
    EXPECT_EQ(python("import threading as t; x = t.Thread(target=print, args=['on']); x.start(); x.join()"),
              "on\n");
  });
}

TEST(Confined, RunsAsNobody) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give up its user";
  EXPECT_EQ(python("import os; print(os.getuid(), os.getgroups())"), "65534 []\n");
  Confinement keep;
  keep.any_file = true;
  EXPECT_EQ(python("import os; print(os.getuid())", keep), "0\n");
}

TEST(Confined, ReadsWhatTheOperatorPermittedAndStillHasNoNetwork) {
  Confinement permitted;
  permitted.any_file = true;
  char file[] = "/tmp/dfp-confined-XXXXXX";
  ::close(::mkstemp(file));
  auto script = "import socket\nopen('" + std::string(file) + "')\nprint('read')\nsocket.socket()";
  auto output = python(script, permitted);
  EXPECT_THAT(output, HasSubstr("read"));
  EXPECT_THAT(output, HasSubstr("PermissionError"));
  ::unlink(file);
}

Result<> check(std::string text) {
  return dfp::testing::run([&](Executor executor) -> Task<Result<>> {
    auto verdict = co_await check_text(executor, "haproxy", text, {}, Deadline::after(20s));
    if (!verdict) co_return std::unexpected(verdict.error());
    co_return verdict->accepted;
  });
}

/// As root in a folder that nobody else may enter: each check failed there.
TEST(Confined, WorksFromAFolderThatItCannotEnter) {
  char folder[] = "/tmp/dfp-confined-XXXXXX";
  ASSERT_TRUE(::mkdtemp(folder));  // mode 0700
  auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder);
  auto good = check("frontend f\n  bind 127.0.0.1:1\n");
  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
  EXPECT_TRUE(good) << good.error().what;
}

TEST(CheckText, AcceptsNameservers) {
  auto good = check("resolvers dns\n  nameserver one 127.0.0.1:53\nfrontend f\n  bind 127.0.0.1:1\n");
  EXPECT_TRUE(good) << good.error().what;
}

TEST(Held, SaysWhatIsMissing) {
  Held held;
  held.no_new_privileges = held.limits = held.descriptors = 0;
  held.filter = ENOSYS;
  held.own_network = EPERM;
  held.files = EOPNOTSUPP;
  EXPECT_FALSE(held.confined());
  EXPECT_EQ(held.missing(),
            "no network (seccomp: Function not implemented; own network: Operation not permitted), no files "
            "(landlock: Operation not supported; user nobody: not possible here)");
  held.own_network = held.other_user = 0;  // root on a kernel without both
  EXPECT_TRUE(held.confined());
  held.any_file = true;
  EXPECT_FALSE(held.confined()) << "it reads as us, so being nobody does not hold";
}

/// A newer HAProxy that stands first in PATH is the one that checks, too.
TEST(Confined, IsTheProgramThatPathNames) {
  char folder[] = "/tmp/dfp-confined-XXXXXX";
  ASSERT_TRUE(::mkdtemp(folder));
  ::chmod(folder, 0755);
  auto program = std::string(folder) + "/haproxy";
  std::ofstream(program) << "#!/bin/sh\necho newer\n";
  ::chmod(program.c_str(), 0755);
  std::string before = std::getenv("PATH");
  ::setenv("PATH", (std::string(folder) + ":" + before).c_str(), 1);
  auto output = run({"haproxy"});
  ::setenv("PATH", before.c_str(), 1);
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(output) << output.error().what;
  EXPECT_EQ(output->text, "newer\n");
}

TEST(Confined, SeesNothingOfOurEnvironment) {
  ::setenv("DFP_TEST_SECRET", "secret", 1);
  EXPECT_EQ(python("import os; print(sorted(os.environ))"), "['LC_CTYPE', 'PATH']\n");
  ::unsetenv("DFP_TEST_SECRET");
}

TEST(Confined, WritesNoFiles) {
  char file[] = "/tmp/dfp-confined-XXXXXX";
  ::close(::mkstemp(file));
  ::chmod(file, 0666);
  EXPECT_EQ(attempt("open('" + std::string(file) + "', 'w')"), "EACCES\n");
  EXPECT_EQ(attempt("os.mkdir('/tmp/dfp-confined-new')"), "EACCES\n");
  EXPECT_EQ(attempt("os.unlink('" + std::string(file) + "')"), "EACCES\n");
  ::unlink(file);
}

TEST(Confined, IsLimitedInTimeAndMemory) {
  Confinement tight;
  tight.cpu_seconds = 1;
  EXPECT_TRUE(run({"sh", "-c", "while :; do :; done"}, "", tight)->status.by_signal);
  EXPECT_EQ(run({"sleep", "60"}, "", {}, 50ms).error().code, Errc::Timeout);
  tight.memory_bytes = 1;
  EXPECT_NE(run({"cat", "/dev/null"}, "", tight)->status.text(), "exit code 0");
}

TEST(CheckText, GivesHaproxysReasonWithTheLine) {
  std::string good = "frontend f\n  bind 127.0.0.1:1\n  default_backend b\nbackend b\n";
  EXPECT_TRUE(check(good)) << check(good).error().what;
  auto refused = check(good + "  bogus\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::Rejected);
  EXPECT_EQ(refused.error().what, "parsing [/dev/stdin:5] : unknown keyword 'bogus' in 'backend' section");
}

}  // namespace
}  // namespace dfp::haproxy::process
