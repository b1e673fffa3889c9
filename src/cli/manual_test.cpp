#include "cli/manual.hpp"

#include "cli/testing.hpp"

namespace dfp::cli {
namespace {

TEST(Manual, EscapesWhatRoffWouldRead) {
  CommandWords command{
      "serve", "Run it.", {"FILE"}, {{{"--a-b"}, "VALUE", ".x\nC:\\y\n'z"}}, ".example\n  one"};
  auto page = render_manual(command);
  for (auto part : {".TH DOCKER\\-FLOW\\-PROXY\\-SERVE 1 ", "docker\\-flow\\-proxy\\-serve \\- Run it\n",
                    ".TP\n\\fB\\-\\-a\\-b\\fR VALUE\n\\&.x\n.br\nC:\\ey\n.br\n\\&'z\n", "[\\fIFILE\\fR]",
                    ".nf\n\\&.example\n  one\n.fi\n"})
    EXPECT_TRUE(page.contains(part)) << part << " in\n" << page;
}

TEST(ManualPages, ThereIsOneForTheProgramAndForEachCommand) {
  auto program = run_words({"docs", "man"});
  EXPECT_EQ(program.status, kOk);
  EXPECT_TRUE(program.output.contains(".SH EXIT STATUS"));
  auto commands = run_words({"docs", "commands"}).output;
  EXPECT_TRUE(commands.contains("reconfigure\n") && commands.contains("help\n") &&
              !commands.contains("docs"));
  for (std::string command : {"server", "reconfigure", "registrator", "completion"}) {
    EXPECT_TRUE(commands.contains(command + "\n"));
    auto page = run_words({"docs", "man", command});
    EXPECT_EQ(page.status, kOk) << page.errors;
    EXPECT_TRUE(page.output.contains("docker\\-flow\\-proxy\\-" + command));
    EXPECT_TRUE(program.output.contains("docker\\-flow\\-proxy\\-" + command));
  }
}

TEST(ManualPages, WhatIsUnknownIsWrongUsage) {
  EXPECT_EQ(run_words({"docs", "man", "servr"}).status, kUsage);
  EXPECT_EQ(run_words({"docs", "settings", "server"}).status, kUsage);
  EXPECT_EQ(run_words({"docs", "nothing"}).status, kUsage);
}

}  // namespace
}  // namespace dfp::cli
