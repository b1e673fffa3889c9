#include "registry/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dfp::registry {
namespace {
using ::testing::HasSubstr;

Record full() {
  Record record;
  record.write = "0123456789abcdef";
  record.mirrored = true;
  auto& service = record.service;
  auto& definition = service.definition;
  definition.service = "go-demo";
  definition.color = "blue";
  definition.paths = {"/demo", "/a/b"};
  definition.path_type = model::PathType::End;
  definition.domains = {"example.com", "*.example.org"};
  definition.skip_check = true;
  definition.acl_name = "01-demo";
  definition.consul_template_path = "/templates/demo.ctmpl";
  definition.port = 8080;
  definition.discovery_type = "tasks";
  definition.network = "proxy";
  definition.watch = true;
  definition.take_over = true;
  service.instances = {{.service = "go-demo-blue",
                        .node = "n1",
                        .id = "a:1",
                        .address = "fe80::1",
                        .port = 65535,
                        .tags = {"a", "b"},
                        .meta = {{"k", "v \"quoted\""}},
                        .health = model::Health::Warning,
                        .weight = 5},
                       {.service = "go-demo-blue",
                        .node = "n2",
                        .id = "a:1",
                        .address = "10.0.0.1",
                        .port = 1,
                        .tags = {},
                        .meta = {}}};
  service.rendered = "backend x\n  server \"a\" 10.0.0.1:80\n";
  service.template_hash = "sha256:00ff";
  service.revision = UINT64_MAX;
  service.changed_at = "2026-01-31T12:00:00Z";
  service.changed_by = "api 127.0.0.1";
  return record;
}

TEST(Record, ComesBackAsItWasWritten) {
  EXPECT_EQ(parse_record(render_record(full()), "go-demo"), full());
  Record least;
  least.service.definition.service = "x";
  least.service.definition.paths = {"/"};
  EXPECT_EQ(parse_record(render_record(least), "x"), least);
}

Record with_destinations() {
  auto record = full();
  auto& service = record.service;
  service.definition.consul_template_path.clear();
  service.rendered.clear();
  service.template_hash.clear();
  service.definition.others[2] = {{"/admin"}, model::PathType::Exact, {"admin.example.com"}, false, 9090};
  service.definition.others[3] = {{"/"}, {}, {"www.example.com"}, true, 0};
  service.instances[0].requested_port = 8080;
  service.instances[1].requested_port = 9090;
  return record;
}

TEST(Record, KeepsDestinationsInANewerVersion) {
  auto text = render_record(with_destinations());
  EXPECT_EQ(parse_record(text, "go-demo"), with_destinations());
  EXPECT_THAT(text, HasSubstr(R"("version":2)"));
  EXPECT_THAT(render_record(full()), HasSubstr(R"("version":1)")) << "older programs read what is as ever";
}

TEST(Record, OfADestinationThatIsNotValidIsRefusedByName) {
  auto text = render_record(with_destinations());
  auto changed = [&](const std::string& from, const std::string& to) {
    auto copy = text;
    copy.replace(copy.find(from), from.size(), to);
    return parse_record(copy, "go-demo").error().what;
  };
  EXPECT_THAT(changed(R"(["/admin"])", R"("/admin")"), HasSubstr("definition.destinations.2.servicePath"));
  EXPECT_THAT(changed(R"("/admin")", R"("admin")"), HasSubstr("servicePath.2: "));
  EXPECT_THAT(changed(R"("2":)", R"("two":)"), HasSubstr("definition.destinations"));
  EXPECT_THAT(changed(R"("3":)", R"("4":)"), HasSubstr("servicePath.4: "));
}

TEST(Record, KeepsEachCheckParameter) {
  Record record;
  record.service.definition.service = "x";
  record.service.definition.paths = {"/"};
  EXPECT_FALSE(render_record(record).contains("check")) << "an older program reads it as it always did";
  auto& check = record.service.definition.check;
  check.path = "/health?full=1";
  check.method = "HEAD";
  check.host = "acme.com";
  check.status = {"2xx", "404"};
  check.timeout = std::chrono::seconds(1);
  check.rise = 1;
  check.fall = 100;
  EXPECT_EQ(parse_record(render_record(record), "x"), record);
  check = {};
  check.interval = std::chrono::milliseconds(500);
  check.tcp = true;
  EXPECT_EQ(parse_record(render_record(record), "x"), record);
}

TEST(Record, ARegularExpressionMayHoldACommaAndABackslash) {
  Record record;
  record.service.definition.service = "x";
  record.service.definition.paths = {R"(^/a{1,2}\d"$)"};
  record.service.definition.path_type = model::PathType::Reg;
  EXPECT_EQ(parse_record(render_record(record), "x"), record);
}

/// The stored form is a contract with other versions of this program: this text must be readable for ever.
TEST(Record, VersionOneStaysReadable) {
  auto record = parse_record(R"({
      "version": 1, "write": "9f86d081884c7d65", "mirrored": true, "addedLater": {"x": [1]},
      "definition": {"serviceName": "go-demo", "serviceColor": "blue", "servicePath": ["/demo"],
                     "serviceDomain": ["example.com"], "consulTemplatePath": "/t", "pathType": "path_reg",
                     "skipCheck": true, "aclName": "a", "addedLater": 1},
      "instances": [{"service": "go-demo-blue", "node": "n1", "id": "a", "address": "10.0.0.1", "port": 8080,
                     "tags": ["x"], "meta": {"k": "v"}, "health": "critical", "weight": 2, "addedLater": null}],
      "rendered": "backend x\n",
      "revision": 3, "changedAt": "2026-01-31T12:00:00Z", "changedBy": "label"})",
                             "go-demo");
  ASSERT_TRUE(record) << record.error().what;
  Record want;
  want.write = "9f86d081884c7d65";
  want.mirrored = true;
  auto& definition = want.service.definition;
  definition.service = "go-demo";
  definition.color = "blue";
  definition.paths = {"/demo"};
  definition.path_type = model::PathType::Reg;
  definition.domains = {"example.com"};
  definition.skip_check = true;
  definition.acl_name = "a";
  definition.consul_template_path = "/t";
  want.service.instances = {{.service = "go-demo-blue",
                             .node = "n1",
                             .id = "a",
                             .address = "10.0.0.1",
                             .port = 8080,
                             .tags = {"x"},
                             .meta = {{"k", "v"}},
                             .health = model::Health::Critical,
                             .weight = 2}};
  want.service.rendered = "backend x\n";
  want.service.revision = 3;
  want.service.changed_at = "2026-01-31T12:00:00Z";
  want.service.changed_by = "label";
  EXPECT_EQ(*record, want);
}

