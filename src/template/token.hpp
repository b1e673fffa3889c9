#pragma once
#include <string>

namespace dfp::tmpl {

enum class TokenKind {
  Error,
  Bool,
  Char,          ///< a printable ASCII character that is no token of its own, e.g. a comma
  CharConstant,  ///< 'x'
  Complex,       ///< 1+2i
  Assign,        ///< =
  Declare,       ///< :=
  End,           ///< of the text
  Field,         ///< .name
  Identifier,
  LeftDelimiter,
  LeftParen,
  Number,
  Pipe,
  RawString,
  RightDelimiter,
  RightParen,
  Space,
  String,
  Text,
  Variable,  ///< $ or $name
  // Words with a meaning.
  KeywordBlock,
  KeywordBreak,
  KeywordContinue,
  KeywordDefine,
  KeywordDot,  ///< the cursor: .
  KeywordElse,
  KeywordEnd,
  KeywordIf,
  KeywordNil,
  KeywordRange,
  KeywordTemplate,
  KeywordWith,
};

struct Token {
  TokenKind kind = TokenKind::End;
  std::size_t position = 0;  ///< byte offset in the template's text
  std::string text;          ///< of an Error: the message
  int line = 1;              ///< where it begins

  /// As Go shows it in "unexpected ...".
  std::string shown() const;
};

}  // namespace dfp::tmpl
