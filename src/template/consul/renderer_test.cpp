#include "template/consul/renderer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.hpp"
#include "base/wait.hpp"

namespace dfp::tmpl::consul {
namespace {

using ::testing::HasSubstr;
using namespace registry;
using namespace std::chrono_literals;

/// A source of keys and services that tests fill.
class FakeSource : public TemplateSource {
 public:
  explicit FakeSource(Executor executor) : changed_(std::move(executor)) {}

  Task<Result<SourceAnswer>> ask(Question question, Deadline) override {
    ++asked;
    most_at_once = std::max(most_at_once, ++under_way_);
    co_await sleep_for(1ms);
    --under_way_;
    if (failure) co_return std::unexpected(*failure);
    co_return SourceAnswer{answer(question), index};
  }

  Task<Result<>> wait(Question, std::uint64_t since, Deadline deadline) override {
    while (index <= since) {
      bool woken = co_await changed_.wait(deadline);
      if (!woken) co_return fail(Errc::Timeout, "no change");
    }
    co_return Result<>{};
  }

  void change(const std::string& key, std::string value) {
    keys[key] = std::move(value);
    ++index;
    changed_.notify_all();
  }

  std::map<std::string, std::string> keys;
  std::vector<std::string> services;
  std::optional<Error> failure;
  std::uint64_t index = 1;
  int asked = 0;
  int most_at_once = 0;

 private:
  AnswerData answer(const Question& question) const {
    if (const auto* key = std::get_if<KeyQuestion>(&question)) {
      auto at = keys.find(key->key);
      if (at == keys.end()) return std::optional<KeyRecord>();
      KeyRecord record;
      record.key = at->first;
      record.value = at->second;
      return std::optional(record);
    }
    if (std::holds_alternative<ServicesQuestion>(question)) {
      std::vector<ServiceTags> all;
      for (const auto& name : services) all.push_back({name, {}});
      return all;
    }
    return std::vector<HealthRecord>();
  }

