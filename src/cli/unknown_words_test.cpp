#include "cli/unknown_words.hpp"

#include <gtest/gtest.h>

#include "cli/testing.hpp"

namespace dfp::cli {
namespace {

struct UnknownCase {
  const char* name;
  std::vector<std::string> words;
  const char* said;
};
void PrintTo(const UnknownCase& test, std::ostream* out) { *out << test.name; }
class Unknown : public testing::TestWithParam<UnknownCase> {};

TEST_P(Unknown, IsNamedWithTheNearestKnown) {
  auto ended = run_words(GetParam().words);
  EXPECT_EQ(ended.status, kUsage);
  EXPECT_EQ(ended.errors.substr(0, ended.errors.find('\n')),
            std::string("docker-flow-proxy: ") + GetParam().said);
  EXPECT_EQ(ended.output, "");
}

INSTANTIATE_TEST_SUITE_P(
    Table, Unknown,
    testing::Values(
        UnknownCase{"Command", {"servr"}, "unknown command \"servr\"; did you mean server?"},
        UnknownCase{
            "CommandWithFlags", {"servics", "--json"}, "unknown command \"servics\"; did you mean services?"},
        UnknownCase{"CommandLikeNone", {"xyz"}, "unknown command \"xyz\""},
        UnknownCase{"HiddenCommandIsNotProposed", {"dcs"}, "unknown command \"dcs\""},
        UnknownCase{"NoCommand", {}, "a command is missing"},
        UnknownCase{"Flag",
                    {"server", "--htpp", "127.0.0.1:8000"},
                    "server: unknown flag \"--htpp\"; did you mean --http?"},
        UnknownCase{
            "FlagWithValue", {"server", "--htpp=1"}, "server: unknown flag \"--htpp\"; did you mean --http?"},
        UnknownCase{"FlagBeforeWords",
                    {"reconfigure", "--sevice-path", "/x", "a"},
                    "reconfigure: unknown flag \"--sevice-path\"; did you mean --service-path?"},
        UnknownCase{"OtherSpelling",
                    {"remove", "--servicename", "a"},
                    "remove: unknown flag \"--servicename\"; did you mean --serviceName?"},
        UnknownCase{"FlagOfTheProgram", {"--vresion"}, "unknown flag \"--vresion\"; did you mean --version?"},
        UnknownCase{"Argument", {"config", "x"}, "config: unexpected argument \"x\""},
        UnknownCase{"HelpOfNone", {"help", "pong"}, "unknown command \"pong\"; did you mean ping?"}),
    [](const auto& test) { return test.param.name; });

TEST(HelpCommand, ShowsWhatTheFlagShows) {
  EXPECT_EQ(run_words({"help"}).output, run_words({"--help"}).output);
  for (const char* command : {"server", "reconfigure", "registrator", "template", "version"}) {
    auto help = run_words({"help", command});
    EXPECT_EQ(help.status, kOk) << help.errors;
    EXPECT_EQ(help.output, run_words({command, "--help"}).output) << command;
  }
}

}  // namespace
}  // namespace dfp::cli
