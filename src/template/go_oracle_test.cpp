// Runs the outputs and errors recorded from Go's own engine. To add a case, add an object to one of the JSON
// files.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "base/source_dir.hpp"
#include "template/template.hpp"
#include "template/testing/go_fixture.hpp"

namespace dfp::tmpl {
namespace {

namespace json = boost::json;

json::value read_json(const std::string& file) {
  std::ifstream in(source_dir() + "/tests/golden/template/" + file);
  std::stringstream text;
  text << in.rdbuf();
  return json::parse(text.str());
}

/// Numbers without a fraction or exponent are ints, objects and arrays those of interface {}.
Value to_value(const json::value& data) {
  switch (data.kind()) {
    case json::kind::null:
      return {};
    case json::kind::bool_:
      return Value::of(data.get_bool());
    case json::kind::int64:
      return Value::of(data.get_int64());
    case json::kind::uint64:
      return Value::unsigned_integer(data.get_uint64(), types::kUint64);
    case json::kind::double_:
      return Value::of(data.get_double());
    case json::kind::string:
      return Value::of(std::string_view(data.get_string()));
    case json::kind::array: {
      std::vector<Value> items;
      for (const auto& item : data.get_array()) items.push_back(to_value(item));
      return Value::list(std::move(items));
    }
    case json::kind::object: {
      std::vector<MapEntry> entries;
      for (const auto& [key, item] : data.get_object())
        entries.push_back({Value::of(std::string_view(key)), to_value(item)});
      return Value::map(std::move(entries));
    }
  }
  return {};
}

std::string text_of(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found ? std::string(found->as_string()) : "";
}

struct Case {
  std::string id;
  json::object fields;
};
void PrintTo(const Case& test, std::ostream* out) {
  *out << test.id << ": " << text_of(test.fields, "template");
}

/// Cases of several files. Of equal ids one would hide the other, so they are an error, unless the case says
/// that it replaces what Go 1.19 said, where later versions understand more.
std::vector<Case> load_cases() {
  std::map<std::string, Case> cases;
  for (const char* file : {"gotemplate-cases.json", "gotemplate-more-cases.json",
                           "gotemplate-newer-cases.json", "gotemplate-random-cases.json"})
    for (const auto& entry : read_json(file).at("cases").as_array()) {
      auto id = text_of(entry.as_object(), "id");
      if (entry.as_object().contains("replaces")) cases.erase(id);
      if (!cases.try_emplace(id, Case{id, entry.as_object()}).second)
        throw std::runtime_error("two cases are called " + id);
    }
  std::vector<Case> out;
  for (auto& [id, test] : cases) out.push_back(std::move(test));
  return out;
}

MissingKey missing_key(const std::string& name) {
  return name == "error" ? MissingKey::Error : name == "zero" ? MissingKey::Zero : MissingKey::Default;
}

class GoOracle : public ::testing::TestWithParam<Case> {};

TEST_P(GoOracle, GivesTheSameTextOrTheSameError) {
  const auto& fields = GetParam().fields;
  ParseOptions options;
  if (fields.contains("left")) options.left = text_of(fields, "left");
  if (fields.contains("right")) options.right = text_of(fields, "right");
  const auto* recorded = fields.if_contains("data");
  auto data = fields.contains("fixture") ? testing::go_root() : recorded ? to_value(*recorded) : Value();
  auto parsed = Template::parse("t", text_of(fields, "template"), testing::go_functions(), options);
  auto result = parsed ? parsed->render(data, {.missing_key = missing_key(text_of(fields, "missingkey"))})
                       : std::expected<std::string, TemplateError>(std::unexpected(parsed.error()));
  if (fields.at("ok").as_bool()) {
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(*result, text_of(fields, "output"));
    return;
  }
  ASSERT_FALSE(result) << "rendered: " << *result;
  EXPECT_EQ(parsed.has_value(), text_of(fields, "phase") == "exec");
  EXPECT_EQ(result.error().text(), text_of(fields, "error"));
}

INSTANTIATE_TEST_SUITE_P(Recorded, GoOracle, ::testing::ValuesIn(load_cases()), [](const auto& test) {
  std::string name = test.param.id;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace dfp::tmpl
