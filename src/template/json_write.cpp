#include <fmt/format.h>

#include <cmath>

#include "base/base64.hpp"
#include "template/builtins.hpp"
#include "template/json.hpp"
#include "template/number.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl::json {
namespace {

/// Thrown with Go's message; caught by write().
struct Failure {
  std::string message;
};

class Writer {
 public:
  Writer(Sink& sink, const WriteOptions& options) : sink_(sink), options_(options) {}

  void value(const Value& value) {
    switch (value.held_kind()) {
      case Kind::Invalid:
        return sink_.put("null");
      case Kind::Bool:
        return sink_.put(value.as_bool() ? "true" : "false");
      case Kind::Int:
        return sink_.put(fmt::to_string(value.as_int()));
      case Kind::Uint:
        return sink_.put(fmt::to_string(value.as_uint()));
      case Kind::Float:
        return number(value.as_double());
      case Kind::String:
        return string(value.as_string());
      case Kind::Slice:
      case Kind::Array:
        return list(value);
      case Kind::Map:
        return map(value);
      case Kind::Struct:
        return structure(value);
      case Kind::Pointer:
        return value.held().is_nil() ? sink_.put("null") : this->value(value.pointee());
      default:
        throw Failure{"json: unsupported type: " + value.type()->name};
    }
  }

 private:
  void number(double number) {
    if (!std::isfinite(number)) throw Failure{"json: unsupported value: " + format_double(number, 'g', -1)};
    sink_.put(format_number(number));
  }

  void list(const Value& value) {
    if (value.held().is_nil()) return sink_.put("null");
    if (value.type() == &types::kBytes) return bytes(value);
    if (value.items().empty()) return sink_.put("[]");
    open('[');
    bool first = true;
    for (const auto& item : value.items()) {
      separate(first);
      this->value(item);
    }
    close(']');
  }

  void bytes(const Value& value) {
    std::string content;
    for (const auto& byte : value.items()) content += static_cast<char>(byte.as_uint());
    sink_.put("\"" + base64::encode(content) + "\"");
  }

  void map(const Value& value) {
    auto kind = value.type()->key->kind;
    if (kind != Kind::String && kind != Kind::Int && kind != Kind::Uint)
      throw Failure{"json: unsupported type: " + value.type()->name};
    if (value.held().is_nil()) return sink_.put("null");
    std::map<std::string, const Value*> sorted;  // numbers are sorted as texts
    for (const auto& [key, item] : value.entries()) sorted[key_text(key)] = &item;
    if (sorted.empty()) return sink_.put("{}");
    open('{');
    bool first = true;
    for (const auto& [key, item] : sorted) {
      separate(first);
      member(key, *item);
    }
    close('}');
  }

  static std::string key_text(const Value& key) {
    if (key.held_kind() == Kind::String) return std::string(key.as_string());
    return key.held_kind() == Kind::Int ? fmt::to_string(key.as_int()) : fmt::to_string(key.as_uint());
  }

  void structure(const Value& value) {
    const auto& fields = value.type()->fields;
    open('{');
    bool first = true;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!fields[i].exported()) continue;
      separate(first);
      member(fields[i].name, value.fields()[i]);
    }
    close('}');
  }

  void member(std::string_view key, const Value& item) {
    string(key);
    sink_.put(options_.pretty ? ": " : ":");
    value(item);
  }

  void open(char c) {
    sink_.put(c);
    ++depth_;
  }
  void close(char c) {
    --depth_;
    new_line();
    sink_.put(c);
  }
  void separate(bool& first) {
    if (!first) sink_.put(',');
    first = false;
    new_line();
  }
  void new_line() {
    if (!options_.pretty) return;
    sink_.put('\n');
    sink_.fill(static_cast<std::size_t>(depth_) * 2, ' ');
  }

  void string(std::string_view text) {
    sink_.put('"');
    while (!text.empty()) {
      auto rune = unicode::decode(text);
      character(rune, text.substr(0, rune.size));
      text.remove_prefix(rune.size);
    }
    sink_.put('"');
  }

  void character(unicode::Rune rune, std::string_view raw) {
    auto code = static_cast<unsigned>(rune.code);
    bool html = options_.escape_html && (code == '<' || code == '>' || code == '&');
    if (rune.bad())
      sink_.put("\\ufffd");
    else if (code == '"' || code == '\\')
      sink_.put(std::string("\\") + static_cast<char>(code));
    else if (code == '\n')
      sink_.put("\\n");
    else if (code == '\r')
      sink_.put("\\r");
    else if (code == '\t')
      sink_.put("\\t");
    else if (code < 0x20 || html || code == 0x2028 || code == 0x2029)
      sink_.put(fmt::format("\\u{:04x}", code));
    else
      sink_.put(raw);
  }

  Sink& sink_;
  const WriteOptions& options_;
  int depth_ = 0;
};

}  // namespace

std::string format_number(double number) {
  auto magnitude = std::abs(number);
  bool exponent = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
  auto out = format_double(number, exponent ? 'e' : 'f', -1);
  // e-09 is written e-9.
  if (auto at = out.find("e-0"); exponent && at != out.npos) out.erase(at + 2, 1);
  return out;
}

std::expected<void, std::string> write(Sink& sink, const Value& value, const WriteOptions& options) {
  try {
    Writer(sink, options).value(value);
    return {};
  } catch (const Failure& failure) {
    return std::unexpected(failure.message);
  }
}

}  // namespace dfp::tmpl::json
