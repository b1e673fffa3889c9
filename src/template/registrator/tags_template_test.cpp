#include "template/registrator/tags_template.hpp"
#include "base/source_dir.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace dfp::tmpl::registrator {
namespace {
using testing::HasSubstr;

/// The answer of a real engine.
std::string recorded_container() {
  std::ifstream file(source_dir() + "/src/docker/testing/recorded/container.json");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::expected<std::string, std::string> rendered(const std::string& text,
                                                 const std::string& inspected = recorded_container()) {
  auto parsed = TagsTemplate::parse(text);
  if (!parsed) return std::unexpected(parsed.error().text());
  return parsed->render(inspected);
}

struct Case {
  const char* name;
  const char* text;
  const char* want;
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.text; }

class TagsOfAContainer : public testing::TestWithParam<Case> {};
TEST_P(TagsOfAContainer, AreRendered) {
  auto text = rendered(GetParam().text);
  ASSERT_TRUE(text) << text.error();
  EXPECT_EQ(*text, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(
    Table, TagsOfAContainer,
    testing::Values(
        Case{"Id", "id={{strSlice .ID 0 12}}", "id=7f271dc1b9c7"}, Case{"Name", "{{.Name}}", "/c1"},
        Case{"Config", "{{.Config.Hostname}},{{.Config.Image}}", "7f271dc1b9c7,demo"},
        Case{"Env", R"({{matchFirstElement "^PATH=" .Config.Env | splitIndex 0 ":"}})",
             "PATH=/usr/local/sbin"},
        Case{"Args", "{{join \" \" .Args}}", "httpd -f -p 8080 -h /"},
        Case{"MissingLabel", R"(a{{mIndex "x" .Config.Labels}}b)", "ab"},
        Case{"Null", "{{len .Config.Entrypoint}}", "0"},
        Case{"State", "{{.State.Status}} {{.State.Pid}} {{.State.OOMKilled}} {{.State.StartedAt}}",
             "running 13967 false 2026-11-22T09:36:29.551352305Z"},
        Case{"NoHealth", "{{.State.Health.Status}}|{{if .Config.Healthcheck}}yes{{end}}", "|"},
        Case{"HostConfig", "{{.HostConfig.NetworkMode}} {{.HostConfig.PublishAllPorts}} {{.HostConfig.DNS}}",
             "default true []"},
        Case{"Networks",
             "{{range $name, $n := "
             ".NetworkSettings.Networks}}{{$name}}={{$n.IPAddress}}/{{$n.IPPrefixLen}}{{end}}",
             "bridge=172.17.0.2/16"},
        Case{"Ports",
             "{{range $port, $at := .NetworkSettings.Ports}}{{$port.Port}} {{$port.Proto}} {{(index $at "
             "0).HostIP}}{{end}}",
             "8080 tcp 0.0.0.0"},
        Case{"PortAsText", R"({{range $port, $x := .Config.ExposedPorts}}{{splitIndex 1 "/" $port}}{{end}})",
             "tcp"},
        Case{"PortByText", R"({{(index .NetworkSettings.Ports "8080/tcp" 1).HostPort}})", "32768"},
        Case{"NoActions", R"(blue,a\,b)", R"(blue,a\,b)"}),
    [](const auto& test) { return test.param.name; });

TEST(TagsTemplate, ReadsNamesWhateverTheirCase) {
  auto inspected =
      R"({"Id":"1","HostConfig":{"Dns":["10.0.0.1"],"CpuShares":5,"CpusetCpus":"0-1","Init":true},
                       "Mounts":[{"Destination":"/data","RW":true}],
                       "Config":{"Labels":{"x":"1"},"Healthcheck":{"Test":["CMD","true"],"Interval":1000}}})";
  EXPECT_EQ(
      rendered("{{.ID}} {{.HostConfig.DNS}} {{.HostConfig.CPUShares}} {{.HostConfig.CPUSetCPUs}} "
               "{{.HostConfig.Init}} {{range .Mounts}}{{.Destination}}{{.RW}}{{end}} {{.Config.Labels.x}} "
               "{{.Config.Healthcheck.Test}} {{.Config.Healthcheck.Interval}}",
               inspected),
      "1 [10.0.0.1] 5 0-1 true /datatrue 1 [CMD true] 1000");
}

TEST(TagsTemplate, TakesOtherTypesThanExpectedAsAbsent) {
  EXPECT_EQ(rendered("{{.Name}}|{{.RestartCount}}|{{.Config.Env}}|{{.State.Running}}|{{len .Mounts}}",
                     R"({"Name":7,"RestartCount":"3","Config":{"Env":{}},"State":[],"Mounts":null})"),
            "|0|[]|false|0");
}

TEST(TagsTemplate, NamesTheFieldThatDoesNotExist) {
  EXPECT_EQ(rendered("a={{.Config.Envs}}").error(),
            "template: tags:1:11: executing \"tags\" at <.Config.Envs>: can't evaluate field Envs in type "
            "docker.Config");
}

TEST(TagsTemplate, GivesNoTextThatIsNotUtf8) {
  EXPECT_THAT(rendered("{{strSlice .Name 0 1}}", R"({"Name":"ä"})").error(), HasSubstr("not UTF-8"));
}

TEST(TagsTemplate, NeedsJson) { EXPECT_THAT(rendered("a", "<html>").error(), HasSubstr("not JSON")); }

TEST(TagsTemplate, MayNotTakeLong) {
  EXPECT_THAT(rendered("{{range 100000000}}{{range 100000000}}{{end}}{{end}}").error(),
              HasSubstr("than allowed"));
}

TEST(TagsTemplate, ThatCannotBeParsedIsRefusedWithThePlace) {
  auto parsed = TagsTemplate::parse("id={{.ID}},{{toUper .Name}}");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message, "function \"toUper\" not defined");
  EXPECT_EQ(parsed.error().line, 1);
  EXPECT_EQ(parsed.error().column, 13);
}

}  // namespace
}  // namespace dfp::tmpl::registrator