TEST(Record, InstancesAreSortedByNodeAndId) {
  auto record = full();
  std::swap(record.service.instances[0], record.service.instances[1]);
  EXPECT_EQ(parse_record(render_record(record), "go-demo"), full());
}

struct BrokenCase {
  const char* name;
  const char* text;
  const char* want;
};
void PrintTo(const BrokenCase& c, std::ostream* out) { *out << c.name; }

class BrokenRecord : public ::testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenRecord, IsRefusedWithTheFieldsName) {
  auto record = parse_record(GetParam().text, "x");
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code, Errc::InvalidArgument);
  EXPECT_THAT(record.error().what, HasSubstr(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    Table, BrokenRecord,
    ::testing::Values(
        BrokenCase{"Empty", "", "not JSON"}, BrokenCase{"NotJson", "blue", "not JSON"},
        BrokenCase{"NotAnObject", "[]", "the record is not an object"},
        BrokenCase{"NoVersion", "{}", "version is missing"},
        BrokenCase{"VersionZero", R"({"version":0})", "version is not a whole number"},
        BrokenCase{"VersionText", R"({"version":"1"})", "version is not a whole number"},
        BrokenCase{"Newer", R"({"version":3,"definition":7})", "version is 3: a newer docker-flow-proxy"},
        BrokenCase{"NoDefinition", R"({"version":1})", "definition is missing"},
        BrokenCase{"DefinitionText", R"({"version":1,"definition":"x"})", "definition is not an object"},
        BrokenCase{"OtherService", R"({"version":1,"definition":{"serviceName":"y","servicePath":["/"]}})",
                   "definition.serviceName is \"y\""},
        BrokenCase{"NoRoute", R"({"version":1,"definition":{"serviceName":"x"}})", "no servicePath"},
        BrokenCase{"PathText", R"({"version":1,"definition":{"serviceName":"x","servicePath":"/"}})",
                   "definition.servicePath is not a list of texts"},
        BrokenCase{"PathOfNumbers", R"({"version":1,"definition":{"serviceName":"x","servicePath":[1]}})",
                   "definition.servicePath is not a list of texts"},
        BrokenCase{"PathWithLineBreak",
                   R"({"version":1,"definition":{"serviceName":"x","servicePath":["/a\nb"]}})",
                   "definition.servicePath is not allowed"},
        BrokenCase{"TemplateWithLineBreak",
                   R"({"version":1,"definition":{"serviceName":"x","consulTemplatePath":"/a\nb"}})",
                   "definition.consulTemplatePath is not allowed"},
        BrokenCase{"PathType",
                   R"({"version":1,"definition":{"serviceName":"x","servicePath":["/"],"pathType":"hdr"}})",
                   "definition.pathType is not allowed"},
        BrokenCase{"SkipCheck",
                   R"({"version":1,"definition":{"serviceName":"x","servicePath":["/"],"skipCheck":"true"}})",
                   "definition.skipCheck is neither true nor false"},
        BrokenCase{"InstancesObject",
                   R"({"version":1,"definition":{"serviceName":"x","servicePath":["/"]},"instances":{}})",
                   "instances is not a list"},
        BrokenCase{"InstanceNull",
                   R"({"version":1,"definition":{"serviceName":"x","servicePath":["/"]},"instances":[null]})",
                   "instances[0] is not an object"},
        BrokenCase{"PortTooBig",
                   R"({"version":1,"definition":{"serviceName":"x","servicePath":["/"]},
                       "instances":[{"address":"1.1.1.1","port":1},{"address":"1.1.1.1","port":65536}]})",
                   "instances[1].port is not a whole number from 1 to 65535"},
        BrokenCase{"PortMissing",
                   R"({"version":1,"definition":{"serviceName":"x","servicePath":["/"]},
                       "instances":[{"address":"1.1.1.1"}]})",
                   "instances[0].port is missing"},
        BrokenCase{
            "AddressMissing",
            R"({"version":1,"definition":{"serviceName":"x","servicePath":["/"]},"instances":[{"port":1}]})",
            "instances[0].address is missing"},
        BrokenCase{"Health",
                   R"({"version":1,"definition":{"serviceName":"x","servicePath":["/"]},
                       "instances":[{"address":"1.1.1.1","port":1,"health":"fine"}]})",
                   "instances[0].health is not one of"},
        BrokenCase{"Meta",
                   R"({"version":1,"definition":{"serviceName":"x","servicePath":["/"]},
                       "instances":[{"address":"1.1.1.1","port":1,"meta":{"a":1}}]})",
                   "instances[0].meta has a value that is not a text"},
        BrokenCase{"NegativeRevision",
                   R"({"version":1,"definition":{"serviceName":"x","servicePath":["/"]},"revision":-1})",
                   "revision is not a whole number"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace dfp::registry
