#include "cli/completion.hpp"

#include "cli/testing.hpp"

namespace dfp::cli {
namespace {

using Value = FlagWords::Value;

const CommandWords kProgram{"", "A proxy.", {}, {{{"--version"}, "", "The version.", Value::None}}, ""};
const std::vector<CommandWords> kCommands = {
    {"serve",
     "Run it: [now]. More.",
     {},
     {{{"--state-dir", "--stateDir"}, "VALUE", "The operator's folder.\nDefault: x", Value::Text},
      {{"--config", "-c"}, "FILE", "A file.", Value::File},
      {{"--quiet"}, "[true|false]", "Says [a:b] less.", Value::Optional}},
     ""}};

TEST(Completion, OfBashKnowsFlagsThatTakeFilesOrValues) {
  auto script = render_bash(kProgram, kCommands);
  for (auto part : {"serve:--config|serve:-c)\n", "serve:--state-dir|serve:--stateDir)\n",
                    "'') words='serve --version'", "serve) words='--state-dir --config --quiet'"})
    EXPECT_TRUE(script.contains(part)) << part << " in\n" << script;
}

TEST(Completion, OfZshEscapesWhatItsArgumentsMean) {
  auto script = render_zsh(kProgram, kCommands);
  for (auto part : {R"('--state-dir=[The operator'\''s folder.]:value:')", "'--config=[A file.]:file:_files'",
                    R"('--quiet[Says \[a\:b\] less.]')"})
    EXPECT_TRUE(script.contains(part)) << part << " in\n" << script;
}

TEST(Completion, OfFishSaysWhichFlagTakesAValue) {
  auto script = render_fish(kProgram, kCommands);
  for (auto part : {R"(-l state-dir -x -d 'The operator\'s folder.')", "-l config -r -F -d 'A file.'",
                    "-l quiet -d ", "-n __fish_use_subcommand -a serve -d 'Run it: [now]'"})
    EXPECT_TRUE(script.contains(part)) << part << " in\n" << script;
}

TEST(CompletionCommand, ProposesEveryCommandThatHelpLists) {
  for (const auto& completion : completions()) {
    auto ended = run_words({"completion", std::string(completion.shell)});
    EXPECT_EQ(ended.status, kOk) << ended.errors;
    for (auto word : {"reconfigure", "service-path", "registrator", "ttl-refresh", "hard-stop-after", "help"})
      EXPECT_TRUE(ended.output.contains(word)) << word << " for " << completion.shell;
    EXPECT_FALSE(ended.output.contains("stats-password")) << "secrets are no flags";
  }
}

TEST(CompletionCommand, AnotherShellIsWrongUsage) {
  auto ended = run_words({"completion", "bas"});
  EXPECT_EQ(ended.status, kUsage);
  EXPECT_TRUE(ended.errors.contains("is not one of bash, zsh, fish; did you mean bash?")) << ended.errors;
  EXPECT_EQ(run_words({"completion"}).status, kUsage);
}

}  // namespace
}  // namespace dfp::cli
