#pragma once
#include <optional>
#include <span>
#include <string>

#include "template/format.hpp"
#include "template/function.hpp"

namespace dfp::tmpl {

/// Go's predefined functions. `and` and `or` are here by name only: the evaluator runs them, because they do
/// not evaluate what they do not need.
const FunctionMap& builtins();

// The groups that builtins() is made of.
void add_comparisons(FunctionMap& functions);
void add_collections(FunctionMap& functions);
void add_printing(FunctionMap& functions);

/// What an action prints: behind pointers, and "<no value>" for nothing. Functions and channels give nothing.
std::optional<Value> printable(const Value& value);

/// Follows pointers and slots; `is_nil` when it ended at one.
struct Target {
  Value value;
  bool is_nil = false;
};
Target indirect(Value value);

/// The value as an argument of `call` or a key of a map: converts between integer types.
/// @return the text of the failure
std::expected<Value, std::string> converted(const Value& value, const Type& type);
bool assignable(const Type& from, const Type& to);

}  // namespace dfp::tmpl
