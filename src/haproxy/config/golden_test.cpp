#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.hpp"
#include "base/source_dir.hpp"
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
  s.trusted_proxies = {"10.0.0.0/8", "fd00::1"};
  s.merge_slashes = true;
  s.cleartext_http2 = true;
  s.shares.service = 100;
  Surroundings surroundings;
  surroundings.certificates = {source_dir() + "/tests/golden/haproxy/localhost.pem"};
  surroundings.lookups = {1, false};
  return {"every_setting", {}, s, surroundings};
}

/// What answers below /.well-known does so for every site.
GoldenCase well_known() {
  auto state = testing::state_of({service("acme", {"/.well-known/acme-challenge"}),
                                  service("site", {"/"}, {"my-domain.com", "*.example.com"})});
  return {"well_known", state, plain_settings(), {}};
}

/// The article's template, one with bare frontend lines, and one that uses whatever templates may.
GoldenCase templates() {
  auto article = service("go-demo", {});
  article.rendered =
      "frontend go-demo-fe\n\tbind *:80\n\tbind *:443\n\toption http-server-close\n"
      "\tacl url_go-demo path_beg /demo\n\tuse_backend go-demo-be if url_go-demo\n\nbackend go-demo-be\n\t\n"
      "\tserver node-a_0_32768 192.168.99.101:32768 check\n\t\n"
      "\tserver node-a_1_32768 192.168.99.102:32768 check\n\t";
  auto halves = service("halves", {});
  halves.rendered =
      "acl url path_beg /halves # the frontend's half\nuse_backend halves-be if url\n"
      "backend halves-be\n  server a 10.0.0.1:80\n";
  auto rich = service("rich", {});
  rich.rendered = R"(
acl url path_beg "/rich # not a comment" /rich
acl inside src 10.0.0.0/8
http-request deny deny_status 403 if url !inside
http-request set-header X-Rich 'yes "indeed"' if url
http-response set-header X-Answered rich if { res.hdr(x-rich) -m found }
redirect location /rich/ code 301 if { path /rich }
use_backend rich-be if url { method GET } || url !METH_POST
default_backend rich-all
backend rich-be
  balance leastconn
  stick-table type ip size 10k expire 10m
  stick on src
  http-request set-path "%[path,regsub(^/rich,)]"
  server a name.that.nobody.knows:80 check weight 10
backend rich-all
  http-request return status 200 content-type text/plain string "all\n"
listen rich-tcp
  bind 127.0.0.1:9000
  mode tcp
  option tcplog
  acl inside src 10.0.0.0/8
  tcp-request content reject unless inside
  server a 10.0.0.1:5432 check
frontend rich-fe
  bind 127.0.0.1:9001 name x
  http-request auth unless { http_auth(rich-users) }
  default_backend rich-be
userlist rich-users
  user a insecure-password 'x y'
)";
  return {"templates",
          testing::state_of({article, halves, rich, service("plain", {"/plain"})}),
          plain_settings(),
          {}};
}

GoldenCase policies() {
  auto store = service("store", {"/store", "/a/b"});
  store.definition.strip_path = true;
  return {"policies", testing::state_of({store, service("plain", {"/plain"})}), plain_settings(), {}};
}

std::string shown(const FileSet& files) {
  std::string text;
  for (const auto& [name, content] : files) text += "---------- " + name + "\n" + content;
  for (std::string::size_type at; (at = text.find(source_dir())) != std::string::npos;)
    text.replace(at, source_dir().size(), "SOURCE");
  return text;
}

class Golden : public ::testing::TestWithParam<GoldenCase (*)()> {};

TEST_P(Golden, FilesAreAsBeforeAndHaproxyAcceptsThem) {
  auto test = GetParam()();
  auto files = testing::files_of(test.state, test.settings, test.surroundings, 7);
  ASSERT_TRUE(files) << files.error().what;
  auto golden = fs::path(source_dir()) / "tests/golden/haproxy" / (std::string(test.name) + ".txt");
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

INSTANTIATE_TEST_SUITE_P(Cases, Golden,
                         ::testing::Values(one_service, every_kind_of_route, every_setting, well_known,
                                           templates, policies),
                         [](const auto& info) { return std::string(info.param().name); });

}  // namespace
}  // namespace dfp::haproxy::config
