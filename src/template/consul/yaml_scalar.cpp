#include "template/consul/yaml_scalar.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/base64.hpp"
#include "base/text.hpp"
#include "template/consul/yaml.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl::consul::yaml {
namespace {

constexpr std::size_t kWidth = 80;

bool is_break(char32_t code) {
  return code == '\n' || code == '\r' || code == 0x85 || code == 0x2028 || code == 0x2029;
}

/// YAML 1.1's printable characters; libyaml counts none beyond the basic plane.
bool is_printable(char32_t code) {
  if (code == '\n') return true;
  if (code < 0x80) return code >= 0x20 && code < 0x7F;
  if (code < 0xA0) return false;
  return code < 0xD800 || (code >= 0xE000 && code < 0xFFFE && code != 0xFEFF);
}

bool is_blank_at(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == ' ' || text[at] == '\t' ||
         is_break(unicode::decode(text.substr(at)).code);
}

/// Whether a character means something else in a plain scalar at this place.
bool is_indicator(std::string_view text, std::size_t at) {
  char c = text[at];
  bool before_blank = is_blank_at(text, at + 1);
  if (at == 0) {
    constexpr std::string_view kNever = "#,[]{}&*!|>'\"%@`";
    return kNever.find(c) != kNever.npos || ((c == '?' || c == ':' || c == '-') && before_blank);
  }
  return (c == ':' && before_blank) || (c == '#' && is_blank_at(text, at - 1));
}

/// A date of YAML 1.1, with or without a time.
bool is_timestamp(std::string_view text) {
  static const RE2 expression(
      R"([0-9]{4}-(0?[1-9]|1[0-2])-(0?[1-9]|[12][0-9]|3[01]))"
      R"(([Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})| [0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?)?)");
  return RE2::FullMatch(text, expression);
}

/// 1:30 was a number to base 60 in YAML 1.1.
bool is_base60(std::string_view text) {
  static const RE2 expression(R"([-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?)");
  return RE2::FullMatch(text, expression);
}

bool reads_back_as_text(std::string_view text) {
  return resolve(text).held_kind() == Kind::String && !is_timestamp(text) && !is_base60(text);
}

}  // namespace

ScalarForms analyze(std::string_view text) {
  ScalarForms forms;
  if (text.empty()) return {.block = false};
  forms.plain = !text.starts_with("---") && !text.starts_with("...");
  bool special = false;
  bool after_space = false;
  bool after_break = false;
  for (std::size_t at = 0; at < text.size();) {
    auto rune = unicode::decode(text.substr(at));
    bool edge = at == 0 || at + rune.size == text.size();
    bool space = rune.code == ' ';
    bool line_break = is_break(rune.code);
    if (is_indicator(text, at) || line_break || (edge && space)) forms.plain = false;
    special = special || rune.bad() || !is_printable(rune.code) || (line_break && after_space);
    if (space && after_break) forms.single_quoted = forms.plain = false;
    if (space && at + rune.size == text.size()) forms.block = false;
    forms.multiline = forms.multiline || line_break;
    after_space = space;
    after_break = line_break;
    at += rune.size;
  }
  if (special) forms.plain = forms.single_quoted = forms.block = false;
  return forms;
}

void ScalarWriter::text(std::string_view text, std::size_t indentation, bool is_key) {
  indentation_ = indentation;
  may_fold_ = !is_key;
  if (!text::is_valid_utf8(text)) return sink_.put("!!binary " + base64::encode(text));
  auto forms = analyze(text);
  if (text.find('\n') != text.npos) return forms.block && !is_key ? literal(text) : double_quoted(text);
  if (text.empty() || !reads_back_as_text(text)) return double_quoted(text);
  if (forms.plain) return plain(text);
  if (forms.single_quoted) return single_quoted(text);
  double_quoted(text);
}

std::size_t ScalarWriter::column() const {
  auto all = sink_.view();
  return unicode::count(all.substr(all.rfind('\n') + 1));
}

void ScalarWriter::new_line() {
  sink_.put('\n');
  sink_.fill(indentation_, ' ');
}

/// Whether the space at the front of `rest` is to become a line break.
bool ScalarWriter::fold_here(std::string_view rest, bool after_space) const {
  return may_fold_ && !after_space && rest.size() > 1 && rest[1] != ' ' && column() > kWidth;
}

void ScalarWriter::plain(std::string_view text) {
  bool after_space = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    bool space = text[0] == ' ';
    if (space && fold_here(text, after_space))
      new_line();
    else
      sink_.put(text[0]);
    after_space = space;
  }
}

void ScalarWriter::single_quoted(std::string_view text) {
  sink_.put('\'');
  bool after_space = false;
  for (bool first = true; !text.empty(); text.remove_prefix(1), first = false) {
    bool space = text[0] == ' ';
    if (space && !first && fold_here(text, after_space))
      new_line();
    else
      sink_.put(text.substr(0, 1));
    if (text[0] == '\'') sink_.put('\'');
    after_space = space;
  }
  sink_.put('\'');
}

namespace {

/// The escape of a character in double quotes.
std::string escape(char32_t code) {
  using namespace std::string_view_literals;  // the first code is 0
  constexpr std::u32string_view kCodes = U"\0\a\b\t\n\v\f\r\x1b\"\\\x85\xa0\u2028\u2029"sv;
  constexpr std::string_view kLetters = "0abtnvfre\"\\N_LP";
  if (auto at = kCodes.find(code); at != kCodes.npos) return std::string("\\") + kLetters[at];
  auto number = static_cast<unsigned>(code);
  if (number <= 0xFF) return fmt::format("\\x{:02X}", number);
  return number <= 0xFFFF ? fmt::format("\\u{:04X}", number) : fmt::format("\\U{:08X}", number);
}

}  // namespace

void ScalarWriter::double_quoted(std::string_view text) {
  sink_.put('"');
  bool after_space = false;
  for (bool first = true; !text.empty(); first = false) {
    auto rune = unicode::decode(text);
    bool space = rune.code == ' ';
    if (!is_printable(rune.code) || is_break(rune.code) || rune.code == '"' || rune.code == '\\') {
      sink_.put(escape(rune.code));
    } else if (space && !first && may_fold_ && !after_space && text.size() > 1 && column() > kWidth) {
      new_line();
      if (text[1] == ' ') sink_.put('\\');
    } else {
      sink_.put(text.substr(0, rune.size));
    }
    after_space = space;
    text.remove_prefix(rune.size);
  }
  sink_.put('"');
}

void ScalarWriter::literal(std::string_view text) {
  bool ends = text.ends_with('\n');
  sink_.put('|');
  if (text[0] == ' ' || text[0] == '\n') sink_.put('2');
  if (!ends)
    sink_.put('-');
  else if (text == "\n" || text.ends_with("\n\n"))
    sink_.put('+');
  if (ends) text.remove_suffix(1);
  for (const auto& line : text::split(text, '\n')) {
    sink_.put('\n');
    if (!line.empty()) sink_.fill(indentation_, ' ');
    sink_.put(line);
  }
}

}  // namespace dfp::tmpl::consul::yaml
