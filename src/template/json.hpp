#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "template/limits.hpp"
#include "template/value.hpp"

/// JSON from and to template values, as Go's encoding/json does it.
namespace dfp::tmpl::json {

enum class Numbers {
  Float,       ///< every number is a float64, as Go decodes into interface {}
  IntOrFloat,  ///< without fraction and exponent it is an int
};

/// Objects become map[string]interface {}, arrays []interface {}. Of equal keys the last one wins; bad UTF-8
/// becomes U+FFFD. Containers may nest 100 deep. @return Go's message of what is wrong
std::expected<Value, std::string> parse(std::string_view text, Numbers numbers);

/// What was parsed as a value of a declared type, filled as Go does it: fields by name, whatever the case;
/// what is absent, null or of another type is the zero value.
Value shaped(const Value& parsed, const Type& type);

struct WriteOptions {
  bool escape_html = true;  ///< <, > and & as \u003c ...
  bool pretty = false;      ///< two spaces of indentation
};

/// Maps by sorted keys, structs by field names, []byte in base64. @return Go's message for values that JSON
/// cannot express, e.g. functions
std::expected<void, std::string> write(Sink& sink, const Value& value, const WriteOptions& options = {});

/// JSON's (and JavaScript's) form of a float: exponents only below 1e-6 and from 1e21 on.
std::string format_number(double number);

}  // namespace dfp::tmpl::json
