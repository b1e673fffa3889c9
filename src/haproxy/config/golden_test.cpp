#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.hpp"
#include "haproxy/config/testing.hpp"

/// Rendered files against tests/golden/haproxy; each set is also given to `haproxy -c`.
/// DFP_UPDATE_GOLDEN=1 writes the golden files anew; read the difference before committing it.
namespace dfp::haproxy::config {
namespace {
using testing::instance;
using testing::service;
namespace fs = std::filesystem;

struct GoldenCase {
  const char* name;
  model::DesiredState state;
  Settings settings;
  Surroundings surroundings;
};

Settings plain_settings() {
  Settings s;
  s.run_dir = "/run/docker-flow-proxy";
  s.http = {{"127.0.0.1", 8080}};
  s.spare_backends = 2;
  return s;
}

GoldenCase one_service() {
  auto demo = service("go-demo", {"/demo"});
  demo.instances = {instance("node-1", "go-demo-1", "10.0.0.1", 32768),
                    instance("node-2", "weird id!", "::1", 80)};
  demo.instances[1].weight = 300;
  return {"one_service", testing::state_of({demo}), plain_settings(), {}};
}

GoldenCase every_kind_of_route() {
  auto blue = service("blue-green", {"/"}, {"my-domain.com", "*.eu.example.com"});
  blue.definition.color = "blue";
  blue.definition.skip_check = true;
  blue.instances = {instance("n", "i", "10.0.0.9", 80)};
  auto state =
      testing::state_of({blue, service("exact", {"/a", "/b"}, {}, model::PathType::Exact),
                         service("end", {".png"}, {}, model::PathType::End),
                         service("sub", {"mid.dle"}, {}, model::PathType::Sub),
                         service("dir", {"/img/"}, {"my-domain.com"}, model::PathType::Dir),
                         service("reg", {"^/v[0-9]+/'x\"|#"}, {"*.example.com"}, model::PathType::Reg)});
  return {"every_kind_of_route", state, plain_settings(), {}};
}

GoldenCase every_setting() {
  auto s = plain_settings();
  s.https = {{"*", 8443}, {"::1", 8443}};
  s.threads = 2;
  s.stats = StatsPage{"admin", "it's $HOME \"#1\"", "/admin?stats", Bind{"127.0.0.1", 8404}};
  s.timeouts.connect = std::chrono::milliseconds(250);
  return {
      "every_setting", {}, s, {"", {std::string(DFP_SOURCE_DIR) + "/tests/golden/haproxy/localhost.pem"}, 1}};
}

std::string shown(const FileSet& files) {
  std::string text;
  for (const auto& [name, content] : files) text += "---------- " + name + "\n" + content;
  for (std::string::size_type at; (at = text.find(DFP_SOURCE_DIR)) != std::string::npos;)
    text.replace(at, std::string(DFP_SOURCE_DIR).size(), "SOURCE");
  return text;
}

class Golden : public ::testing::TestWithParam<GoldenCase (*)()> {};

TEST_P(Golden, FilesAreAsBeforeAndHaproxyAcceptsThem) {
  auto test = GetParam()();
  auto files = testing::files_of(test.state, test.settings, test.surroundings, 7);
  ASSERT_TRUE(files) << files.error().what;
  auto golden = fs::path(DFP_SOURCE_DIR) / "tests/golden/haproxy" / (std::string(test.name) + ".txt");
  if (std::getenv("DFP_UPDATE_GOLDEN")) ASSERT_TRUE(file::write_atomic(golden, shown(*files)));
  auto wanted = file::read(golden);
  ASSERT_TRUE(wanted) << wanted.error().what;
  EXPECT_EQ(shown(*files), *wanted);

  auto dir = fs::path(::testing::TempDir()) / ("dfp_golden_" + std::string(test.name));
  fs::create_directories(dir);
  for (const auto& [name, content] : *files) ASSERT_TRUE(file::write_atomic(dir / name, content));
  auto command =
      "haproxy -c -f " + (dir / "haproxy.cfg").string() + " > " + (dir / "output").string() + " 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << *file::read(dir / "output");
  fs::remove_all(dir);
}

INSTANTIATE_TEST_SUITE_P(Cases, Golden, ::testing::Values(one_service, every_kind_of_route, every_setting),
                         [](const auto& info) { return std::string(info.param().name); });

}  // namespace
}  // namespace dfp::haproxy::config
