#pragma once
#include <optional>
#include <string_view>

#include "template/function.hpp"
#include "template/value.hpp"

namespace dfp::tmpl {

/// A method and the receiver to call it with.
struct BoundMethod {
  const Function* function = nullptr;
  Value receiver;
  bool on_nil = false;  ///< a method on values was found through a nil pointer: calling it is an error
};

/// Finds a method by Go's rules: methods of pointers are found on addressable values, methods of values on
/// pointers.
std::optional<BoundMethod> find_method(const Value& value, std::string_view name);

}  // namespace dfp::tmpl
