#include "template/testing/go_fixture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "template/bind.hpp"
#include "template/format.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl::testing {
namespace {

using std::int64_t;

std::shared_ptr<const Function> method(Function function) {
  return std::make_shared<const Function>(std::move(function));
}

// main.Inner and pointers to it.
extern const Type kInner;
const Type kInnerPointer{.kind = Kind::Pointer, .name = "*main.Inner", .element = &kInner};

std::string name_of(const Value& inner) { return std::string(inner.fields()[0].as_string()); }

const Type kInner{
    .kind = Kind::Struct,
    .name = "main.Inner",
    .pointer = &kInnerPointer,
    .fields = {{"Name", &types::kString},
               {"N", &types::kInt},
               {"hidden", &types::kInt},
               {"Next", &kInnerPointer}},
    .methods = {{"Greet", method(bind([](Value self, std::string_view whom) {
                   return fmt::format("hello {} from {}", whom, name_of(self));
                 }))},
                {"Add", method(bind([](Value self, int64_t a, int64_t b) {
                   return a + b + self.fields()[1].as_int();
                 }))},
                {"Fails", method(bind([](Value) -> std::expected<std::string, std::string> {
                   return std::unexpected("method failed");
                 }))},
                {"Many", method(bind([](Value, Rest<int64_t> numbers) {
                   return std::accumulate(numbers.values.begin(), numbers.values.end(), int64_t{0});
                 }))}},
    .pointer_methods = {{"PtrName", method(bind([](Value self) -> std::expected<std::string, std::string> {
                           if (!self.is_nil()) return "*" + name_of(self);
                           return std::unexpected(
                               "runtime error: invalid memory address or nil pointer dereference");
                         }))}}};

Value inner(const char* name, int64_t n, Value next, const Type& type) {
  return Value::structure({Value::of(name), Value::of(n), Value::of(0), std::move(next)}, type);
}
Value nil_inner() { return Value::zero(kInnerPointer); }

// Types with methods on other kinds.
const Type kStr{
    .kind = Kind::String,
    .name = "main.Str",
    .methods = {{"String", method(bind([](Value self) { return fmt::format("<{}>", self.as_string()); }))}}};
const Type kTags{.kind = Kind::Slice,
                 .name = "main.Tags",
                 .element = &types::kString,
                 .underlying = &types::kStringList,
                 .methods = {{"Contains", method(bind([](Value self, std::string_view tag) {
                                return std::ranges::any_of(
                                    self.items(), [&](const Value& item) { return item.as_string() == tag; });
                              }))}}};
extern const Type kErrorString;
const Type kErrorPointer{.kind = Kind::Pointer, .name = "*errors.errorString", .element = &kErrorString};
const Type kErrorString{
    .kind = Kind::Struct,
    .name = "errors.errorString",
    .pointer = &kErrorPointer,
    .fields = {{"s", &types::kString}},
    .pointer_methods = {
        {"Error", method(bind([](Value self) { return std::string(self.fields()[0].as_string()); }))}}};

const Type kSvc{.kind = Kind::Struct,
                .name = "main.Svc",
                .fields = {{"Node", &types::kString},
                           {"Address", &types::kString},
                           {"ID", &types::kString},
                           {"Name", &types::kString},
                           {"Status", &types::kString},
                           {"Port", &types::kInt},
                           {"Tags", &kTags},
                           {"Meta", &types::kStringMap}}};
const Type kSvcPointer{.kind = Kind::Pointer, .name = "*main.Svc", .element = &kSvc};

// Containers.
const Type kIntArray{
    .kind = Kind::Array, .name = "[3]int", .element = &types::kInt, .underlying = &types::kIntList};
const Type kStringInt{
    .kind = Kind::Map, .name = "map[string]int", .key = &types::kString, .element = &types::kInt};
const Type kIntString{
    .kind = Kind::Map, .name = "map[int]string", .key = &types::kInt, .element = &types::kString};
const Type kStringInner{
    .kind = Kind::Map, .name = "map[string]main.Inner", .key = &types::kString, .element = &kInner};
const Type kSvcList{.kind = Kind::Slice, .name = "[]*main.Svc", .element = &kSvcPointer};
const Type kIntChannel{.kind = Kind::Channel, .name = "chan int", .element = &types::kInt};
const Type kIntFunction{.kind = Kind::Func, .name = "func(int) int"};
const Type kFailingFunction{.kind = Kind::Func, .name = "func() (int, error)"};

Value ints(std::initializer_list<int> numbers, const Type& type) {
  std::vector<Value> items;
  for (int number : numbers) items.push_back(Value::of(number));
  return Value::list(std::move(items), type);
}

Value service(const char* node, const char* address, const char* id, const char* status, int port, Value tags,
              Value meta) {
  return Value::structure({Value::of(node), Value::of(address), Value::of(id), Value::of("app"),
                           Value::of(status), Value::of(port), std::move(tags), std::move(meta)},
                          kSvcPointer);
}

Value services() {
  auto tags = Value::list({Value::of("blue"), Value::of("v1")}, kTags);
  auto meta = Value::map({{Value::of("path"), Value::of("/a")}}, types::kStringMap);
  return Value::list(
      {service("n1", "10.0.0.1", "a1", "passing", 8080, tags, meta),
       service("n2", "10.0.0.2", "a2", "critical", 8081, Value::zero(kTags), Value::zero(types::kStringMap))},
      kSvcList);
}

Value bytes(std::string_view text) {
  std::vector<Value> items;
  for (char c : text) items.push_back(Value::unsigned_integer(static_cast<unsigned char>(c), types::kUint8));
  return Value::list(std::move(items), types::kBytes);
}

}  // namespace

