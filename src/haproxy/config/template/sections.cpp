#include "haproxy/config/template/sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "haproxy/config/secrets.hpp"

namespace dfp::haproxy::config {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t'; }

std::optional<int> hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// Splits one line as HAProxy's parse_line does.
class LineReader {
 public:
  LineReader(std::string_view text, std::size_t number) : text_(text) { line_.number = number; }

  /// A line without words for an empty one or a comment.
  Result<Line> read() {
    if (std::ranges::any_of(text_, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; }))
      return error("control characters are not allowed");
    skip_spaces();
    auto first = at_;
    while (at_ < text_.size() && text_[at_] != '#') {
      if (auto word = read_word(); !word) return std::unexpected(word.error());
      skip_spaces();
    }
    if (line_.words.empty()) return line_;
    line_.raw = text_.substr(first, line_.words.back().end - first);
    for (auto& word : line_.words) word.begin -= first, word.end -= first;
    if (line_.words[0].text.empty()) return error("the first word is empty");
    if (line_.words[0].text.starts_with('.')) return error("conditional blocks and macros are not allowed");
    return line_;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  Result<> read_word() {
    Word word;
    word.begin = at_;
    char quote = 0;  // the kind that is open
    for (; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (!quote && (is_space(c) || c == '#')) break;
      if (c == quote)
        quote = 0;
      else if (!quote && (c == '"' || c == '\''))
        quote = c;
      else if (c == '\\' && quote != '\'') {
        if (auto ok = read_escape(quote, word.text); !ok) return ok;
      } else if (c == '$' && quote == '"')
        return error(R"(environment variables are not allowed; for a dollar sign write \$ or single quotes)");
      else
        word.text += c;
    }
    if (quote) return error("a quote is not closed");
    word.end = at_;
    line_.words.push_back(std::move(word));
    return {};
  }

  /// `at_` is on the backslash, and on the last character of the sequence afterwards.
  Result<> read_escape(char quote, std::string& out) {
    char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    if (next == '\0') return error("a backslash ends the line");
    if (next == 'x') return read_hexadecimal(out);
    constexpr std::string_view kPlain = " \\#'\"";
    constexpr std::string_view kLetters = "tnr";
    constexpr std::string_view kMeant = "\t\n\r";
    if (kPlain.contains(next) || (next == '$' && quote == '"'))
      out += next;
    else if (auto letter = kLetters.find(next); letter != std::string_view::npos)
      out += kMeant[letter];
    else {
      out += '\\';  // not an escape sequence: both characters stay
      return {};
    }
    ++at_;
    return {};
  }

  Result<> read_hexadecimal(std::string& out) {
    auto high = at_ + 2 < text_.size() ? hex_value(text_[at_ + 2]) : std::nullopt;
    auto low = at_ + 3 < text_.size() ? hex_value(text_[at_ + 3]) : std::nullopt;
    if (!high || !low) return error(R"(\x needs two hexadecimal digits)");
    int value = *high * 16 + *low;
    if (value == 0) return error(R"(\x00 is not allowed)");
    out += static_cast<char>(value);
    at_ += 3;
    return {};
  }

  std::unexpected<Error> error(std::string_view reason) const {
    return fail(Errc::InvalidArgument, fmt::format("line {}: {}", line_.number, reason));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Line line_;
};

}  // namespace

std::string_view Line::keyword() const {
  auto first = word(0);
  return first == "no" || first == "default" ? word(1) : first;
}

bool opens_section(std::string_view word) noexcept {
  static constexpr std::string_view kSections[] = {
      "global",   "defaults",  "frontend",    "backend", "listen",         "userlist", "peers",
      "mailers",  "resolvers", "cache",       "ring",    "log-forward",    "program",  "http-errors",
      "fcgi-app", "crt-store", "log-profile", "traces",  "namespace_list", "acme"};
  return std::ranges::find(kSections, word) != std::end(kSections);
}

Result<std::vector<Section>> parse_sections(std::string_view text) {
  std::vector<Section> sections;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto end = std::min(text.find('\n'), text.size());
    auto raw = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (raw.ends_with('\r')) raw.remove_suffix(1);
    auto line = LineReader(raw, number).read();
    if (!line) return std::unexpected(line.error());
    if (line->words.empty()) continue;
    if (opens_section(line->word(0)))
      sections.push_back({std::move(*line), {}});
    else {
      if (sections.empty()) sections.emplace_back();
      sections.back().lines.push_back(std::move(*line));
    }
  }
  return sections;
}

std::unexpected<Error> refuse_line(const Line& line, std::string_view reason) {
  auto shown = text::shown(mask_secrets(line.raw));
  return fail(Errc::InvalidArgument, fmt::format("line {} ({}): {}", line.number, shown, reason));
}

}  // namespace dfp::haproxy::config
