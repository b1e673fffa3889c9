#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "template/token.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl {

struct LexerOptions {
  std::string left = "{{";
  std::string right = "}}";
  /// `break` and `continue` are words of the language, unless a function has that name.
  bool break_is_keyword = true;
  bool continue_is_keyword = true;
};

/// Splits a template's text into tokens. Use once.
class Lexer {
 public:
  /// Both must outlive the lexer.
  Lexer(std::string_view text, const LexerOptions& options) : text_(text), options_(options) {}

  /// The last token is End, or Error with the message.
  std::vector<Token> run();

 private:
  // The cursor: [start_, position_) is pending.
  std::string_view rest() const { return text_.substr(position_); }
  std::string_view pending() const { return text_.substr(start_, position_ - start_); }
  unicode::Rune peek() const { return unicode::decode(rest()); }
  unicode::Rune next();
  bool accept(std::string_view allowed);
  void accept_run(std::string_view allowed);
  void emit(TokenKind kind);
  void ignore();
  [[noreturn]] void fail(std::string message);

  bool has_left_trim_marker(std::size_t at) const;
  bool has_right_trim_marker(std::size_t at) const;
  bool at_trimmed_right(std::size_t at) const;
  bool at_terminator() const;

  bool lex_text();
  bool lex_left_delimiter();
  void lex_comment();
  void lex_right_delimiter();
  bool lex_inside_action();
  bool lex_operator(char32_t code);
  void lex_space();
  void lex_word();
  void lex_name(TokenKind kind);
  void lex_quoted(char quote, TokenKind kind, const char* unterminated);
  void lex_raw_string();
  void lex_number();
  bool scan_number();

  std::string_view text_;
  const LexerOptions& options_;
  std::size_t start_ = 0;
  std::size_t position_ = 0;
  int start_line_ = 1;
  int open_parens_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace dfp::tmpl
