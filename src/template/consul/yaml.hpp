#pragma once
#include <expected>
#include <string>
#include <string_view>

#include "template/limits.hpp"
#include "template/value.hpp"

/// YAML 1.1 from and to template values, as the Go library does it that Consul Template uses (yaml.v2).
namespace dfp::tmpl::consul::yaml {

/// Mappings become map[interface {}]interface {}, sequences []interface {}, plain scalars what they look
/// like.
/// @return the text of the failure
std::expected<Value, std::string> parse(std::string_view text, Budget& budget);

/// Maps by sorted keys, two spaces of indentation, no line feed at the end.
std::expected<void, std::string> write(Sink& sink, const Value& value);

/// What a plain scalar means: nothing, a bool, a number or the text itself.
Value resolve(std::string_view scalar);

}  // namespace dfp::tmpl::consul::yaml