  Signal changed_;
  int under_way_ = 0;
};

/// Runs `body(renderer, source)` on a fresh executor.
template <class Body>
auto with_renderer(Body body) {
  using Value = typename std::invoke_result_t<Body, Renderer&, FakeSource&>::value_type;
  return dfp::testing::run([&](Executor executor) -> Task<Value> {
    FakeSource source(executor);
    BlockingPool pool(1);
    Renderer renderer(executor, source, pool, {});
    co_return co_await body(renderer, source);
  });
}

std::shared_ptr<const ConsulTemplate> parsed(std::string text) {
  return std::make_shared<const ConsulTemplate>(ConsulTemplate::parse("t", std::move(text)).value());
}

TEST(Renderer, AsksOnceForEachThingAndGoesOnUntilNothingIsMissing) {
  auto [text, asked] = with_renderer([](Renderer& renderer,
                                        FakeSource& source) -> Task<std::pair<std::string, int>> {
    source.keys = {{"a", "b"}, {"b", "c"}, {"c", "end"}};
    auto chain = parsed(R"({{key "a"}}{{key (key "a" | keyOrDefault "a" "x" | printf "%s")}}{{key "a"}})");
    chain =
        parsed(R"({{$a := key "a"}}{{if $a}}{{$b := key $a}}{{if $b}}{{key $b}}{{end}}{{end}}{{key "a"}})");
    auto rendered = co_await renderer.render(chain, {}, Deadline::after(5s));
    co_return std::pair(rendered.value().text, source.asked);
  });
  EXPECT_EQ(text, "endb");
  EXPECT_EQ(asked, 3);
}

TEST(Renderer, AsksForSeveralThingsAtOnce) {
  auto [ok, at_once] =
      with_renderer([](Renderer& renderer, FakeSource& source) -> Task<std::pair<bool, int>> {
        for (int i = 0; i < 100; ++i) source.services.push_back("s" + std::to_string(i));
        auto rendered = co_await renderer.render(parsed("{{range services}}{{len (service .Name)}}{{end}}"),
                                                 {}, Deadline::after(5s));
        co_return std::pair(rendered.has_value(), source.most_at_once);
      });
  EXPECT_TRUE(ok);
  EXPECT_EQ(at_once, static_cast<int>(Renderer::kAtOnce));
}

TEST(Renderer, NamesTheKeyThatItWaitsFor) {
  auto rendered = with_renderer([](Renderer& renderer, FakeSource&) -> Task<Result<Rendered>> {
    co_return co_await renderer.render(parsed(R"(x{{key "app/gone"}})"), {}, Deadline::after(5s));
  });
  ASSERT_FALSE(rendered);
  EXPECT_EQ(rendered.error().code, Errc::NotFound);
  EXPECT_THAT(rendered.error().what, HasSubstr("the key \"app/gone\" does not exist"));
}

TEST(Renderer, ReportsErrorsOnlyOnceEverythingIsKnown) {
  auto rendered = with_renderer([](Renderer& renderer, FakeSource& source) -> Task<Result<Rendered>> {
    source.keys = {{"n", "7"}};
    co_return co_await renderer.render(parsed(R"({{divide (key "n" | parseInt) 14}}{{index (loop 1) 0}})"),
                                       {}, Deadline::after(5s));
  });
  ASSERT_FALSE(rendered);
  EXPECT_EQ(rendered.error().code, Errc::InvalidArgument);
  EXPECT_THAT(rendered.error().what, HasSubstr("template: t:1:36: executing \"t\" at <index (loop 1) 0>"));
}

TEST(Renderer, PassesTheRegistrysFailureOn) {
  auto rendered = with_renderer([](Renderer& renderer, FakeSource& source) -> Task<Result<Rendered>> {
    source.failure = Error{Errc::Unavailable, "connection refused"};
    co_return co_await renderer.render(parsed(R"({{key "a"}})"), {}, Deadline::after(5s));
  });
  ASSERT_FALSE(rendered);
  EXPECT_EQ(rendered.error(), (Error{Errc::Unavailable, "template t: key(a): connection refused"}));
}

TEST(Renderer, EndsWhenATemplateNeverHasEnough) {
  auto rendered = with_renderer([](Renderer& renderer, FakeSource& source) -> Task<Result<Rendered>> {
    for (int i = 0; i < 100; ++i) source.keys[std::to_string(i)] = std::to_string(i + 1);
    auto endless =
        parsed(R"({{$k := "0"}}{{range loop 90}}{{if $k}}{{$k = keyOrDefault $k ""}}{{end}}{{end}}{{$k}})");
    co_return co_await renderer.render(endless, {}, Deadline::after(5s));
  });
  ASSERT_FALSE(rendered);
  EXPECT_THAT(rendered.error().what, HasSubstr("needs new data after 20 evaluations"));
}

TEST(Renderer, EndsAtItsDeadline) {
  auto rendered = with_renderer([](Renderer& renderer, FakeSource& source) -> Task<Result<Rendered>> {
    for (int i = 0; i < 2000; ++i) source.services.push_back("s" + std::to_string(i));
    co_return co_await renderer.render(parsed("{{range services}}{{service .Name}}{{end}}"), {},
                                       Deadline::after(20ms));
  });
  ASSERT_FALSE(rendered);
  EXPECT_EQ(rendered.error().code, Errc::Timeout);
}

TEST(Renderer, TellsWhenAnAnswerChanged) {
  bool in_time = with_renderer([](Renderer& renderer, FakeSource& source) -> Task<bool> {
    source.keys = {{"a", "1"}};
    auto first = co_await renderer.render(parsed(R"({{key "a"}})"), {}, Deadline::after(5s));
    auto shared = std::make_shared<const Rendered>(std::move(first).value());
    auto unchanged = co_await renderer.changed(shared, Deadline::after(10ms));
    EXPECT_EQ(unchanged.error().code, Errc::Timeout);
    source.change("a", "2");
    auto changed = co_await renderer.changed(shared, Deadline::after(5s));
    co_return changed.has_value();
  });
  EXPECT_TRUE(in_time);
}

TEST(ConsulTemplate, NamesRefusedFunctionsWhenItIsParsed) {
  auto refused = ConsulTemplate::parse("go-demo.tmpl", "a\nb\n  {{ plugin \"rm\" \"-rf\" }}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().text(),
      "template: go-demo.tmpl:3: function \"plugin\" is not supported: a template must not run programs");
}

TEST(ConsulTemplate, RecordsWhatItUses) {
  auto evaluation = parsed(R"({{range service "blue.web@dc1" "any"}}{{end}}{{ls "app"}}{{keyExists "k"}})")
                        ->evaluate({}, {}, {});
  std::vector<std::string> used;
  for (const auto& question : evaluation.used) used.push_back(describe(question));
  EXPECT_THAT(used, ::testing::ElementsAre("service(blue.web@dc1|any)", "key(k)", "tree(app)"));
  EXPECT_EQ(evaluation.missing, evaluation.used);
  EXPECT_FALSE(evaluation.complete());
}

TEST(ConsulTemplate, StaysWithinItsLimits) {
  auto fails = [](std::string text) {
    EvaluateOptions options;
    options.limits.value_bytes = 1U << 20;
    options.limits.steps = 1'000'000;
    auto evaluation = parsed(std::move(text))->evaluate({}, {}, options);
    return evaluation.text ? "rendered" : evaluation.text.error().message;
  };
  EXPECT_THAT(fails(R"({{$x := "aa"}}{{range loop 60}}{{$x = replaceAll "a" "aa" $x}}{{end}})"),
              HasSubstr("stopped"));
  EXPECT_THAT(fails(R"({{$x := "aa"}}{{range loop 60}}{{$x = regexReplaceAll "a" "aa" $x}}{{end}})"),
              HasSubstr("stopped"));
  EXPECT_THAT(fails(R"({{indent 1000000000000 "a"}})"), HasSubstr("stopped"));
  EXPECT_THAT(fails(R"({{range loop 9000000000000}}{{end}})"), HasSubstr("stopped"));
  EXPECT_THAT(fails(R"({{range loop 1000}}{{scratch.MapSet "m" "k" (scratch.Get "m")}}{{end}})"),
              HasSubstr("nested"));
  EXPECT_THAT(
      fails(
          R"({{$y := "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]"}}{{parseYAML $y | len}})"),
      HasSubstr("stopped"));
}

}  // namespace
}  // namespace dfp::tmpl::consul
