#include "template/registrator/functions.hpp"

#include <gmock/gmock.h>

#include "template/template.hpp"

namespace dfp::tmpl::registrator {
namespace {
using testing::HasSubstr;

const Type kData{
    .kind = Kind::Struct,
    .name = "Data",
    .fields = {{"Env", &types::kStringList}, {"None", &types::kStringList}, {"Labels", &types::kStringMap}}};

Value data() {
  auto labels = Value::map({{Value::of("a.b"), Value::of("c")}}, types::kStringMap);
  return Value::structure({Value::of(std::vector<std::string>{"HOME=/root", "SERVICE_A=x", "SERVICE_B=y"}),
                           Value::zero(types::kStringList), labels},
                          kData);
}

std::expected<std::string, TemplateError> rendered(const std::string& text) {
  ParseOptions options;
  options.refused = refused_functions();
  auto parsed = Template::parse("tags", text, functions(), options);
  if (!parsed) return std::unexpected(parsed.error());
  return parsed->render(data());
}

struct Case {
  const char* name;
  const char* text;
  const char* want;  ///< recorded from the original's functions on Go 1.19
};
void PrintTo(const Case& c, std::ostream* os) { *os << c.text; }

class RegistratorFunction : public testing::TestWithParam<Case> {};
TEST_P(RegistratorFunction, GivesWhatTheOriginalGives) {
  auto text = rendered(GetParam().text);
  ASSERT_TRUE(text) << text.error().text();
  EXPECT_EQ(*text, GetParam().want);
}
INSTANTIATE_TEST_SUITE_P(
    Slices, RegistratorFunction,
    testing::Values(Case{"StrSlice", R"({{strSlice "abcdef" 1 3}})", "bc"},
                    Case{"StrSliceFromTheBeginning", R"({{strSlice "abcdef" 0 3}})", "abc"},
                    Case{"StrSliceToTheEnd", R"({{strSlice "abcdef" 4}})", "ef"},
                    Case{"StrSliceOfAShorterText", R"({{strSlice "abc" 0 12}})", "abc"},
                    Case{"StrSliceBehindTheEnd", R"({{strSlice "abc" 4}})", "abc"},
                    Case{"StrSliceBackwards", R"({{strSlice "abcdef" 4 2}})", "ef"},
                    Case{"StrSliceWithoutBounds", R"({{strSlice "abc"}})", "abc"},
                    Case{"StrSliceWithThreeBounds", R"({{strSlice "abc" 0 1 2}})", "abc"},
                    Case{"SIndex", "{{sIndex 1 .Env}}", "SERVICE_A=x"},
                    Case{"SIndexFromTheEnd", "{{sIndex -1 .Env}}", "SERVICE_B=y"},
                    Case{"SIndexBehindTheEnd", "{{sIndex 9 .Env}}", "SERVICE_B=y"},
                    Case{"SIndexBeforeTheBeginning", "{{sIndex -9 .Env}}", "HOME=/root"},
                    Case{"MIndex", R"({{mIndex "a.b" .Labels}})", "c"},
                    Case{"MIndexOfNothing", R"({{mIndex "z" .Labels}})", ""}),
    [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(
    Texts, RegistratorFunction,
    testing::Values(Case{"ToUpper", R"({{toUpper "äbc"}})", "ÄBC"},
                    Case{"ToLower", R"({{toLower "FoO"}})", "foo"},
                    Case{"ReplaceAll", R"({{replace -1 "=" "" "=foo="}})", "foo"},
                    Case{"ReplaceTheFirst", R"({{replace 1 "=" "-" "a=b=c"}})", "a-b=c"},
                    Case{"ReplaceNone", R"({{replace 0 "=" "-" "a=b"}})", "a=b"},
                    Case{"ReplaceNothing", R"({{replace 2 "" "-" "ab"}})", "-a-b"},
                    Case{"ReplaceNothingEverywhere", R"({{replace -1 "" "-" "ab"}})", "-a-b-"},
                    Case{"Join", R"({{join "," .Env}})", "HOME=/root,SERVICE_A=x,SERVICE_B=y"},
                    Case{"JoinNothing", R"({{join "," .None}})", ""},
                    Case{"Split", R"({{split "," "/a,/b, /c"}})", "[/a /b  /c]"},
                    Case{"SplitNothing", R"({{len (split "," "")}})", "1"},
                    Case{"SplitIntoCharacters", R"({{split "" "aäb"}})", "[a ä b]"},
                    Case{"SplitIndex", R"({{splitIndex 1 "=" "a=b=c"}})", "b"},
                    Case{"SplitIndexFromTheEnd", R"({{splitIndex -1 "/" "arn:task/368f"}})", "368f"},
                    Case{"SplitIndexBehindTheEnd", R"({{splitIndex 7 "=" "a=b"}})", "b"},
                    Case{"SplitIndexBeforeTheBeginning", R"({{splitIndex -7 "=" "a=b"}})", "a"}),
    [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(
    Matches, RegistratorFunction,
    testing::Values(
        Case{"MatchFirstElement", R"({{matchFirstElement "^SERVICE_" .Env}})", "SERVICE_A=x"},
        Case{"MatchFirstElementInTheMiddle", R"({{matchFirstElement "B=" .Env}})", "SERVICE_B=y"},
        Case{"MatchFirstElementOfNone", R"({{matchFirstElement "^X" .Env}})", ""},
        Case{"MatchAllElements", R"({{matchAllElements "^SERVICE_" .Env}})", "[SERVICE_A=x SERVICE_B=y]"},
        Case{"MatchAllElementsOfNone", R"({{matchAllElements "^X" .Env}})", "[]"},
        Case{"Pipeline", R"({{.Env | matchFirstElement "^SERVICE_A=" | splitIndex 1 "="}})", "x"}),
    [](const auto& test) { return test.param.name; });

// In the original jsonParse takes only what httpGet gives.
INSTANTIATE_TEST_SUITE_P(
    Json, RegistratorFunction,
    testing::Values(Case{"JsonParse", R"({{jsonParse `{"a":{"b":"c d"}}` "a::b"}})", "c d"},
                    Case{"JsonParseNumber", R"({{jsonParse `{"a":7}` "a"}})", "7"},
                    Case{"JsonParseElement", R"({{jsonParse `{"a":["x","y"]}` "a::[1]"}})", "y"},
                    Case{"JsonParseObject", R"({{jsonParse `{"a":{"b":"<"}}` "a"}})", R"({"b":"<"})"},
                    Case{"JsonParseMissing", R"({{jsonParse `{"a":{}}` "a::b::c"}})", ""},
                    Case{"JsonParseBehindTheEnd", R"({{jsonParse `{"a":[]}` "a::[0]"}})", ""},
                    Case{"JsonParseNoJson", R"({{jsonParse "a" "a"}})", ""}),
    [](const auto& test) { return test.param.name; });

class RegistratorFunctionFailure : public testing::TestWithParam<Case> {};
TEST_P(RegistratorFunctionFailure, EndsTheRendering) {
  auto text = rendered(GetParam().text);
  ASSERT_FALSE(text) << *text;
  EXPECT_THAT(text.error().text(), HasSubstr(GetParam().want));
}
INSTANTIATE_TEST_SUITE_P(
    Table, RegistratorFunctionFailure,
    testing::Values(
        Case{"StrSlice", R"({{strSlice "abc" -1}})", "error calling strSlice: slice bounds out of range"},
        Case{"StrSliceEnd", R"({{strSlice "abc" 0 -1}})", "error calling strSlice: slice bounds"},
        Case{"SIndex", "{{sIndex 0 .None}}", "error calling sIndex: index out of range"},
        Case{"SplitIndex", R"({{splitIndex 0 "" ""}})", "error calling splitIndex: index out of range"},
        Case{"MatchFirstElement", R"({{matchFirstElement "(" .Env}})", "missing closing ): `(`"},
        Case{"MatchAllElements", R"({{matchAllElements "[" .Env}})", "missing closing ]: `[`"},
        Case{"WrongType", "{{sIndex 0 .Labels}}", "wrong type for value; expected []string"},
        Case{"HttpGet", R"({{httpGet "http://a"}})",
             "function \"httpGet\" is not supported: a template of tags must not send requests"}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace dfp::tmpl::registrator
