#include "cli/registrator_command.hpp"

#include <gmock/gmock.h>

#include "cli/cli.hpp"

namespace dfp::cli {
namespace {
using testing::HasSubstr;

TEST(RegistratorCommand, TakesTheOriginalsForm) {
  auto call = parse_registrator_call(
      {"-ip", "10.0.0.1", "-internal", "-ttl=30", "-ttl-refresh", "10", "consul://h:8500"});
  ASSERT_TRUE(call) << call.error().what;
  EXPECT_EQ(call->flags.at("registry"), "consul://h:8500");
  EXPECT_EQ(call->options.ip, "10.0.0.1");
  EXPECT_TRUE(call->options.internal);
  EXPECT_EQ(call->options.ttl, std::chrono::seconds(30));
}

TEST(RegistratorCommand, TakesSettingsOfTheServer) {
  auto call = parse_registrator_call(
      {"--registry=embedded:/r.db", "--docker", "tcp://h:1", "--consul-ssl", "true", "--explicit"});
  ASSERT_TRUE(call) << call.error().what;
  EXPECT_EQ(call->flags.at("registry"), "embedded:/r.db");
  EXPECT_EQ(call->flags.at("docker"), "tcp://h:1");
  EXPECT_EQ(call->flags.at("consul-ssl"), "true");
  EXPECT_TRUE(call->options.explicit_only);
}

TEST(RegistratorCommand, NamesWhatIsWrong) {
  EXPECT_THAT(parse_registrator_call({"-nonsense"}).error().what, HasSubstr("-nonsense"));
  EXPECT_THAT(parse_registrator_call({"--http", "*:80"}).error().what, HasSubstr("--http"));
  EXPECT_THAT(parse_registrator_call({"--registry"}).error().what, HasSubstr("--registry"));
  EXPECT_THAT(parse_registrator_call({"a", "b"}).error().what,
              HasSubstr("\"b\": the registry is already set"));
}

TEST(RegistratorCommand, RunsWithWhatItWasGiven) {
  Context context;
  std::string docker, ip;
  context.run_registrator = [&](const settings::Settings& settings,
                                const docker::registrator::Options& options) {
    docker = settings.docker.address;
    ip = options.ip;
    return 7;
  };
  EXPECT_EQ(run({"registrator", "-ip", "10.0.0.1", "--docker", "unix:///d.sock"}, context), 7);
  EXPECT_EQ(docker, "unix:///d.sock");
  EXPECT_EQ(ip, "10.0.0.1");
  EXPECT_EQ(run({"registrator", "-ttl", "3"}, context), kUsage);
}

TEST(RegistratorCommand, HelpListsTheOptions) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(run({"registrator", "-ip", "10.0.0.1", "--help"}, {}), kOk);
  auto help = testing::internal::GetCapturedStdout();
  EXPECT_THAT(help, HasSubstr("--use-ip-from-label LABEL"));
}

}  // namespace
}  // namespace dfp::cli
