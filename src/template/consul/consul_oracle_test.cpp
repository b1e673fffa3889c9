// Runs what four versions of the real Consul Template rendered. To add a case, add an object to one of the
// JSON files.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "base/source_dir.hpp"
#include "base/testing.hpp"
#include "template/consul/renderer.hpp"
#include "template/consul/testing/recorded_catalog.hpp"

namespace dfp::tmpl::consul {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

json::value read_json(const std::string& file) {
  std::ifstream in(source_dir() + "/tests/golden/template/" + file);
  std::stringstream text;
  text << in.rdbuf();
  return json::parse(text.str());
}

struct Case {
  std::string id;
  std::string text;
  std::optional<std::string> output;  ///< none: it is refused or never rendered
};
void PrintTo(const Case& test, std::ostream* out) { *out << test.id << ": " << test.text; }

/// Where the versions differ the newest one that rendered wins.
std::optional<std::string> newest_output(const json::object& results) {
  for (const char* version : {"0.27.2", "0.25.2", "0.20.1", "0.14.0"})
    if (const auto* result = results.if_contains(version); result && result->at("rendered").as_bool())
      return std::string(result->at("output").as_string());
  return std::nullopt;
}

/// Of equal ids one would hide the other.
void add(std::map<std::string, Case>& cases, Case test) {
  auto id = test.id;
  if (!cases.try_emplace(id, std::move(test)).second) throw std::runtime_error("two cases are called " + id);
}

std::vector<Case> load_cases() {
  std::map<std::string, Case> cases;
  for (const auto& entry : read_json("consul-template-cases.json").at("cases").as_array()) {
    std::string id(entry.at("id").as_string());
    add(cases,
        {id, std::string(entry.at("template").as_string()), newest_output(entry.at("results").as_object())});
  }
  for (const char* file : {"consul-template-own-cases.json", "consul-template-helper-cases.json"})
    for (const auto& entry : read_json(file).at("cases").as_array()) {
      std::string id(entry.at("id").as_string());
      const auto* output = entry.as_object().if_contains("output");
      if (entry.as_object().contains("replaces")) cases.erase(id);
      add(cases, {id, std::string(entry.at("template").as_string()),
                  output ? std::optional(std::string(output->as_string())) : std::nullopt});
    }
  std::vector<Case> out;
  for (auto& [id, test] : cases) out.push_back(std::move(test));
  return out;
}

Surroundings surroundings() {
  return {{{"CT_VAR", "value"}, {"CT_NONE", std::nullopt}}, [](std::string_view path) {
            return std::expected<std::string, std::string>("content of " + std::string(path));
          }};
}

Result<Rendered> render(const std::string& text) {
  static const auto catalog = read_json("consul-template-cases.json").at("consul");
  auto parsed = ConsulTemplate::parse("t.tmpl", text);
  if (!parsed) return fail(Errc::InvalidArgument, parsed.error().text());
  auto shared = std::make_shared<const ConsulTemplate>(std::move(*parsed));
  return dfp::testing::run([&](Executor executor) -> Task<Result<Rendered>> {
    testing::RecordedCatalog source(catalog);
    BlockingPool pool(1);
    Renderer renderer(executor, source, pool, surroundings());
    EvaluateOptions options;
    options.now = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 13h + 4min + 5s;
    co_return co_await renderer.render(shared, options, Deadline::after(20s));
  });
}

class ConsulOracle : public ::testing::TestWithParam<Case> {};

TEST_P(ConsulOracle, RendersAsConsulTemplateDoes) {
  auto rendered = render(GetParam().text);
  if (GetParam().output) {
    ASSERT_TRUE(rendered) << rendered.error().what;
    EXPECT_EQ(rendered->text, *GetParam().output);
  } else {
    EXPECT_FALSE(rendered) << "rendered: " << rendered->text;
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, ConsulOracle, ::testing::ValuesIn(load_cases()), [](const auto& test) {
  std::string name = test.param.id;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace dfp::tmpl::consul
