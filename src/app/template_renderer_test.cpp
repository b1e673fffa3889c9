#include "app/template_renderer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.hpp"
#include "base/testing.hpp"
#include "base/wait.hpp"
#include "registry/plain_template_source.hpp"
#include "registry/testing/fake_registry.hpp"

namespace dfp::app {
namespace {
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kNow = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));

/// A folder of templates, and a registry with two instances of go-demo.
class TemplateRendering : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_ / "tmpl");
    settings_.templates_dir = folder_.string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    EXPECT_TRUE(file::write_atomic(folder_ / "tmpl" / name, text));
    return (folder_ / "tmpl" / name).string();
  }

  /// Runs `body(renderer, registry)`.
  template <class Body>
  auto with_renderer(Body body) {
    return testing::run(
        [&](Executor executor)
            -> std::invoke_result_t<Body, TemplateRenderer&, registry::testing::FakeRegistry&> {
          registry::testing::FakeRegistry registry(executor);
          for (auto id : {"b", "a"})
            registry.put_instance({.service = "go-demo",
                                   .node = "node-a",
                                   .id = id,
                                   .address = "10.0.0.1",
                                   .port = static_cast<std::uint16_t>(*id == 'a' ? 1000 : 2000),
                                   .tags = {},
                                   .meta = {}});
          registry::PlainTemplateSource source(registry, registry, "node-a");
          TemplateRenderer renderer(executor, settings_, source);
          co_return co_await body(renderer, registry);
        });
  }

  Result<reconcile::Rendering> render(model::Definition definition) {
    return with_renderer([&](TemplateRenderer& renderer, auto&) -> Task<Result<reconcile::Rendering>> {
      co_return co_await renderer.render(definition, kNow, Deadline::after(5s));
    });
  }
  Result<reconcile::Rendering> render_file(const std::string& path) {
    model::Definition definition;
    definition.service = "go-demo";
    definition.consul_template_path = path;
    return render(definition);
  }
  /// Why it is refused; the kind of failure must be that of a bad request.
  std::string refusal(const std::string& path) {
    auto rendered = render_file(path);
    if (rendered) return "rendered: " + rendered->text;
    EXPECT_EQ(rendered.error().code, Errc::InvalidArgument);
    return rendered.error().what;
  }

  std::filesystem::path folder_ = std::filesystem::path(::testing::TempDir()) /
                                  ("dfp_templates_" + std::to_string(::getpid()) +
                                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
  settings::Settings settings_;
};

TEST_F(TemplateRendering, TakesAbsoluteAndRelativePaths) {
  auto path =
      write("x.tmpl",
            R"({{range $i, $e := service "go-demo" "any"}}{{$e.Node}}_{{$i}} {{$e.Address}}:{{$e.Port}}
{{end}})");
  auto absolute = render_file(path);
  ASSERT_TRUE(absolute) << absolute.error().what;
  EXPECT_EQ(absolute->text, "node-a_0 10.0.0.1:1000\nnode-a_1 10.0.0.1:2000\n");
  EXPECT_THAT(absolute->hash, StartsWith("sha256:"));
  EXPECT_EQ(absolute->hash.size(), 7 + 64);
  auto relative = render_file("tmpl/x.tmpl");
  ASSERT_TRUE(relative) << relative.error().what;
  EXPECT_EQ(relative->text, absolute->text);
  EXPECT_EQ(relative->hash, absolute->hash);
  write("x.tmpl", "other");
  EXPECT_NE(render_file(path)->hash, absolute->hash);
}

TEST_F(TemplateRendering, RefusesFilesOutsideOfTheFolder) {
  EXPECT_THAT(refusal("/etc/hostname"), StartsWith("consulTemplatePath: template /etc/hostname: "));
  EXPECT_THAT(refusal("/etc/hostname"), HasSubstr("below " + folder_.string()));
  EXPECT_THAT(refusal("tmpl/../../x"), StartsWith("consulTemplatePath: template tmpl/../../x: "));
  EXPECT_THAT(refusal("absent.tmpl"), StartsWith("consulTemplatePath: template absent.tmpl: "));
  std::filesystem::create_symlink("/etc/hostname", folder_ / "link");
  EXPECT_THAT(refusal("link"), StartsWith("consulTemplatePath: template link: "));
  settings_.templates_dir = "/nonexistent-folder";
  EXPECT_THAT(refusal("x.tmpl"), HasSubstr("/nonexistent-folder"));
}

