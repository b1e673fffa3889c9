#include "template/node.hpp"

#include "template/quote.hpp"

namespace dfp::tmpl {
namespace {

void write_list(std::string& out, const NodeList& list) {
  for (const auto& node : list) node->write(out);
}

void write_operand(std::string& out, const Node& node) {
  bool parenthesised = node.kind == NodeKind::Pipe;
  if (parenthesised) out += '(';
  node.write(out);
  if (parenthesised) out += ')';
}

const char* keyword(NodeKind kind) {
  switch (kind) {
    case NodeKind::If:
      return "if";
    case NodeKind::Range:
      return "range";
    case NodeKind::With:
      return "with";
    case NodeKind::Break:
      return "break";
    default:
      return "continue";
  }
}

}  // namespace

std::string Node::source() const {
  std::string out;
  write(out);
  return out;
}

void TextNode::write(std::string& out) const { out += text; }
void ConstantNode::write(std::string& out) const { out += text; }
void NumberNode::write(std::string& out) const { out += text; }
void IdentifierNode::write(std::string& out) const { out += name; }

bool NumberNode::looks_like_float() const {
  if (!is_float || text.front() == '\'') return false;
  bool hex_integer =
      text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' && text.find_first_of("pP") == text.npos;
  return !hex_integer && text.find_first_of(".eEpP") != text.npos;
}

void PathNode::write(std::string& out) const {
  bool separate = kind == NodeKind::Field;
  for (const auto& name : names) {
    if (separate) out += '.';
    separate = true;
    out += name;
  }
}

void ChainNode::write(std::string& out) const {
  write_operand(out, *operand);
  for (const auto& name : names) out += "." + name;
}

void CommandNode::write(std::string& out) const {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) out += ' ';
    write_operand(out, *arguments[i]);
  }
}

void PipeNode::write(std::string& out) const {
  for (std::size_t i = 0; i < variables.size(); ++i) out += (i > 0 ? ", " : "") + variables[i];
  if (!variables.empty()) out += assigns ? " = " : " := ";
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (i > 0) out += " | ";
    commands[i]->write(out);
  }
}

void ActionNode::write(std::string& out) const {
  out += "{{";
  pipe->write(out);
  out += "}}";
}

void JumpNode::write(std::string& out) const { out += std::string("{{") + keyword(kind) + "}}"; }

void BranchNode::write(std::string& out) const {
  out += std::string("{{") + keyword(kind) + ' ';
  pipe->write(out);
  out += "}}";
  write_list(out, body);
  if (has_else) {
    out += "{{else}}";
    write_list(out, otherwise);
  }
  out += "{{end}}";
}

void TemplateCallNode::write(std::string& out) const {
  out += "{{template " + quoted(name);
  if (pipe) {
    out += ' ';
    pipe->write(out);
  }
  out += "}}";
}

}  // namespace dfp::tmpl
