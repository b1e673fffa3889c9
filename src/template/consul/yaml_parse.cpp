#include <fmt/format.h>
#include <re2/re2.h>
#include <yaml-cpp/yaml.h>

#include <limits>
#include <map>

#include "base/base64.hpp"
#include "template/consul/yaml.hpp"
#include "template/number.hpp"

namespace dfp::tmpl::consul::yaml {
namespace {

const Type kAnyByAny{
    .kind = Kind::Map, .name = "map[interface {}]interface {}", .key = &types::kAny, .element = &types::kAny};

constexpr int kDeepest = 100;

using Words = std::map<std::string_view, Value>;

/// Plain scalars with a meaning.
const Words& words() {
  static const Words all = [] {
    Words map;
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    auto add = [&](const Value& value, std::initializer_list<std::string_view> names) {
      for (auto name : names) map.emplace(name, value);
    };
    add({}, {"", "~", "null", "Null", "NULL"});
    add(Value::of(true), {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"});
    add(Value::of(false), {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"});
    add(Value::of(kInfinity), {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"});
    add(Value::of(-kInfinity), {"-.inf", "-.Inf", "-.INF"});
    add(Value::of(std::numeric_limits<double>::quiet_NaN()), {".nan", ".NaN", ".NAN"});
    return map;
  }();
  return all;
}

std::optional<Value> integer(std::string_view digits) {
  if (auto parsed = parse_signed(digits, 0); parsed.ok()) return Value::integer(parsed.value);
  if (auto parsed = parse_unsigned(digits, 0); parsed.ok())
    return Value::unsigned_integer(parsed.value, types::kUint64);
  return std::nullopt;
}

/// Digits with a point or an exponent; not "1:30", "inf" or "0x1p3".
std::optional<Value> real(std::string_view digits) {
  static const RE2 expression(R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)");
  if (!RE2::FullMatch(digits, expression)) return std::nullopt;
  auto parsed = parse_double(digits);
  return parsed.ok() ? std::optional(Value::of(parsed.value)) : std::nullopt;
}

class Converter {
 public:
  explicit Converter(Budget& budget) : budget_(budget) {}

  Value value(const YAML::Node& node, int depth) {
    if (depth > kDeepest) throw YAML::Exception(node.Mark(), "nested too deeply");
    budget_.charge_steps(1);
    budget_.charge_bytes(sizeof(Value));
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return scalar(node);
      case YAML::NodeType::Sequence: {
        std::vector<Value> items;
        for (const auto& item : node) items.push_back(value(item, depth + 1));
        return Value::list(std::move(items));
      }
      case YAML::NodeType::Map:
        return map(node, depth);
      default:
        return {};
    }
  }

 private:
  Value scalar(const YAML::Node& node) {
    constexpr std::string_view kStandard = "tag:yaml.org,2002:";
    const auto& text = node.Scalar();
    budget_.charge_bytes(text.size());
    std::string_view tag = node.Tag();
    if (tag == "?" || tag.empty()) return resolve(text);
    if (!tag.starts_with(kStandard)) return Value::of(text);
    tag.remove_prefix(kStandard.size());
    if (tag == "binary") return binary(node);
    if (tag != "int" && tag != "float" && tag != "bool" && tag != "null") return Value::of(text);
    auto value = resolve(text);
    if (tag == "float" && value.held_kind() == Kind::Int)
      return Value::of(static_cast<double>(value.as_int()));
    auto kind = value.held_kind();
    bool fits = tag == "int"     ? kind == Kind::Int || kind == Kind::Uint
                : tag == "float" ? kind == Kind::Float
                : tag == "bool"  ? kind == Kind::Bool
                                 : kind == Kind::Invalid;
    if (!fits) throw YAML::Exception(node.Mark(), fmt::format("cannot decode `{}` as a !!{}", text, tag));
    return value;
  }

  static Value binary(const YAML::Node& node) {
    auto bytes = base64::decode(node.Scalar());
    if (!bytes) throw YAML::Exception(node.Mark(), "!!binary value contains invalid base64 data");
    return Value::of(std::move(*bytes));
  }

  /// "<<" takes in the entries of other maps that are not there already.
  Value map(const YAML::Node& node, int depth) {
    std::vector<MapEntry> own;
    std::vector<MapEntry> taken_in;
    for (const auto& entry : node) {
      if (entry.first.IsScalar() && entry.first.Scalar() == "<<" && entry.first.Tag() == "?") {
        take_in(entry.second, depth, taken_in);
        continue;
      }
      if (!entry.first.IsScalar() && !entry.first.IsNull())
        throw YAML::Exception(entry.first.Mark(), "invalid map key");
      own.push_back({value(entry.first, depth + 1), value(entry.second, depth + 1)});
    }
    taken_in.insert(taken_in.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
    return Value::map(std::move(taken_in), kAnyByAny);
  }

  void take_in(const YAML::Node& source, int depth, std::vector<MapEntry>& entries) {
    if (depth > kDeepest) throw YAML::Exception(source.Mark(), "nested too deeply");
    if (source.IsSequence())
      for (std::size_t i = source.size(); i-- > 0;) take_in(source[i], depth + 1, entries);
    else if (source.IsMap())
      for (const auto& entry : value(source, depth + 1).entries()) entries.push_back(entry);
  }

  Budget& budget_;
};

}  // namespace

Value resolve(std::string_view scalar) {
  if (auto word = words().find(scalar); word != words().end()) return word->second;
  char first = scalar.front();
  if (first == '.') {
    if (auto parsed = parse_double(scalar); parsed.ok()) return Value::of(parsed.value);
  } else if ((first >= '0' && first <= '9') || first == '-' || first == '+') {
    std::string digits;
    for (char c : scalar)
      if (c != '_') digits += c;
    if (auto number = integer(digits)) return *number;
    if (auto number = real(digits)) return *number;
  }
  return Value::of(scalar);
}

std::expected<Value, std::string> parse(std::string_view text, Budget& budget) {
  budget.charge_bytes(text.size() * 8);
  try {
    return Converter(budget).value(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& failure) {
    return std::unexpected(fmt::format("yaml: line {}: {}", failure.mark.line + 1, failure.msg));
  }
}

}  // namespace dfp::tmpl::consul::yaml
