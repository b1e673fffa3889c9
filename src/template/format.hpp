#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "template/limits.hpp"
#include "template/value.hpp"

/// Go's package fmt for template values.
namespace dfp::tmpl {

class Invocation;

/// Writes values as fmt.Print, Println, Printf do. Throws LimitExceeded when the sink is full.
class Printer {
 public:
  /// @param invocation is passed to String and Error methods of values
  Printer(Sink& sink, Invocation& invocation) : sink_(sink), invocation_(invocation) {}

  /// One value as %v prints it; nothing prints as "<nil>".
  void value(const Value& value);
  /// A space between operands when neither is a text.
  void print(std::span<const Value> values);
  /// A space between all operands and a line feed at the end.
  void print_line(std::span<const Value> values);
  /// Wrong use shows in the text: %!d(string=x), %!d(MISSING), %!(EXTRA int=1).
  void print_format(std::string_view format, std::span<const Value> values);

 private:
  struct Flags {
    bool minus = false, plus = false, sharp = false, space = false, zero = false;
    bool plus_v = false, sharp_v = false;  ///< %+v and %#v, where the flags have another meaning
    bool has_width = false, has_precision = false;
    int width = 0, precision = 0;
  };

  /// Reads one %... of a format.
  class Directive;

  void argument(const Value& value, char32_t verb);
  void nested(const Value& value, char32_t verb, int depth);
  bool call_method(const Value& value, char32_t verb);
  void bad_verb(const Value& value, char32_t verb);
  void plain(const Value& value, char32_t verb, int depth);

  void boolean(const Value& value, char32_t verb);
  void integer(const Value& value, char32_t verb);
  void digits(std::uint64_t magnitude, bool negative, unsigned base, char32_t verb, bool upper);
  void unicode_point(std::uint64_t code);
  void character(std::uint64_t code);
  void floating(double number, char32_t verb, const Value& value);
  void float_text(double number, char verb, int precision);
  void complex(const Value& value, char32_t verb);
  void text(std::string_view content, char32_t verb, const Value& value);
  void hex(std::string_view content, bool upper);
  void bytes(const Value& value, char32_t verb);
  void list(const Value& value, char32_t verb, int depth);
  void map(const Value& value, char32_t verb, int depth);
  void structure(const Value& value, char32_t verb, int depth);
  void pointer(const Value& value, char32_t verb);

  void pad(std::string_view content);
  std::string_view truncated(std::string_view content) const;

  Sink& sink_;
  Invocation& invocation_;
  Flags flags_;
  bool erroring_ = false;  ///< inside %!v(...): methods are not called
};

/// The text of one value as by "%v" or another verb, for messages.
std::string printed(const Value& value, Invocation& invocation, char verb = 'v');
/// "%T" of a value; "<nil>" for nothing.
std::string type_name(const Value& value);

}  // namespace dfp::tmpl
