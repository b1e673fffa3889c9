#include "template/consul/toml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "template/number.hpp"

namespace dfp::tmpl::consul::toml {
namespace {

/// Thrown with the message; caught by write().
struct Failure {
  std::string message;
};

Value behind_pointer(const Value& value) {
  return value.held_kind() == Kind::Pointer && !value.held().is_nil() ? value.pointee() : value.held();
}

bool is_table(const Value& value) {
  return value.held_kind() == Kind::Map || value.held_kind() == Kind::Struct;
}

bool is_table_list(const Value& value) {
  if (value.held_kind() != Kind::Slice || value.items().empty()) return false;
  return std::ranges::all_of(value.items(), [](const Value& item) { return is_table(behind_pointer(item)); });
}

/// Between double quotes; control characters as \uXXXX.
std::string text_of(std::string_view text) {
  constexpr std::string_view kCodes = "\b\t\n\f\r\"\\";
  constexpr std::string_view kLetters = "btnfr\"\\";
  std::string out = "\"";
  for (char c : text) {
    if (auto at = kCodes.find(c); at != kCodes.npos)
      out += std::string("\\") + kLetters[at];
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + '"';
}

std::string key_text(std::string_view key) {
  bool bare = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-';
  });
  return bare ? std::string(key) : text_of(key);
}

class Writer {
 public:
  explicit Writer(Sink& sink) : sink_(sink) {}

  void table(const Value& value, const std::string& path, int depth) {
    auto all = members(value);
    for (const auto& [key, item] : all)
      if (!is_table(item) && !is_table_list(item) && item.valid()) line(depth, key_text(key) + " = ", item);
    for (const auto& [key, item] : all) {
      auto name = path.empty() ? key_text(key) : path + "." + key_text(key);
      if (is_table(item)) header(item, "[" + name + "]", name, depth);
      if (is_table_list(item))
        for (const auto& element : item.items())
          header(behind_pointer(element), "[[" + name + "]]", name, depth);
    }
  }

 private:
  using Members = std::vector<std::pair<std::string, Value>>;

  Members members(const Value& value) {
    Members out;
    if (value.held_kind() == Kind::Struct) {
      const auto& fields = value.type()->fields;
      for (std::size_t i = 0; i < fields.size(); ++i)
        if (fields[i].exported()) out.emplace_back(fields[i].name, behind_pointer(value.fields()[i]));
      return out;
    }
    for (const auto& [key, item] : value.entries()) {
      if (key.held_kind() != Kind::String)
        throw Failure{"toml: cannot encode a map with non-string key type"};
      out.emplace_back(key.as_string(), behind_pointer(item));
    }
    return out;
  }

  void header(const Value& value, const std::string& head, const std::string& path, int depth) {
    if ((depth == 0 || head.starts_with("[[")) && sink_.size() > 0) sink_.put('\n');
    sink_.fill(static_cast<std::size_t>(depth) * 2, ' ');
    sink_.put(head + "\n");
    table(value, path, depth + 1);
  }

  void line(int depth, const std::string& key, const Value& value) {
    sink_.fill(static_cast<std::size_t>(depth) * 2, ' ');
    sink_.put(key);
    element(value);
    sink_.put('\n');
  }

  void element(const Value& value) {
    switch (value.held_kind()) {
      case Kind::Bool:
        return sink_.put(value.as_bool() ? "true" : "false");
      case Kind::Int:
        return sink_.put(fmt::to_string(value.as_int()));
      case Kind::Uint:
        return sink_.put(fmt::to_string(value.as_uint()));
      case Kind::Float:
        return sink_.put(number(value.as_double()));
      case Kind::String:
        return sink_.put(text_of(value.as_string()));
      case Kind::Slice:
      case Kind::Array:
        return array(value);
      case Kind::Map:
      case Kind::Struct:
        return inline_table(value);
      default:
        throw Failure{"toml: cannot encode a value of type " + (value.type() ? value.type()->name : "nil")};
    }
  }

  void array(const Value& value) {
    sink_.put('[');
    bool first = true;
    for (const auto& item : value.items()) {
      if (!first) sink_.put(", ");
      first = false;
      element(behind_pointer(item));
    }
    sink_.put(']');
  }

  /// A table within a list that holds other things as well.
  void inline_table(const Value& value) {
    sink_.put('{');
    bool first = true;
    for (const auto& nested : {false, true})
      for (const auto& [key, item] : members(value)) {
        if (is_table(item) != nested || !item.valid()) continue;
        if (!first) sink_.put(", ");
        first = false;
        sink_.put(key_text(key) + " = ");
        element(item);
      }
    sink_.put('}');
  }

  static std::string number(double number) {
    if (std::isnan(number)) return "nan";
    if (std::isinf(number)) return number < 0 ? "-inf" : "+inf";
    auto out = format_double(number, 'f', -1);
    return out.find('.') == out.npos ? out + ".0" : out;
  }

  Sink& sink_;
};

}  // namespace

std::expected<void, std::string> write(Sink& sink, const Value& value) {
  auto top = behind_pointer(value);
  if (!is_table(top)) return std::unexpected("toml: top-level values must be Go maps or structs");
  try {
    Writer(sink).table(top, "", 0);
    return {};
  } catch (const Failure& failure) {
    return std::unexpected(failure.message);
  }
}

}  // namespace dfp::tmpl::consul::toml
