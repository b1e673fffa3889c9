#include "haproxy/config/secrets.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace dfp::haproxy::config {
namespace {

constexpr std::string_view kMask = "********";

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// Words as HAProxy splits them; quotes and backslashes stay in them.
std::vector<Span> words_of(std::string_view line) {
  std::vector<Span> words;
  char quote = 0;
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    bool blank = quote == 0 && (c == ' ' || c == '\t' || c == '\r');
    if (blank && inside) words.back().end = i;
    if (blank) {
      inside = false;
      continue;
    }
    if (quote == 0 && c == '#' && !inside) break;
    if (!std::exchange(inside, true)) words.push_back({i, line.size()});
    if (c == '\\' && quote != '\'')
      ++i;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else if (c == quote)
      quote = 0;
  }
  if (inside) words.back().end = line.size();
  return words;
}

bool has_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  auto lowered = text::lower(text);
  return std::ranges::any_of(parts, [&](auto part) { return lowered.contains(part); });
}

/// Of a header or a variable, by its name.
bool names_secret(std::string_view name) {
  return has_any(
      name, {"auth", "cookie", "token", "secret", "passw", "api-key", "api_key", "apikey", "credential"});
}

/// A line, and what of it must not be seen.
class Line {
 public:
  explicit Line(std::string_view line) : line_(line), words_(words_of(line)) {}

  std::vector<std::string_view> hidden() {
    find();
    std::vector<std::string_view> texts;
    for (const auto& span : hidden_) texts.push_back(line_.substr(span.begin, span.end - span.begin));
    return texts;
  }

  std::string masked() {
    find();
    std::string out;
    std::size_t at = 0;
    std::ranges::sort(hidden_, {}, &Span::begin);
    for (const auto& span : hidden_) {
      if (span.begin < at) continue;
      out.append(line_.substr(at, span.begin - at)).append(kMask);
      at = span.end;
    }
    return out.append(line_.substr(at));
  }

 private:
  std::string_view word(std::size_t n) const {
    return n < words_.size() ? line_.substr(words_[n].begin, words_[n].end - words_[n].begin)
                             : std::string_view();
  }
  void hide(std::size_t n) {
    if (n < words_.size()) hidden_.push_back(words_[n]);
  }
  void hide_behind(std::size_t n, char mark) {
    if (n >= words_.size()) return;
    auto at = word(n).find(mark);
    if (at == std::string_view::npos) return hide(n);
    hidden_.push_back({words_[n].begin + at + 1, words_[n].end});
  }
  void hide_rest(std::size_t from) {
    if (from < words_.size()) hidden_.push_back({words_[from].begin, words_.back().end});
  }

  void find() {
    for (std::size_t n = 0; n < words_.size(); ++n) {
      auto here = word(n), before = n > 0 ? word(n - 1) : std::string_view();
      if (here == "auth" && before == "stats") hide_behind(n + 1, ':');
      if (here == "password" || here == "insecure-password" || here == "dynamic-cookie-key") hide(n + 1);
      if (here.starts_with("set-var") && names_secret(argument_of(here))) hide_header(n + 1);
      if (is_fetch_of_secret(here)) hide_compared(n + 1);
      if (here == "setenv" || here == "presetenv") hide_rest(n + 2);
      bool header = here == "set-header" || here == "add-header" || here == "replace-header" || here == "hdr";
      if (header && names_secret(word(n + 1))) here == "hdr" ? hide(n + 2) : hide_header(n + 2);
      bool sent =
          (before == "tcp-check" && here.starts_with("send")) || (before == "option" && here == "httpchk");
      if (sent && has_any(line_.substr(words_[n].end), {"auth", "passw", "login", "cookie", "token"}))
        hide_rest(n + 1);
      hide_assignment(n);
    }
  }

  /// req.hdr(Authorization), cook(token), with converters behind it or not.
  static bool is_fetch_of_secret(std::string_view word) {
    auto open = word.find('(');
    if (open == std::string_view::npos || !names_secret(argument_of(word))) return false;
    auto fetch = word.substr(0, open);
    return fetch.ends_with("hdr") || fetch.ends_with("cook");
  }

  /// Of "name(argument,…)…".
  static std::string_view argument_of(std::string_view word) {
    auto open = word.find('(');
    return open == std::string_view::npos ? std::string_view() : word.substr(open, word.find(')') - open);
  }

  /// What a fetch is compared with, up to the end of the condition; its flags stay.
  void hide_compared(std::size_t n) {
    for (; n < words_.size() && word(n) != "}"; ++n) {
      if (word(n) == "-m" || word(n) == "-f")
        ++n;
      else if (!word(n).starts_with('-') && word(n) != "if" && word(n) != "unless" && word(n) != "{")
        hide(n);
    }
  }

  /// Its value, and what it replaces; a condition behind them stays.
  void hide_header(std::size_t n) {
    for (; n < words_.size() && word(n) != "if" && word(n) != "unless"; ++n) hide(n);
  }

  /// password=…, anywhere.
  void hide_assignment(std::size_t n) {
    constexpr std::array<std::string_view, 5> kNames = {
        "password=", "secret=", "token=", "api-key=", "api_key="};
    auto lowered = text::lower(word(n));
    for (auto name : kNames)
      if (auto at = lowered.find(name); at != std::string::npos)
        hidden_.push_back({words_[n].begin + at + name.size(), words_[n].end});
  }

  std::string_view line_;
  std::vector<Span> words_;
  std::vector<Span> hidden_;
};

/// HAProxy quotes a line as it read it, without quotes and backslashes.
void mask_words(std::string& message, std::string_view hidden) {
  constexpr std::size_t kShortest = 4;
  constexpr std::string_view kBetween = " \t\"'\\";
  while (!hidden.empty()) {
    auto end = std::min(hidden.find_first_of(kBetween), hidden.size());
    auto word = hidden.substr(0, end);
    hidden.remove_prefix(std::min(end + 1, hidden.size()));
    if (word.size() < kShortest) continue;
    for (auto at = message.find(word); at != std::string::npos; at = message.find(word, at + kMask.size()))
      message.replace(at, word.size(), kMask);
  }
}

}  // namespace

std::string mask_quotations(std::string message, std::string_view config) {
  while (!config.empty()) {
    auto end = std::min(config.find('\n'), config.size());
    for (auto hidden : Line(config.substr(0, end)).hidden()) mask_words(message, hidden);
    config.remove_prefix(std::min(end + 1, config.size()));
  }
  return message;
}

std::string mask_secrets(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    out += Line(text.substr(0, end)).masked();
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace dfp::haproxy::config
