#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "template/consul/yaml.hpp"
#include "template/consul/yaml_scalar.hpp"
#include "template/number.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl::consul::yaml {
namespace {

/// Thrown with the message; caught by write().
struct Failure {
  std::string message;
};

/// Reads a run of digits; `at` moves behind it.
std::int64_t number_at(std::string_view text, std::size_t& at, std::int64_t start) {
  auto number = static_cast<std::uint64_t>(start);
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
    number = number * 10 + static_cast<std::uint64_t>(text[at] - '0');
  return static_cast<std::int64_t>(number);
}

/// Whether digits before a place make leading zeros there count.
bool after_number(std::string_view text, std::size_t at) {
  while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9')
    if (text[--at] != '0') return true;
  return false;
}

/// yaml.v2's natural order of keys: runs of digits by value, letters behind everything else.
bool text_less(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    auto left = unicode::decode(a.substr(i));
    auto right = unicode::decode(b.substr(j));
    if (left.code == right.code && left.bad() == right.bad()) {
      i += left.size;
      j += right.size;
      continue;
    }
    bool left_letter = unicode::is_letter(left.code);
    bool right_letter = unicode::is_letter(right.code);
    if (left_letter && right_letter) return left.code < right.code;
    if (left_letter || right_letter) return right_letter;
    std::int64_t start = (left.code == '0' || right.code == '0') && after_number(a, i) ? 1 : 0;
    auto end_a = i;
    auto end_b = j;
    auto number_a = number_at(a, end_a, start);
    auto number_b = number_at(b, end_b, start);
    if (number_a != number_b) return number_a < number_b;
    if (end_a - i != end_b - j) return end_a - i < end_b - j;
    return left.code < right.code;
  }
  return unicode::count(a) < unicode::count(b);
}

bool is_number(const Value& key) {
  auto kind = key.held_kind();
  return kind == Kind::Int || kind == Kind::Uint || kind == Kind::Float || kind == Kind::Bool;
}

double as_number(const Value& key) {
  switch (key.held_kind()) {
    case Kind::Bool:
      return key.as_bool() ? 1 : 0;
    case Kind::Int:
      return static_cast<double>(key.as_int());
    case Kind::Uint:
      return static_cast<double>(key.as_uint());
    default:
      return key.as_double();
  }
}

bool key_order(const Value& a, const Value& b) {
  if (is_number(a) && is_number(b)) return as_number(a) < as_number(b);
  if (a.held_kind() == Kind::String && b.held_kind() == Kind::String)
    return text_less(a.as_string(), b.as_string());
  return a.held_kind() < b.held_kind();
}

bool is_list(const Value& value) {
  return value.held_kind() == Kind::Slice || value.held_kind() == Kind::Array;
}

class Writer {
 public:
  explicit Writer(Sink& sink) : sink_(sink), scalars_(sink) {}

  /// @param depth of the indentation that the value's own lines have
  /// @param after_key it stands behind "key:", so containers begin on a new line
  void value(const Value& raw, std::size_t depth, bool after_key) {
    auto value = raw.held_kind() == Kind::Pointer && !raw.held().is_nil() ? raw.pointee() : raw.held();
    if (value.held_kind() == Kind::Map || value.held_kind() == Kind::Struct)
      return map(value, depth, after_key);
    if (is_list(value)) return list(value, depth, after_key);
    if (after_key) sink_.put(' ');
    scalar(value, depth, false);
  }

 private:
  using Members = std::vector<std::pair<Value, const Value*>>;

  static Members members(const Value& value) {
    Members out;
    if (value.held_kind() == Kind::Struct) {
      const auto& fields = value.type()->fields;
      for (std::size_t i = 0; i < fields.size(); ++i)
        if (fields[i].exported())
          out.emplace_back(Value::of(text::lower(fields[i].name)), &value.fields()[i]);
      return out;
    }
    for (const auto& [key, item] : value.entries()) out.emplace_back(key, &item);
    std::ranges::sort(out, key_order, [](const auto& member) -> const Value& { return member.first; });
    return out;
  }

  void map(const Value& value, std::size_t depth, bool after_key) {
    auto all = members(value);
    if (all.empty()) return sink_.put(after_key ? " {}" : "{}");
    bool first = true;
    for (const auto& [key, item] : all) {
      if (after_key || !first) line(depth);
      first = false;
      member(key, *item, depth);
    }
  }

  void member(const Value& key, const Value& item, std::size_t depth) {
    constexpr std::size_t kLongestSimpleKey = 128;
    bool text = key.held_kind() == Kind::String;
    bool complex = is_list(key) || key.held_kind() == Kind::Map ||
                   (text && (key.length() > kLongestSimpleKey || analyze(key.as_string()).multiline));
    if (complex) {
      sink_.put("? ");
      value(key, depth + 1, false);
      line(depth);
      sink_.put(": ");
      return value(item, depth + 1, false);
    }
    scalar(key, depth, true);
    sink_.put(':');
    // Lists stand at the indentation of their key.
    value(item, is_list(item) ? depth : depth + 1, true);
  }

  void list(const Value& value, std::size_t depth, bool after_key) {
    if (value.items().empty()) return sink_.put(after_key ? " []" : "[]");
    bool first = true;
    for (const auto& item : value.items()) {
      if (after_key || !first) line(depth);
      first = false;
      sink_.put("- ");
      this->value(item, depth + 1, false);
    }
  }

  void scalar(const Value& value, std::size_t depth, bool is_key) {
    switch (value.held_kind()) {
      case Kind::Invalid:
      case Kind::Pointer:
        return sink_.put("null");
      case Kind::Bool:
        return sink_.put(value.as_bool() ? "true" : "false");
      case Kind::Int:
        return sink_.put(fmt::to_string(value.as_int()));
      case Kind::Uint:
        return sink_.put(fmt::to_string(value.as_uint()));
      case Kind::Float:
        return sink_.put(number(value.as_double()));
      case Kind::String:
        return scalars_.text(value.as_string(), std::max<std::size_t>(depth, 1) * 2, is_key);
      default:
        throw Failure{"cannot marshal type: " + value.type()->name};
    }
  }

  static std::string number(double number) {
    if (std::isnan(number)) return ".nan";
    if (std::isinf(number)) return number < 0 ? "-.inf" : ".inf";
    return format_double(number, 'g', -1);
  }

  void line(std::size_t depth) {
    sink_.put('\n');
    sink_.fill(depth * 2, ' ');
  }

  Sink& sink_;
  ScalarWriter scalars_;
};

}  // namespace

std::expected<void, std::string> write(Sink& sink, const Value& value) {
  try {
    Writer(sink).value(value, 0, false);
    return {};
  } catch (const Failure& failure) {
    return std::unexpected(failure.message);
  }
}

}  // namespace dfp::tmpl::consul::yaml
