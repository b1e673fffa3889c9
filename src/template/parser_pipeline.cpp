#include <fmt/format.h>

#include <algorithm>

#include "template/builtins.hpp"
#include "template/parser.hpp"
#include "template/quote.hpp"

namespace dfp::tmpl {

using enum TokenKind;

PipePtr Parser::parse_pipeline(const char* context, TokenKind end) {
  auto pipe = std::make_unique<PipeNode>(peek_non_space().position);
  parse_declarations(*pipe, context);
  for (;;) {
    const auto& token = next_non_space();
    if (token.kind == end) break;
    switch (token.kind) {
      case Bool:
      case CharConstant:
      case Complex:
      case KeywordDot:
      case Field:
      case Identifier:
      case Number:
      case KeywordNil:
      case RawString:
      case String:
      case Variable:
      case LeftParen:
        backup();
        pipe->commands.push_back(parse_command());
        break;
      default:
        unexpected(token, context);
    }
  }
  check_pipeline(*pipe, context);
  return pipe;
}

void Parser::parse_declarations(PipeNode& pipe, std::string_view context) {
  while (peek_non_space().kind == Variable && parse_declaration(pipe, context)) {
  }
}

/// `$x :=`, `$x =` or, in range, `$x,`. @return whether another declaration follows.
bool Parser::parse_declaration(PipeNode& pipe, std::string_view context) {
  auto start = position_;
  auto variable = next().text;
  const auto& token = peek_non_space();
  bool comma = token.kind == Char && token.text == ",";
  if (token.kind != Assign && token.kind != Declare && !comma) {
    position_ = start;  // the variable is an operand
    return false;
  }
  if (!comma) pipe.assigns = token.kind == Assign;
  next();
  pipe.variables.push_back(variable);
  scope_.variables.push_back(variable);
  if (!comma) return false;
  if (context != "range" || pipe.variables.size() >= 2)
    fail(fmt::format("too many declarations in {}", context));
  auto kind = peek_non_space().kind;
  if (kind == Variable) return true;
  if (kind != RightDelimiter && kind != RightParen) fail("range can only initialize variables");
  return false;
}

void Parser::check_pipeline(const PipeNode& pipe, std::string_view context) const {
  if (pipe.commands.empty()) fail(fmt::format("missing value for {}", context));
  for (std::size_t i = 1; i < pipe.commands.size(); ++i) {
    switch (pipe.commands[i]->arguments.front()->kind) {
      case NodeKind::Bool:
      case NodeKind::Dot:
      case NodeKind::Nil:
      case NodeKind::Number:
      case NodeKind::String:
        fail(fmt::format("non executable command in pipeline stage {}", i + 1));
      default:
        break;
    }
  }
}

std::unique_ptr<CommandNode> Parser::parse_command() {
  auto command = std::make_unique<CommandNode>(peek_non_space().position);
  for (;;) {
    peek_non_space();
    if (auto operand = parse_operand()) command->arguments.push_back(std::move(operand));
    const auto& token = next();
    if (token.kind == Space) continue;
    if (token.kind == RightDelimiter || token.kind == RightParen)
      backup();
    else if (token.kind != Pipe)
      unexpected(token, "operand");
    break;
  }
  if (command->arguments.empty()) fail("empty command");
  return command;
}

/// A term with fields: (pipeline).a.b
NodePtr Parser::parse_operand() {
  auto node = parse_term();
  if (!node || peek().kind != Field) return node;
  auto position = peek().position;
  std::vector<std::string> names;
  while (peek().kind == Field) names.push_back(next().text.substr(1));
  switch (node->kind) {
    case NodeKind::Field:
    case NodeKind::Variable: {
      auto& path = static_cast<PathNode&>(*node);
      path.position = position;
      path.names.insert(path.names.end(), names.begin(), names.end());
      return node;
    }
    case NodeKind::Bool:
    case NodeKind::String:
    case NodeKind::Number:
    case NodeKind::Nil:
    case NodeKind::Dot:
      fail("unexpected . after term " + quoted(node->source()));
    default: {
      auto chain = std::make_unique<ChainNode>(position, std::move(node));
      chain->names = std::move(names);
      return chain;
    }
  }
}

/// nullptr when no term begins here.
NodePtr Parser::parse_term() {
  const auto& token = next_non_space();
  auto position = token.position;
  switch (token.kind) {
    case Identifier:
      return parse_function(token);
    case KeywordDot:
      return std::make_unique<ConstantNode>(NodeKind::Dot, position, ".");
    case KeywordNil:
      return std::make_unique<ConstantNode>(NodeKind::Nil, position, "nil");
    case Variable:
      return parse_variable(token);
    case Field:
      return std::make_unique<PathNode>(NodeKind::Field, position, std::vector{token.text.substr(1)});
    case Bool:
      return std::make_unique<ConstantNode>(NodeKind::Bool, position, token.text,
                                            Value::of(token.text == "true"));
    case CharConstant:
    case Complex:
    case Number: {
      auto number = parse_number(token);
      if (!number) fail(number.error());
      return std::move(*number);
    }
    case LeftParen: {
      Nested nested(*this);
      return parse_pipeline("parenthesized pipeline", RightParen);
    }
    case String:
    case RawString:
      return parse_string(token);
    default:
      backup();
      return nullptr;
  }
}

NodePtr Parser::parse_function(const Token& token) const {
  const auto& name = token.text;
  if (auto refused = options_.refused.find(name); refused != options_.refused.end())
    fail(fmt::format("function {} is not supported: {}", quoted(name), refused->second));
  auto function = functions_.find(name);
  if (function == functions_.end()) function = builtins().find(name);
  if (function == builtins().end()) fail(fmt::format("function {} not defined", quoted(name)));
  return std::make_unique<IdentifierNode>(token.position, name, function->second);
}

NodePtr Parser::parse_variable(const Token& token) const {
  if (std::ranges::find(scope_.variables, token.text) == scope_.variables.end())
    fail(fmt::format("undefined variable {}", quoted(token.text)));
  return std::make_unique<PathNode>(NodeKind::Variable, token.position, std::vector{token.text});
}

NodePtr Parser::parse_string(const Token& token) const {
  auto text = unquoted(token.text);
  if (!text) fail("invalid syntax");
  return std::make_unique<ConstantNode>(NodeKind::String, token.position, token.text, Value::of(*text));
}

}  // namespace dfp::tmpl
