#pragma once
#include <expected>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "template/type.hpp"
#include "template/value.hpp"

namespace dfp::tmpl {

class Budget;

/// What the functions of one rendering share; its owner knows the real type.
class Context {
 public:
  virtual ~Context() = default;
};

/// What a running template offers to the functions that it calls.
class Invocation {
 public:
  virtual ~Invocation() = default;
  /// Limits of this rendering; functions whose result can be much larger than their arguments charge it.
  virtual Budget& budget() = 0;
  /// As given to Template::render; nullptr when none was.
  virtual Context* context() = 0;
  /// Renders a named template of the same set. @return the text, or the error's message.
  virtual std::expected<std::string, std::string> render(std::string_view name, const Value& dot) = 0;
};

/// A function's result, or the text of the failure: "error calling NAME: TEXT".
using Outcome = std::expected<Value, std::string>;

/// What arguments a function takes. The evaluator checks and converts them by Go's rules before the call.
struct Signature {
  std::vector<const Type*> parameters;  ///< of a variadic function the last one is the element type
  bool variadic = false;
  const Type* result = &types::kAny;
};

struct Function {
  using Body = std::function<Outcome(Invocation&, std::span<const Value>)>;

  Signature signature;
  Body body;  ///< empty: a nil function
  /// As %T prints it: "func(int) int".
  std::string type_name() const;
};

/// The functions that a template may name, beside Go's built-in ones.
using FunctionMap = std::map<std::string, Function, std::less<>>;

}  // namespace dfp::tmpl
