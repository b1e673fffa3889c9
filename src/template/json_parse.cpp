#include <fmt/format.h>

#include "template/json.hpp"
#include "template/number.hpp"
#include "template/quote.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl::json {
namespace {

constexpr int kDeepest = 100;

/// Thrown with Go's message; caught by parse().
struct Failure {
  std::string message;
};

class Parser {
 public:
  Parser(std::string_view text, Numbers numbers) : text_(text), numbers_(numbers) {}

  Value document() {
    auto out = value(0);
    skip_space();
    if (at_ < text_.size()) unexpected("after top-level value");
    return out;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool accept(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void skip_space() {
    while (!at_end() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }

  [[noreturn]] void unexpected(std::string_view where) const {
    // Go feeds its scanner a space at the end: what is complete without it is an unexpected end.
    bool within = where.starts_with("in ") || where.starts_with("after decimal point");
    if (at_end() && !within) throw Failure{"unexpected end of JSON input"};
    auto c = static_cast<unsigned char>(at_end() ? ' ' : text_[at_]);
    auto shown = c == '\'' ? R"('\'')" : c == '"' ? "'\"'" : quoted_rune(c);
    throw Failure{fmt::format("invalid character {} {}", shown, where)};
  }

  Value value(int depth) {
    if (depth > kDeepest) throw Failure{"exceeded max depth"};
    skip_space();
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return Value::of(string());
      case 't':
        return word("true", Value::of(true));
      case 'f':
        return word("false", Value::of(false));
      case 'n':
        return word("null", {});
      default:
        if (peek() == '-' || (peek() >= '0' && peek() <= '9')) return number();
        unexpected("looking for beginning of value");
    }
  }

  Value word(std::string_view expected, Value out) {
    for (std::size_t i = 0; i < expected.size(); ++i)
      if (!accept(expected[i])) {
        if (i == 0) unexpected("looking for beginning of value");
        unexpected(fmt::format("in literal {} (expecting {})", expected,
                               quoted_rune(static_cast<char32_t>(expected[i]))));
      }
    return out;
  }

  Value object(int depth) {
    ++at_;
    std::vector<MapEntry> entries;
    skip_space();
    if (accept('}')) return Value::map({});
    for (;;) {
      skip_space();
      if (peek() != '"') unexpected("looking for beginning of object key string");
      auto key = string();
      skip_space();
      if (!accept(':')) unexpected("after object key");
      entries.push_back({Value::of(std::move(key)), value(depth + 1)});
      skip_space();
      if (accept('}')) return Value::map(std::move(entries));
      if (!accept(',')) unexpected("after object key:value pair");
    }
  }

  Value array(int depth) {
    ++at_;
    std::vector<Value> items;
    skip_space();
    if (accept(']')) return Value::list({});
    for (;;) {
      items.push_back(value(depth + 1));
      skip_space();
      if (accept(']')) return Value::list(std::move(items));
      if (!accept(',')) unexpected("after array element");
    }
  }

  void digits(std::string_view where) {
    if (peek() < '0' || peek() > '9') unexpected(where);
    while (peek() >= '0' && peek() <= '9') ++at_;
  }

  Value number() {
    auto start = at_;
    accept('-');
    if (!accept('0')) digits("in numeric literal");
    bool whole = true;
    if (accept('.')) {
      whole = false;
      digits("after decimal point in numeric literal");
    }
    if (accept('e') || accept('E')) {
      whole = false;
      if (!accept('+')) accept('-');
      digits("in exponent of numeric literal");
    }
    auto text = text_.substr(start, at_ - start);
    if (whole && numbers_ == Numbers::IntOrFloat)
      if (auto integer = parse_signed(text, 10); integer.ok()) return Value::integer(integer.value);
    auto parsed = parse_double(text);
    if (!parsed.ok())
      throw Failure{fmt::format("json: cannot unmarshal number {} into Go value of type float64", text)};
    return Value::of(parsed.value);
  }

  std::string string() {
    ++at_;
    std::string out;
    for (;;) {
      if (at_end()) throw Failure{"unexpected end of JSON input"};
      auto c = static_cast<unsigned char>(text_[at_]);
      if (accept('"')) return out;
      if (c < 0x20) unexpected("in string literal");
      if (accept('\\')) {
        escape(out);
      } else {
        auto rune = unicode::decode(text_.substr(at_));
        unicode::append(out, rune.code);
        at_ += rune.size;
      }
    }
  }

  void escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kCodes = "\"\\/\b\f\n\r\t";
    if (accept('u')) return unicode_escape(out);
    auto found = at_end() ? kLetters.npos : kLetters.find(text_[at_]);
    if (found == kLetters.npos) unexpected("in string escape code");
    ++at_;
    out += kCodes[found];
  }

  char32_t four_digits() {
    char32_t code = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      auto digit = parse_unsigned(text_.substr(at_, at_end() ? 0 : 1), 16);
      if (!digit.ok()) unexpected("in \\u hexadecimal character escape");
      code = code * 16 + static_cast<char32_t>(digit.value);
    }
    return code;
  }

  void unicode_escape(std::string& out) {
    auto code = four_digits();
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      auto before = at_;
      at_ += 2;
      auto low = four_digits();
      if (low >= 0xDC00 && low < 0xE000)
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      else
        at_ = before;
    }
    unicode::append(out, code);
  }

  std::string_view text_;
  Numbers numbers_;
  std::size_t at_ = 0;
};

}  // namespace

std::expected<Value, std::string> parse(std::string_view text, Numbers numbers) {
  try {
    return Parser(text, numbers).document();
  } catch (const Failure& failure) {
    return std::unexpected(failure.message);
  }
}

}  // namespace dfp::tmpl::json
