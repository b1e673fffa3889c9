#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "template/error.hpp"
#include "template/function.hpp"
#include "template/limits.hpp"
#include "template/node.hpp"
#include "template/parser.hpp"

namespace dfp::tmpl {

/// What a field of a map that has no such key gives.
enum class MissingKey {
  Default,  ///< nothing: prints "<no value>", and so do fields of it
  Zero,     ///< the zero value of the map's elements
  Error,
};

struct RenderOptions {
  MissingKey missing_key = MissingKey::Default;
  Limits limits = {};
  Context* context = nullptr;  ///< for the functions
};

/// Renders one template once. Throws TemplateError, inside this module only.
/// It keeps to the steps of Go's engine, so that results and the places of errors are the same.
class Evaluator final : public Invocation {
 public:
  struct Source {
    const std::string& name;
    const std::string& text;
    const Definitions& definitions;
    const RenderOptions& options;
  };

  explicit Evaluator(const Source& source);

  /// @param definition must exist
  std::string run(std::string_view definition, const Value& data);

  Budget& budget() override { return budget_; }
  Context* context() override { return source_.options.context; }
  std::expected<std::string, std::string> render(std::string_view name, const Value& dot) override;

 private:
  struct Variable {
    std::string_view name;
    Value value;
  };
  enum class Flow { Next, Break, Continue };
  /// What is running. Left as it is by an exception, so that errors tell where they happened.
  struct Place {
    std::string_view definition;
    std::size_t first_variable = 0;  ///< in `variables_`
    const Node* node = nullptr;
  };
  /// Bounds the native stack: blocks, pipelines and templates within each other.
  class Nested {
   public:
    explicit Nested(Evaluator& evaluator);
    ~Nested() { --evaluator_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Evaluator& evaluator_;
  };
  class Block;

  [[noreturn]] void fail(const std::string& message) const;
  void at(const Node& node) { place_.node = &node; }

  // Control.
  Flow walk(const Value& dot, const NodeList& list);
  Flow walk(const Value& dot, const Node& node);
  Flow walk_branch(const Value& dot, const BranchNode& node);
  Flow walk_range(const Value& dot, const BranchNode& node);
  void walk_template(const Value& dot, const TemplateCallNode& node);
  void run_definition(std::string_view name, const NodeList& body, const Value& dot);
  void print(const ActionNode& node, const Value& value);

  class Loop;
  bool iterate(Loop& loop, const Value& value);
  void iterate_number(Loop& loop, const Value& value);

  // Variables.
  void push(std::string_view name, Value value) { variables_.push_back({name, std::move(value)}); }
  Value& variable(std::string_view name);

  // Expressions. `final` is the value that comes through the pipe, or nullptr.
  Value pipeline(const Value& dot, const PipeNode* pipe);
  Value command(const Value& dot, const CommandNode& node, const Value* final);
  Value constant(const Node& node);
  Value number(const NumberNode& node);
  void not_a_function(const NodeList& arguments, const Value* final);

  struct Arguments {
    std::span<const NodePtr> nodes;  ///< without the function's name
    const Value* final = nullptr;
    bool any() const { return !nodes.empty() || final; }
  };
  Value path(const Value& dot, const PathNode& node, const Arguments& arguments);
  Value chain(const Value& dot, const ChainNode& node, const Arguments& arguments);
  Value fields(const Value& dot, Value receiver, std::span<const std::string> names, const Node& node,
               const Arguments& arguments);
  Value field(const Value& dot, const std::string& name, const Node& node, const Arguments& arguments,
              const Value& receiver);
  Value struct_field(const Value& target, int index, const std::string& name, const Type& static_type,
                     const Arguments& arguments);
  Value map_entry(const Value& target, const std::string& name, const Arguments& arguments);

  // Calls.
  Value function(const Value& dot, const IdentifierNode& node, const Node& where, const Arguments& arguments);
  Value short_circuit(const Value& dot, bool is_or, const Arguments& arguments);
  struct Callee {
    const Function& function;
    std::string_view name;
    const Value* receiver = nullptr;
    bool on_nil = false;  ///< see BoundMethod
  };
  Value call(const Value& dot, const Callee& callee, const Node& where, const Arguments& arguments);
  void check_count(const Callee& callee, const Arguments& arguments);
  Value finish(const Callee& callee, const Node& where, std::span<const Value> values);
  Value argument(const Value& dot, const Type* type, const Node& node);
  Value constant_argument(const Value& dot, const Type& type, const Node& node);
  Value number_argument(const Type& type, const Node& node);
  Value checked(Value value, const Type* type);

  Source source_;
  Budget budget_;
  Sink out_;
  std::vector<Variable> variables_;
  Place place_;
  std::uint32_t depth_ = 0;
};

}  // namespace dfp::tmpl
