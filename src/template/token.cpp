#include "template/token.hpp"

#include <string_view>

#include "template/quote.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl {

std::string Token::shown() const {
  if (kind == TokenKind::End) return "EOF";
  if (kind == TokenKind::Error) return text;
  if (kind >= TokenKind::KeywordBlock) return "<" + text + ">";
  constexpr std::size_t kShort = 10;
  std::string_view rest = text;
  std::size_t runes = 0;
  for (; runes < kShort && !rest.empty(); ++runes) rest.remove_prefix(unicode::decode(rest).size);
  if (text.size() <= kShort) return quoted(text);
  return quoted(std::string_view(text).substr(0, text.size() - rest.size())) + "...";
}

}  // namespace dfp::tmpl
