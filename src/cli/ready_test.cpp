#include "cli/ready.hpp"

#include "cli/testing.hpp"

namespace dfp::cli {
namespace {

TEST(PingWait, AsksForReadinessUntilItIsThere) {
  FakeApi api(json_answer(200, R"({"Status":"OK","Message":""})"));
  auto ended = run_words({"ping", "--wait", "10s", "--api", api.url()});
  EXPECT_EQ(ended.status, kOk) << ended.errors;
  EXPECT_EQ(ended.output, "OK\n");
  EXPECT_EQ(api.target(), "/v1/docker-flow-proxy/successfulinitreload");
}

TEST(PingWait, EndsWithOneWhereTheProxyIsNotReadyInTime) {
  FakeApi api(json_answer(500, R"({"Status":"NOK","Message":"not yet synchronised"})"));
  auto ended = run_words({"ping", "--wait", "300ms", "--api", api.url()});
  EXPECT_EQ(ended.status, kFailed);
  EXPECT_EQ(ended.errors, "not ready (500): not yet synchronised\n");
}

TEST(PingWait, EndsWithThreeWhereNobodyAnswersInTime) {
  EXPECT_EQ(run_words({"ping", "--wait", "300ms", "--api", "http://127.0.0.1:1"}).status, kNoAddress);
  FakeApi silent(FakeApi::kSilent);
  EXPECT_EQ(run_words({"ping", "--wait", "300ms", "--api", silent.url()}).status, kNoAddress);
}

TEST(PingWait, ABadTimeIsNamed) {
  auto ended = run_words({"ping", "--wait", "soon", "--api", "http://127.0.0.1:1"});
  EXPECT_EQ(ended.status, kUsage);
  EXPECT_TRUE(ended.errors.contains("--wait: ")) << ended.errors;
  EXPECT_EQ(run_words({"services", "--wait", "1s"}).status, kUsage) << "nobody else waits";
}

}  // namespace
}  // namespace dfp::cli
