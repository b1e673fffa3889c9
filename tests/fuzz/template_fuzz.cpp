// Parses and renders hostile templates over data with every kind of value: never a crash, never a hang.
#include <cstdlib>

#include "template/bind.hpp"
#include "template/template.hpp"

namespace {

using namespace dfp::tmpl;

Value sample_data() {
  auto list = Value::list({Value::of(1), Value::of("x"), Value(), Value::of(2.5)});
  auto strings = Value::of(std::vector<std::string>{"a", "b"});
  auto inner = Value::map({{Value::of("b"), Value::of("c")}, {Value::of("n"), Value()}});
  return Value::map({{Value::of("a"), inner},
                     {Value::of("l"), list},
                     {Value::of("s"), strings},
                     {Value::of("t"), Value::of("text \xff")},
                     {Value::of("i"), Value::of(-5)},
                     {Value::of("u"), Value::unsigned_integer(9)},
                     {Value::of("f"), Value::of(1e21)},
                     {Value::of("c"), Value::of(std::complex<double>(1, 2))}});
}

const FunctionMap& functions() {
  static const FunctionMap map = {
      {"list", bind([](Rest<Value> values) { return Value::list(std::move(values.values)); })},
      {"include",
       bind([](Invocation& call, std::string_view name, Value dot) { return call.render(name, dot); })}};
  return map;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  ParseOptions options;
  if (bytes[0] & 4) options.left = "<%", options.right = "%>";
  std::string text(reinterpret_cast<const char*>(bytes + 1), size - 1);
  auto parsed = Template::parse("fuzz", std::move(text), functions(), options);
  if (!parsed) return parsed.error().text().empty() ? std::abort(), 0 : 0;
  static const Value data = sample_data();
  const Limits limits{.output_bytes = 1U << 16,
                      .value_bytes = 1U << 20,
                      .steps = 50'000,
                      .time = std::chrono::milliseconds(500)};
  auto missing = bytes[0] % 3 == 0   ? MissingKey::Default
                 : bytes[0] % 3 == 1 ? MissingKey::Zero
                                     : MissingKey::Error;
  auto rendered = parsed->render(data, {.missing_key = missing, .limits = limits});
  if (rendered && rendered->size() > limits.output_bytes) std::abort();
  return 0;
}
