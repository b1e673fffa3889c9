#include "haproxy/process/confined.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

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

std::string shell(std::string script, Confinement confinement = {}) {
  auto output = run({"sh", "-c", std::move(script)}, "", confinement);
  return output ? output->text : output.error().what;
}

TEST(Confined, ReadsItsInputAndReportsItsEnd) {
  std::string long_text(300'000, 'x');
  EXPECT_EQ(run({"cat"}, long_text)->text, long_text);
  EXPECT_EQ(run({"cat", "/dev/stdin"}, "as a file")->text, "as a file");
  EXPECT_EQ(run({"sh", "-c", "exit 3"})->status.text(), "exit code 3");
  EXPECT_EQ(run({"/no/such/program"})->status.text(), "exit code 127");
}

TEST(Confined, RunsAsNobody) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give up its user";
  EXPECT_EQ(shell("id -un; id -G"), "nobody\n65534\n");
  Confinement keep;
  keep.drop_user = false;
  EXPECT_EQ(shell("id -u", keep), "0\n");
}

TEST(Confined, HasNoNetwork) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a network";
  EXPECT_THAT(shell("ls /sys/class/net /proc/self/net/dev >/dev/null; tail -n +3 /proc/self/net/dev | wc -l"),
              HasSubstr("1"));  // only its own loopback
}

TEST(Confined, SeesNothingOfOurEnvironment) {
  ::setenv("DFP_TEST_SECRET", "secret", 1);
  EXPECT_EQ(shell("echo \"[$DFP_TEST_SECRET]\""), "[]\n");
  ::unsetenv("DFP_TEST_SECRET");
}

TEST(Confined, WritesNoFiles) {
  char file[] = "/tmp/dfp-confined-XXXXXX";
  ::close(::mkstemp(file));
  ::chmod(file, 0666);
  auto output = run({"sh", "-c", "echo x > " + std::string(file)});
  EXPECT_TRUE(output->status.by_signal);  // SIGXFSZ
  EXPECT_EQ(std::filesystem::file_size(file), 0U);
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

Result<> check(std::string text) {
  return dfp::testing::run([&](Executor executor) -> Task<Result<>> {
    auto accepted = co_await check_text(executor, "haproxy", text, true, Deadline::after(20s));
    co_return accepted;
  });
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
