#include "template/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "template/quote.hpp"

namespace dfp::tmpl {
namespace {

using enum TokenKind;

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::string_view kCommentOpen = "/*";
constexpr std::string_view kCommentClose = "*/";
/// A space and a minus sign beside a delimiter trim the text on its other side.
constexpr std::size_t kTrimMarkerSize = 2;

const std::map<std::string_view, TokenKind> kKeywords = {
    {"block", KeywordBlock},
    {"break", KeywordBreak},
    {"continue", KeywordContinue},
    {"define", KeywordDefine},
    {"else", KeywordElse},
    {"end", KeywordEnd},
    {"if", KeywordIf},
    {"nil", KeywordNil},
    {"range", KeywordRange},
    {"template", KeywordTemplate},
    {"with", KeywordWith},
};

bool is_space(char32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_word(char32_t code) { return code == '_' || unicode::is_letter(code) || unicode::is_digit(code); }

/// Ends run(): an Error token is the last one.
struct Stop {};

}  // namespace

std::vector<Token> Lexer::run() {
  try {
    while (lex_text())
      while (lex_inside_action()) {
      }
    emit(End);
  } catch (const Stop&) {
    // fail() has added the Error token.
  }
  return std::move(tokens_);
}

unicode::Rune Lexer::next() {
  auto rune = peek();
  position_ += rune.size;
  return rune;
}

bool Lexer::accept(std::string_view allowed) {
  if (position_ >= text_.size() || allowed.find(text_[position_]) == allowed.npos) return false;
  ++position_;
  return true;
}

void Lexer::accept_run(std::string_view allowed) {
  while (accept(allowed)) {
  }
}

void Lexer::emit(TokenKind kind) {
  tokens_.push_back({kind, start_, std::string(pending()), start_line_});
  ignore();
}

void Lexer::ignore() {
  start_line_ += static_cast<int>(std::ranges::count(pending(), '\n'));
  start_ = position_;
}

void Lexer::fail(std::string message) {
  tokens_.push_back({Error, start_, std::move(message), start_line_});
  throw Stop{};
}

bool Lexer::has_left_trim_marker(std::size_t at) const {
  return at + 1 < text_.size() && text_[at] == '-' && is_space(static_cast<unsigned char>(text_[at + 1]));
}

bool Lexer::has_right_trim_marker(std::size_t at) const {
  return at + 1 < text_.size() && is_space(static_cast<unsigned char>(text_[at])) && text_[at + 1] == '-';
}

bool Lexer::at_trimmed_right(std::size_t at) const {
  return has_right_trim_marker(at) && text_.substr(at + kTrimMarkerSize).starts_with(options_.right);
}

/// Whether a name or keyword may end here.
bool Lexer::at_terminator() const {
  if (position_ >= text_.size()) return true;
  char c = text_[position_];
  if (is_space(static_cast<unsigned char>(c)) || std::string_view(".,|:()").find(c) != std::string_view::npos)
    return true;
  return rest().starts_with(options_.right);
}

/// Text up to the next action. @return false at the end of the template.
bool Lexer::lex_text() {
  for (;;) {
    auto open = text_.find(options_.left, position_);
    if (open == text_.npos) {
      position_ = text_.size();
      if (position_ > start_) emit(Text);
      return false;
    }
    position_ = open;
    if (has_left_trim_marker(open + options_.left.size()))
      while (position_ > start_ && is_space(static_cast<unsigned char>(text_[position_ - 1]))) --position_;
    if (position_ > start_) emit(Text);
    position_ = open;
    ignore();
    if (lex_left_delimiter()) return true;
  }
}

/// @return false when it began a comment, which is skipped.
bool Lexer::lex_left_delimiter() {
  auto after = options_.left.size();
  if (has_left_trim_marker(position_ + after)) after += kTrimMarkerSize;
  if (text_.substr(position_ + after).starts_with(kCommentOpen)) {
    position_ += after;
    ignore();
    lex_comment();
    return false;
  }
  position_ += options_.left.size();
  emit(LeftDelimiter);
  position_ += after - options_.left.size();
  ignore();
  open_parens_ = 0;
  return true;
}

void Lexer::lex_comment() {
  auto close = text_.find(kCommentClose, position_ + kCommentOpen.size());
  if (close == text_.npos) fail("unclosed comment");
  position_ = close + kCommentClose.size();
  bool trim = at_trimmed_right(position_);
  if (!trim && !rest().starts_with(options_.right)) fail("comment ends before closing delimiter");
  position_ += options_.right.size() + (trim ? kTrimMarkerSize : 0);
  if (trim) accept_run(kSpaces);
  ignore();
}

void Lexer::lex_right_delimiter() {
  bool trim = has_right_trim_marker(position_);
  if (trim) {
    position_ += kTrimMarkerSize;
    ignore();
  }
  position_ += options_.right.size();
  emit(RightDelimiter);
  if (trim) accept_run(kSpaces);
  ignore();
}

/// One token. @return false after the right delimiter.
bool Lexer::lex_inside_action() {
  if (at_trimmed_right(position_) || rest().starts_with(options_.right)) {
    if (open_parens_ > 0) fail("unclosed left paren");
    lex_right_delimiter();
    return false;
  }
  auto rune = next();
  if (rune.size == 0) fail("unclosed action");
  if (is_space(rune.code)) {
    lex_space();
    return true;
  }
  if (lex_operator(rune.code)) return true;
  bool number = rune.code == '+' || rune.code == '-' || (rune.code >= '0' && rune.code <= '9');
  if (rune.code == '.') {
    number = position_ >= text_.size() || (text_[position_] >= '0' && text_[position_] <= '9');
    if (!number) {
      lex_name(Field);
      return true;
    }
  }
  if (number) {
    position_ -= rune.size;
    lex_number();
  } else if (is_word(rune.code)) {
    lex_word();
  } else if (rune.code < 0x80 && unicode::is_print(rune.code)) {
    emit(Char);
  } else {
    fail("unrecognized character in action: " + unicode::described(rune.code));
  }
  return true;
}

/// Tokens that one character tells. @return false when it is none of them.
bool Lexer::lex_operator(char32_t code) {
  switch (code) {
    case '=':
      emit(Assign);
      return true;
    case ':':
      if (next().code != '=') fail("expected :=");
      emit(Declare);
      return true;
    case '|':
      emit(Pipe);
      return true;
    case '"':
      lex_quoted('"', String, "unterminated quoted string");
      return true;
    case '\'':
      lex_quoted('\'', CharConstant, "unterminated character constant");
      return true;
    case '`':
      lex_raw_string();
      return true;
    case '$':
      lex_name(Variable);
      return true;
    case '(':
      emit(LeftParen);
      ++open_parens_;
      return true;
    case ')':
      emit(RightParen);
      --open_parens_;
      return true;
    default:
      return false;
  }
}

/// A run of spaces, the first of them consumed. The last one may belong to a trimming right delimiter.
void Lexer::lex_space() {
  accept_run(kSpaces);
  if (at_trimmed_right(position_ - 1)) --position_;
  emit(Space);
}

void Lexer::lex_word() {
  while (is_word(peek().code)) next();
  if (!at_terminator()) fail("bad character " + unicode::described(peek().code));
  auto word = pending();
  auto keyword = kKeywords.find(word);
  if (word == "true" || word == "false") return emit(Bool);
  if (keyword == kKeywords.end()) return emit(Identifier);
  bool taken = (keyword->second == KeywordBreak && !options_.break_is_keyword) ||
               (keyword->second == KeywordContinue && !options_.continue_is_keyword);
  emit(taken ? Identifier : keyword->second);
}

/// A field or a variable, its first character consumed; alone that is the cursor or the root.
void Lexer::lex_name(TokenKind kind) {
  if (at_terminator()) return emit(kind == Field ? KeywordDot : kind);
  while (is_word(peek().code)) next();
  if (!at_terminator()) fail("bad character " + unicode::described(peek().code));
  emit(kind);
}

void Lexer::lex_quoted(char quote, TokenKind kind, const char* unterminated) {
  for (;;) {
    auto rune = next();
    if (rune.code == static_cast<char32_t>(quote)) return emit(kind);
    if (rune.code == '\\') rune = next();
    if (rune.size == 0 || rune.code == '\n') fail(unterminated);
  }
}

void Lexer::lex_raw_string() {
  auto close = text_.find('`', position_);
  if (close == text_.npos) fail("unterminated raw quoted string");
  position_ = close + 1;
  emit(RawString);
}

void Lexer::lex_number() {
  auto bad = [&] { fail("bad number syntax: " + quoted(pending())); };
  if (!scan_number()) bad();
  if (peek().code != '+' && peek().code != '-') return emit(Number);
  // 1+2i, without spaces.
  if (!scan_number() || text_[position_ - 1] != 'i') bad();
  emit(Complex);
}

/// @return false when a letter follows the number.
bool Lexer::scan_number() {
  constexpr std::string_view kDecimal = "0123456789_";
  constexpr std::string_view kHex = "0123456789abcdefABCDEF_";
  accept("+-");
  auto digits = kDecimal;
  if (accept("0")) {
    if (accept("xX"))
      digits = kHex;
    else if (accept("oO"))
      digits = "01234567_";
    else if (accept("bB"))
      digits = "01_";
  }
  accept_run(digits);
  if (accept(".")) accept_run(digits);
  if ((digits == kDecimal && accept("eE")) || (digits == kHex && accept("pP"))) {
    accept("+-");
    accept_run(kDecimal);
  }
  accept("i");
  if (!is_word(peek().code)) return true;
  next();
  return false;
}

}  // namespace dfp::tmpl