TEST_F(TemplateRendering, NamesFileAndLineOfErrors) {
  auto path = write("bad.tmpl", "a\nb {{if}}\n");
  EXPECT_THAT(refusal(path), StartsWith("template: " + path + ":2: "));
  path = write("refused.tmpl", "a\n\n{{secret \"x\"}}\n");
  EXPECT_THAT(refusal(path), StartsWith("template: " + path + ":3: "));
  EXPECT_THAT(refusal(path), HasSubstr("secret"));
  path = write("fails.tmpl", "a\n{{.Nonsense}}\n");
  EXPECT_THAT(refusal(path), StartsWith("template: " + path + ":2:2: executing "));
  path = write("waits.tmpl", "{{key \"absent\"}}");
  EXPECT_THAT(refusal(path), HasSubstr("the key \"absent\" does not exist"));
}

TEST_F(TemplateRendering, ReadsNamedVariablesAndFilesOfTheFolderOnly) {
  settings_.templates.environment_names = {"REGION", "UNSET"};
  settings_.templates.environment = {{"REGION", "eu"}};
  write("part", "included");
  auto path = write("x.tmpl", R"({{env "REGION"}}|{{env "UNSET"}}|{{file "tmpl/part"}})");
  auto rendered = render_file(path);
  ASSERT_TRUE(rendered) << rendered.error().what;
  EXPECT_EQ(rendered->text, "eu||included");
  EXPECT_THAT(refusal(write("y.tmpl", R"({{env "HOME"}})")), HasSubstr("HOME"));
  EXPECT_THAT(refusal(write("z.tmpl", R"({{file "/etc/hostname"}})")), HasSubstr("/etc/hostname"));
}

TEST_F(TemplateRendering, JoinsAPairAndGivesItTheService) {
  model::Definition definition;
  definition.service = "go-demo";
  definition.paths = {"/a", "/b"};
  definition.port = 8080;
  definition.template_fe_path = write("fe",
                                      "acl url_{{.AclName}}{{range .ServicePath}} path_beg {{.}}{{end}}\n"
                                      "use_backend {{.ServiceName}}-be if url_{{.AclName}}");
  definition.template_be_path = write(
      "be",
      "{{range .ServiceDest}}backend {{$.ServiceName}}-be\n  # {{.ReqMode}} {{.Port}} {{.Index}}\n{{end}}");
  auto rendered = render(definition);
  ASSERT_TRUE(rendered) << rendered.error().what;
  EXPECT_EQ(
      rendered->text,
      "acl url_go-demo path_beg /a path_beg /b\nuse_backend go-demo-be if url_go-demo\n# rendered from " +
          definition.template_be_path + "\nbackend go-demo-be\n  # http 8080 0\n");
  write("be", "\n{{end}}");
  auto bad = render(definition);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().what, StartsWith("template: " + definition.template_be_path + ":2: "));
}

TEST_F(TemplateRendering, TheTimeIsTheOneThatIsGiven) {
  auto rendered = render_file(write("x.tmpl", "{{timestamp}}"));
  ASSERT_TRUE(rendered) << rendered.error().what;
  EXPECT_EQ(rendered->text, "2023-11-14T22:13:20Z");
}

TEST_F(TemplateRendering, ChangedCompletesWhenItsDataMayHaveChanged) {
  auto path = write("x.tmpl", R"({{len (service "go-demo")}})");
  auto changed = with_renderer([&](TemplateRenderer& renderer, auto& registry) -> Task<Result<>> {
    model::Definition definition;
    definition.consul_template_path = path;
    auto rendered = co_await renderer.render(definition, kNow, Deadline::after(5s));
    if (!rendered) co_return std::unexpected(rendered.error());
    registry.drop_instance("node-a", "a");
    co_return co_await renderer.changed(rendered->basis, Deadline::after(5s));
  });
  EXPECT_TRUE(changed) << changed.error().what;
  auto never = with_renderer([&](TemplateRenderer& renderer, auto&) -> Task<Result<>> {
    model::Definition definition;
    definition.consul_template_path = write("plain.tmpl", "no data");
    auto rendered = co_await renderer.render(definition, kNow, Deadline::after(5s));
    if (!rendered) co_return std::unexpected(rendered.error());
    co_return co_await renderer.changed(rendered->basis, Deadline::after(50ms));
  });
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().code, Errc::Timeout);
}

TEST_F(TemplateRendering, ARegistryThatIsAwayIsNotTheTemplatesFault) {
  auto path = write("x.tmpl", R"({{service "go-demo"}})");
  auto rendered =
      with_renderer([&](TemplateRenderer& renderer, auto& registry) -> Task<Result<reconcile::Rendering>> {
        model::Definition definition;
        definition.consul_template_path = path;
        registry.go_away();
        co_return co_await renderer.render(definition, kNow, Deadline::after(5s));
      });
  ASSERT_FALSE(rendered);
  EXPECT_EQ(rendered.error().code, Errc::Unavailable);
}

}  // namespace
}  // namespace dfp::app
