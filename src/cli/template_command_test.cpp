#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli.hpp"

namespace dfp::cli {
namespace {
using ::testing::HasSubstr;

/// What the command hands on.
struct Given {
  int calls = 0;
  settings::Settings settings;
  TemplateCall call;
};

int run_template(const std::vector<std::string>& words, Given& given, settings::Texts environment = {}) {
  Context context;
  context.environment = std::move(environment);
  context.run_template = [&](const settings::Settings& settings, const TemplateCall& call) {
    ++given.calls;
    given.settings = settings;
    given.call = call;
    return 7;
  };
  ::testing::internal::CaptureStderr();
  auto status = run(words, context);
  ::testing::internal::GetCapturedStderr();
  return status;
}

TEST(TemplateCommand, RunsWithWhatItWasGiven) {
  Given given;
  EXPECT_EQ(
      run_template({"template", "a.tmpl", "--data", "d.json", "--missingkey", "error", "--left", "[[",
                    "--right", "]]", "--explain", "--registry", "embedded:/r.db", "--template-env", "A,B"},
                   given, {{"A", "1"}}),
      7);
  EXPECT_EQ(given.call.file, "a.tmpl");
  EXPECT_EQ(given.call.data_file, "d.json");
  EXPECT_EQ(given.call.missing_key, "error");
  EXPECT_EQ(given.call.left + given.call.right, "[[]]");
  EXPECT_TRUE(given.call.explain && given.call.has_registry);
  EXPECT_EQ(given.settings.registry.file, "/r.db");
  EXPECT_EQ(given.settings.templates.environment.at("A"), "1");
}

TEST(TemplateCommand, HasNoRegistryUnlessOneIsNamed) {
  Given given;
  run_template({"template", "a.tmpl"}, given);
  EXPECT_FALSE(given.call.has_registry || given.call.templates_dir);
  run_template({"template", "a.tmpl", "--templates-dir", "/t"}, given, {{"CONSUL_ADDRESS", "10.0.0.1:8500"}});
  EXPECT_TRUE(given.call.has_registry && given.call.templates_dir) << "the server's variables count";
  EXPECT_EQ(given.calls, 2);
}

TEST(TemplateCommand, AWrongCommandLineIsNoErrorOfATemplate) {
  Given given;
  for (const auto& words : std::vector<std::vector<std::string>>{{"template"},
                                                                 {"template", "a", "--missingkey", "x"},
                                                                 {"template", "a", "--registry", "x://y"},
                                                                 {"template", "a", "--check", "--explain"},
                                                                 {"template", "a", "--http", "*:80"}})
    EXPECT_EQ(run_template(words, given), kUsage) << words.back();
  EXPECT_EQ(given.calls, 0);
}

}  // namespace
}  // namespace dfp::cli
