#include "template/template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "template/bind.hpp"

namespace dfp::tmpl {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

const FunctionMap kNone;

std::expected<std::string, TemplateError> render(std::string text, const Value& data = {},
                                                 const Limits& limits = {},
                                                 const FunctionMap& functions = kNone) {
  auto parsed = Template::parse("t", std::move(text), functions);
  if (!parsed) return std::unexpected(parsed.error());
  return parsed->render(data, {.limits = limits});
}

std::string failure(std::string text, const Limits& limits = {}, const FunctionMap& functions = kNone) {
  auto result = render(std::move(text), {}, limits, functions);
  return result ? "rendered " + *result : result.error().text();
}

TEST(TemplateLimits, RecursionEndsWithAnError) {
  EXPECT_THAT(failure(R"({{define "a"}}{{template "a"}}{{end}}{{template "a"}})"),
              HasSubstr("exceeded maximum depth of templates and blocks (400)"));
}

TEST(TemplateLimits, DeepRecursionWithinManyBlocksDoesNotExhaustTheStack) {
  std::string blocks;
  std::string ends;
  for (int i = 0; i < 240; ++i) {
    blocks += "{{with (((1)))}}";
    ends += "{{end}}";
  }
  EXPECT_THAT(
      failure("{{define \"a\"}}" + blocks + "{{template \"a\"}}" + ends + "{{end}}{{template \"a\"}}"),
      HasSubstr("exceeded maximum depth"));
}

TEST(TemplateLimits, NestingOfTheTextIsBounded) {
  EXPECT_THAT(failure("{{" + std::string(100'000, '(')), HasSubstr("nested too deeply"));
  std::string blocks;
  for (int i = 0; i < 100'000; ++i) blocks += "{{if 1}}";
  EXPECT_THAT(failure(blocks), HasSubstr("nested too deeply"));
  std::string chain = "{{if 0}}";
  for (int i = 0; i < 100'000; ++i) chain += "{{else if 0}}";
  EXPECT_THAT(failure(chain + "{{end}}"), HasSubstr("nested too deeply"));
}

TEST(TemplateLimits, OutputIsBounded) {
  EXPECT_THAT(failure("{{range 1000}}0123456789{{end}}", {.output_bytes = 9'999}),
              HasSubstr("text is larger"));
  EXPECT_TRUE(render("{{range 1000}}0123456789{{end}}", {}, {.output_bytes = 10'000}));
}

TEST(TemplateLimits, StepsAreBounded) {
  EXPECT_THAT(failure("{{range 1000000000}}{{end}}", {.steps = 100'000}), HasSubstr("more steps"));
}

TEST(TemplateLimits, TimeIsBounded) {
  EXPECT_THAT(failure("{{range 1000000000}}{{range 1000000000}}{{end}}{{end}}",
                      {.steps = std::uint64_t{1} << 60, .time = 20ms}),
              HasSubstr("more time"));
}

TEST(TemplateLimits, MemoryOfValuesIsBounded) {
  EXPECT_THAT(failure("{{$x := \"aaaaaaaaaaaaaaaa\"}}{{range 100}}{{$x = print $x $x}}{{end}}"),
              HasSubstr("memory"));
  EXPECT_THAT(failure("{{range 1000}}{{$x := printf \"%999999d\" 1}}{{end}}"), HasSubstr("memory"));
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "%999999[1]d";
  EXPECT_THAT(failure("{{printf \"" + wide + "\" 1}}", {.value_bytes = 1U << 22}), HasSubstr("memory"));
}

TEST(TemplateLimits, NestingOfValuesIsBounded) {
  const FunctionMap functions = {{"wrap", bind([](Value value) { return Value::list({std::move(value)}); })}};
  EXPECT_THAT(failure("{{$x := 1}}{{range 1000000}}{{$x = wrap $x}}{{end}}", {}, functions),
              HasSubstr("values are nested too deeply"));
}

TEST(TemplateLimits, SizeOfTheTextIsBounded) {
  EXPECT_THAT(failure(std::string((4U << 20) + 1, 'x')), HasSubstr("template is larger than"));
}

TEST(Template, ErrorsSayWhere) {
  auto result = render("a\n  {{define \"x\"}}\n{{len 3}}{{end}}{{template \"x\"}}");
  ASSERT_FALSE(result);
  const auto& error = result.error();
  EXPECT_EQ(error.phase, TemplateError::Phase::Execute);
  EXPECT_EQ(error.line, 3);
  EXPECT_EQ(error.column, 2);
  EXPECT_EQ(error.definition, "x");
  EXPECT_EQ(error.expression, "len 3");
  EXPECT_EQ(error.text(), "template: t:3:2: executing \"x\" at <len 3>: error calling len: len of type int");
}

TEST(Template, RefusedFunctionsAreNamedWithLineAndReason) {
  ParseOptions options;
  options.refused["secret"] = "secrets stay in Vault";
  auto parsed = Template::parse("t", "\n{{secret \"x\"}}", kNone, options);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().text(),
            "template: t:2: function \"secret\" is not supported: secrets stay in Vault");
}

TEST(Template, AFunctionNamedLikeAKeywordHidesIt) {
  const FunctionMap functions = {{"break", bind([] { return std::string("snap"); })}};
  EXPECT_EQ(render("{{break}}", {}, {}, functions), "snap");
}

TEST(Template, FunctionsMayRenderOtherTemplates) {
  const FunctionMap functions = {{"include", bind([](Invocation& call, std::string_view name, Value dot) {
                                    return call.render(name, dot);
                                  })}};
  EXPECT_EQ(render(R"({{define "a"}}<{{.}}>{{end}}{{len (include "a" 7)}})", {}, {}, functions), "3");
  EXPECT_THAT(
      failure(R"({{define "a"}}{{.x.y}}{{end}}{{include "a" 7}})", {}, functions),
      StartsWith("template: t:1:31: executing \"t\" at <include \"a\" 7>: error calling include: template: "
                 "t:1:18: executing \"a\" at <.x.y>:"));
  EXPECT_THAT(failure(R"({{include "none" 7}})", {}, functions), HasSubstr("no template \"none\""));
  EXPECT_THAT(failure(R"({{define "a"}}{{include "a" .}}{{end}}{{include "a" 7}})", {}, functions),
              HasSubstr("exceeded maximum depth"));
}

TEST(Template, VariablesOfAFunctionsTemplateEndWithIt) {
  const FunctionMap functions = {
      {"include", bind([](Invocation& call, std::string_view name) { return call.render(name, {}); })}};
  EXPECT_EQ(render(R"({{$x := 1}}{{define "a"}}{{$x := 2}}{{end}}{{include "a"}}{{$x}})", {}, {}, functions),
            "1");
}

TEST(Template, IsRenderedManyTimes) {
  auto parsed = Template::parse("t", "{{.}}", kNone);
  ASSERT_TRUE(parsed);
  auto moved = std::move(*parsed);
  EXPECT_EQ(moved.render(Value::of(1)), "1");
  EXPECT_EQ(moved.render(Value::of("x")), "x");
}

TEST(Bind, DeducesGoSignatures) {
  auto function = bind([](std::string_view, bool, double,
                          Rest<std::int64_t>) -> std::expected<bool, std::string> { return true; });
  EXPECT_EQ(function.type_name(), "func(string, bool, float64, ...int) bool");
}

TEST(Value, MapsKeepTheLastOfEqualKeysInOrder) {
  auto map = Value::map(
      {{Value::of("b"), Value::of(1)}, {Value::of("a"), Value::of(2)}, {Value::of("b"), Value::of(3)}});
  ASSERT_EQ(map.length(), 2);
  EXPECT_EQ(map.entries()[0].key.as_string(), "a");
  EXPECT_EQ(map.find("b")->as_int(), 3);
  EXPECT_EQ(map.find("c"), nullptr);
}

}  // namespace
}  // namespace dfp::tmpl
