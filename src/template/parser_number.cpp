#include <fmt/format.h>

#include "template/number.hpp"
#include "template/parser.hpp"
#include "template/quote.hpp"

namespace dfp::tmpl {
namespace {

using Number = std::unique_ptr<NumberNode>;
using ParsedNumber = std::expected<Number, std::string>;

ParsedNumber parse_character(Number node) {
  auto text = std::string_view(node->text).substr(1);
  auto rune = unquote_rune(text, '\'');
  if (!rune) return std::unexpected("invalid syntax");
  if (rune->rest != "'") return std::unexpected("malformed character constant: " + node->text);
  node->is_int = node->is_uint = node->is_float = true;
  node->integer = static_cast<std::int64_t>(rune->code);
  node->natural = rune->code;
  node->number = static_cast<double>(rune->code);
  return node;
}

bool fits_signed(double value) { return value >= -0x1p63 && value < 0x1p63; }
bool fits_unsigned(double value) { return value >= 0 && value < 0x1p64; }

/// A float constant without fraction may also stand where an integer is wanted.
void add_integers(NumberNode& node) {
  double value = node.number;
  if (!node.is_int && fits_signed(value) && static_cast<double>(static_cast<std::int64_t>(value)) == value) {
    node.is_int = true;
    node.integer = static_cast<std::int64_t>(value);
  }
  if (!node.is_uint && fits_unsigned(value) &&
      static_cast<double>(static_cast<std::uint64_t>(value)) == value) {
    node.is_uint = true;
    node.natural = static_cast<std::uint64_t>(value);
  }
}

/// An imaginary part of 0 makes it a float as well, and perhaps an integer.
void simplify(NumberNode& node) {
  if (node.complex_number.imag() != 0) return;
  node.is_float = true;
  node.number = node.complex_number.real();
  add_integers(node);
}

/// 1+2i: the imaginary part begins at the last sign that is not an exponent's.
ParsedNumber parse_complex(Number node) {
  std::string_view text = node->text;
  auto digits = text.substr(0, text.size() - 1);
  auto split = digits.find_last_of("+-");
  while (split > 0 && split != digits.npos && std::string_view("eEpP").find(digits[split - 1]) != digits.npos)
    split = digits.find_last_of("+-", split - 1);
  auto real = parse_double(digits.substr(0, split));
  auto imaginary = parse_double(digits.substr(split));
  if (!real.ok() || !imaginary.ok()) return std::unexpected("syntax error scanning complex number");
  node->is_complex = true;
  node->complex_number = {real.value, imaginary.value};
  simplify(*node);
  return node;
}

ParsedNumber parse_real(Number node) {
  std::string_view text = node->text;
  if (auto natural = parse_unsigned(text, 0); natural.ok()) {
    node->is_uint = true;
    node->natural = natural.value;
  }
  if (auto integer = parse_signed(text, 0); integer.ok()) {
    node->is_int = true;
    node->integer = integer.value;
    if (integer.value == 0) node->is_uint = true;  // -0
  }
  if (node->is_int || node->is_uint) {
    node->is_float = true;
    node->number = node->is_int ? static_cast<double>(node->integer) : static_cast<double>(node->natural);
    return node;
  }
  auto number = parse_double(text);
  if (!number.ok()) return std::unexpected("illegal number syntax: " + quoted(text));
  if (text.find_first_of(".eEpP") == text.npos) return std::unexpected("integer overflow: " + quoted(text));
  node->is_float = true;
  node->number = number.value;
  add_integers(*node);
  return node;
}

}  // namespace

ParsedNumber parse_number(const Token& token) {
  auto node = std::make_unique<NumberNode>(token.position, token.text);
  if (token.kind == TokenKind::CharConstant) return parse_character(std::move(node));
  if (token.kind == TokenKind::Complex) return parse_complex(std::move(node));
  if (token.text.ends_with('i')) {
    auto imaginary = parse_double(std::string_view(token.text).substr(0, token.text.size() - 1));
    if (imaginary.ok()) {
      node->is_complex = true;
      node->complex_number = {0, imaginary.value};
      simplify(*node);
      return node;
    }
  }
  return parse_real(std::move(node));
}

}  // namespace dfp::tmpl