Value go_root() {
  struct Member {
    const char* name;
    const Type* type;
    Value value;
  };
  auto in = inner("in", 3, nil_inner(), kInner);
  auto next = inner("next", 0, nil_inner(), kInnerPointer);
  auto fails = bind([]() -> std::expected<int64_t, std::string> { return std::unexpected("fn failed"); });
  std::vector<Member> members = {
      {"I", &types::kInt, Value::of(42)},
      {"Neg", &types::kInt, Value::of(-5)},
      {"I64", &types::kInt64, Value::integer(int64_t{1} << 40, types::kInt64)},
      {"U", &types::kUint, Value::unsigned_integer(9)},
      {"F", &types::kFloat64, Value::of(2.5)},
      {"S", &types::kString, Value::of("text")},
      {"B", &types::kBool, Value::of(true)},
      {"Empty", &types::kString, Value::of("")},
      {"Zero", &types::kInt, Value::of(0)},
      {"Strs", &types::kStringList, Value::of(std::vector<std::string>{"a", "b", "c"})},
      {"Ints", &types::kIntList, ints({3, 1, 2}, types::kIntList)},
      {"Arr", &kIntArray, ints({4, 5, 6}, kIntArray)},
      {"NilSlice", &types::kStringList, Value::zero(types::kStringList)},
      {"M", &kStringInt,
       Value::map({{Value::of("one"), Value::of(1)},
                   {Value::of("two"), Value::of(2)},
                   {Value::of("three"), Value::of(3)}},
                  kStringInt)},
      {"MI", &kIntString,
       Value::map({{Value::of(2), Value::of("two")},
                   {Value::of(1), Value::of("one")},
                   {Value::of(10), Value::of("ten")}},
                  kIntString)},
      {"NilMap", &kStringInt, Value::zero(kStringInt)},
      {"MS", &kStringInner, Value::map({{Value::of("k"), in}}, kStringInner)},
      {"Inner", &kInner, in},
      {"P", &kInnerPointer, inner("ptr", 1, next, kInnerPointer)},
      {"NilP", &kInnerPointer, nil_inner()},
      {"Any", &types::kAny, Value::of(17)},
      {"NilAny", &types::kAny, Value()},
      {"Fn", &kIntFunction, Value::function(bind([](int64_t number) { return number * 2; }))},
      {"NilFn", &kIntFunction, Value::function({{{&types::kInt}, false, &types::kInt}, {}})},
      {"FnErr", &kFailingFunction, Value::function(std::move(fails))},
      {"Ch", &kIntChannel, Value::channel({Value::of(7), Value::of(8)}, kIntChannel)},
      {"Err", &types::kError, Value::structure({Value::of("an error")}, kErrorPointer)},
      {"Bytes", &types::kBytes, bytes("by")},
      {"Str", &kStr, Value::string("s", kStr)},
      {"Svcs", &kSvcList, services()},
      {"C", &types::kComplex128, Value::of(std::complex<double>(1, 2))},
      {"R", &types::kInt32, Value::integer('x', types::kInt32)},
  };
  static const Type root = [&] {
    Type type{.kind = Kind::Struct, .name = "main.Root"};
    for (const auto& member : members) type.fields.push_back({member.name, member.type});
    return type;
  }();
  static const Type pointer{.kind = Kind::Pointer, .name = "*main.Root", .element = &root};
  std::vector<Value> values;
  for (auto& member : members) values.push_back(std::move(member.value));
  return Value::structure(std::move(values), pointer);
}

namespace {

Value sequence(int64_t count) {
  std::vector<Value> items;
  for (int64_t i = 0; i < count; ++i) items.push_back(Value::of(i));
  return Value::list(std::move(items), types::kIntList);
}

std::string upper(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto rune = unicode::decode(text);
    unicode::append(out, unicode::to_upper(rune.code));
    text.remove_prefix(rune.size);
  }
  return out;
}

std::string joined(std::string_view separator, const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, separator));
}

using Failing = std::expected<std::string, std::string>;

}  // namespace

const FunctionMap& go_functions() {
  static const FunctionMap functions = {
      {"add", bind([](int64_t a, int64_t b) { return a + b; })},
      {"upper", bind([](std::string_view text) { return upper(text); })},
      {"join", bind([](std::string_view separator, std::vector<std::string> parts) {
         return joined(separator, parts);
       })},
      {"fail", bind([](std::string_view text) -> Failing { return std::unexpected(std::string(text)); })},
      {"boom", bind([]() -> Failing { return std::unexpected("boom!"); })},
      {"list", bind([](Rest<Value> values) { return Value::list(std::move(values.values)); })},
      {"count", bind([](Rest<Value> values) { return static_cast<int64_t>(values.values.size()); })},
      {"seq", bind([](int64_t count) { return sequence(count); })},
      {"nothing", bind([] { return Value(); })},
      {"typednil", {{{}, false, &kInnerPointer}, [](Invocation&, auto) -> Outcome { return nil_inner(); }}},
      {"f64", bind([](double number) { return number; })},
      {"u8",
       {{{&types::kUint8}, false, &types::kUint8},
        [](Invocation&, auto values) -> Outcome { return values[0]; }}},
      {"echo", bind([](Value value) { return value; })},
      {"str", bind([](std::string_view text) { return std::string(text); })},
      {"boolean", bind([](bool value) { return value; })},
      {"typeof", bind([](Value value) { return type_name(value); })},
  };
  return functions;
}

}  // namespace dfp::tmpl::testing
