#pragma once
#include <complex>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "template/value.hpp"

/// The syntax tree. Every node knows where it stands and can write itself as Go does, for error messages.
namespace dfp::tmpl {

enum class NodeKind : std::uint8_t {
  Text,
  Action,
  Break,
  Continue,
  If,
  Range,
  With,
  TemplateCall,
  // Inside actions.
  Pipe,
  Command,
  Bool,
  Chain,
  Dot,
  Field,
  Identifier,
  Nil,
  Number,
  String,
  Variable,
};

struct Node {
  Node(NodeKind k, std::size_t p) : kind(k), position(p) {}
  virtual ~Node() = default;
  /// Appends the node's source text, normalised.
  virtual void write(std::string& out) const = 0;
  std::string source() const;

  NodeKind kind;
  std::size_t position;  ///< byte offset in the template's text
};
using NodePtr = std::unique_ptr<Node>;
/// What stands between two control actions.
using NodeList = std::vector<NodePtr>;

struct TextNode final : Node {
  TextNode(std::size_t p, std::string t) : Node(NodeKind::Text, p), text(std::move(t)) {}
  void write(std::string& out) const override;
  std::string text;
};

/// true, nil, the cursor, "text", and numbers as far as they are constants: their value is known.
struct ConstantNode final : Node {
  ConstantNode(NodeKind k, std::size_t p, std::string s, Value v = {})
      : Node(k, p), text(std::move(s)), value(std::move(v)) {}
  void write(std::string& out) const override;
  std::string text;  ///< as written
  Value value;
};

/// A number may serve as several of Go's kinds; what it becomes depends on the parameter it is given to.
struct NumberNode final : Node {
  NumberNode(std::size_t p, std::string t) : Node(NodeKind::Number, p), text(std::move(t)) {}
  void write(std::string& out) const override;
  std::string text;
  bool is_int = false, is_uint = false, is_float = false, is_complex = false;
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  double number = 0;
  std::complex<double> complex_number;

  /// Written with a point or an exponent (and not as 0x1e or 'e').
  bool looks_like_float() const;
};

/// .a.b or $x.a.b: names without dots; of a variable the first one begins with '$'.
struct PathNode final : Node {
  PathNode(NodeKind k, std::size_t p, std::vector<std::string> n) : Node(k, p), names(std::move(n)) {}
  void write(std::string& out) const override;
  std::vector<std::string> names;
};

/// A function's name, and the function: they are known when a template is parsed.
struct IdentifierNode final : Node {
  IdentifierNode(std::size_t p, std::string n, const Function& f)
      : Node(NodeKind::Identifier, p), name(std::move(n)), function(f) {}
  void write(std::string& out) const override;
  std::string name;
  const Function& function;
};

/// (pipeline).a.b
struct ChainNode final : Node {
  ChainNode(std::size_t p, NodePtr o) : Node(NodeKind::Chain, p), operand(std::move(o)) {}
  void write(std::string& out) const override;
  NodePtr operand;
  std::vector<std::string> names;
};

struct CommandNode final : Node {
  explicit CommandNode(std::size_t p) : Node(NodeKind::Command, p) {}
  void write(std::string& out) const override;
  NodeList arguments;  ///< the first one is what is called or evaluated
};

struct PipeNode final : Node {
  explicit PipeNode(std::size_t p) : Node(NodeKind::Pipe, p) {}
  void write(std::string& out) const override;
  std::vector<std::string> variables;  ///< declared or assigned, with their '$'
  bool assigns = false;                ///< "=" instead of ":="
  std::vector<std::unique_ptr<CommandNode>> commands;
};
using PipePtr = std::unique_ptr<PipeNode>;

/// {{pipeline}}
struct ActionNode final : Node {
  ActionNode(std::size_t p, PipePtr v) : Node(NodeKind::Action, p), pipe(std::move(v)) {}
  void write(std::string& out) const override;
  PipePtr pipe;
};

/// {{break}}, {{continue}}
struct JumpNode final : Node {
  using Node::Node;
  void write(std::string& out) const override;
};

/// if, range, with
struct BranchNode final : Node {
  using Node::Node;
  void write(std::string& out) const override;
  PipePtr pipe;
  NodeList body;
  NodeList otherwise;
  bool has_else = false;
};

/// {{template "name" pipeline}}, also what is left in place of a {{block}}.
struct TemplateCallNode final : Node {
  TemplateCallNode(std::size_t p, std::string n, PipePtr v)
      : Node(NodeKind::TemplateCall, p), name(std::move(n)), pipe(std::move(v)) {}
  void write(std::string& out) const override;
  std::string name;
  PipePtr pipe;  ///< may be null: the template's cursor is nil
};

}  // namespace dfp::tmpl
