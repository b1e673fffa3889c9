#include "template/parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "template/lexer.hpp"
#include "template/quote.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl {

using enum TokenKind;

namespace {

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    auto rune = unicode::decode(text);
    if (!unicode::is_space(rune.code)) return false;
    text.remove_prefix(rune.size);
  }
  return true;
}

bool is_empty(const NodeList& list) {
  return std::ranges::all_of(list, [](const NodePtr& node) {
    return node->kind == NodeKind::Text && is_blank(static_cast<const TextNode&>(*node).text);
  });
}

}  // namespace

Parser::Parser(std::string name, std::string_view text, const FunctionMap& functions,
               const ParseOptions& options)
    : name_(std::move(name)), text_(text), functions_(functions), options_(options) {}

Definitions Parser::parse() {
  tokens_.emplace_back();
  if (text_.size() > options_.text_bytes)
    fail(fmt::format("the template is larger than {} bytes", options_.text_bytes));
  LexerOptions lexer{.left = options_.left.empty() ? "{{" : options_.left,
                     .right = options_.right.empty() ? "}}" : options_.right,
                     .break_is_keyword = !functions_.contains("break"),
                     .continue_is_keyword = !functions_.contains("continue")};
  tokens_ = Lexer(text_, lexer).run();
  parse_main();
  return std::move(definitions_);
}

// Tokens. Reading past the last one gives it again: it is End or Error, and both end every rule.

const Token& Parser::next() {
  const auto& token = peek();
  ++position_;
  return token;
}

const Token& Parser::peek() {
  auto at = std::min(position_, tokens_.size() - 1);
  furthest_ = std::max(furthest_, at);
  return tokens_[at];
}

Parser::Nested::Nested(Parser& parser) : parser_(parser) {
  if (++parser_.nesting_ > parser_.options_.nesting)
    parser_.fail("blocks or parentheses are nested too deeply");
}

const Token& Parser::next_non_space() {
  while (peek().kind == Space) next();
  return next();
}

const Token& Parser::peek_non_space() {
  while (peek().kind == Space) next();
  return peek();
}

const Token& Parser::expect(TokenKind kind, const char* context) {
  const auto& token = next_non_space();
  if (token.kind != kind) unexpected(token, context);
  return token;
}

void Parser::fail(const std::string& message) const {
  const auto& token = tokens_[furthest_];
  auto before = text_.substr(0, token.position);
  throw TemplateError{.phase = TemplateError::Phase::Parse,
                      .name = name_,
                      .line = token.line,
                      .column = static_cast<int>(before.size() - (before.rfind('\n') + 1)),
                      .definition = scope_.name,
                      .expression = "",
                      .message = message};
}

void Parser::unexpected(const Token& token, std::string_view context) const {
  if (token.kind != Error) fail(fmt::format("unexpected {} in {}", token.shown(), context));
  std::string where;
  if (scope_.action_line != 0 && scope_.action_line != token.line) {
    // "unclosed action started at", not "unclosed action in action started at".
    where = token.text.ends_with(" action") ? " started at " : " in action started at ";
    where += fmt::format("{}:{}", name_, scope_.action_line);
  }
  fail(token.text + where);
}

// Definitions.

void Parser::parse_main() {
  scope_ = Scope{.name = name_};
  NodeList root;
  while (peek().kind != End) {
    auto before = position_;
    if (peek().kind == LeftDelimiter) {
      next();
      if (next_non_space().kind == KeywordDefine) {
        parse_define();
        continue;
      }
      position_ = before;
    }
    auto stop = text_or_action(root);
    if (stop != Stop::Nothing) fail(stop == Stop::End ? "unexpected {{end}}" : "unexpected {{else}}");
  }
  add(name_, std::move(root));
}

void Parser::parse_define() {
  constexpr const char* kContext = "define clause";
  auto outer = std::exchange(scope_, Scope{.name = "definition"});
  auto name = template_name(next_non_space(), kContext);
  expect(RightDelimiter, kContext);
  parse_definition_body(std::move(name), kContext);
  scope_ = std::move(outer);
}

/// The rest of a define or block, up to its end.
void Parser::parse_definition_body(std::string name, const char* context) {
  Nested nested(*this);
  NodeList body;
  if (parse_list(body) != Stop::End) fail(fmt::format("unexpected {{{{else}}}} in {}", context));
  add(std::move(name), std::move(body));
}

/// An empty definition never replaces another one, nor does it collide with one.
void Parser::add(std::string name, NodeList body) {
  auto old = definitions_.find(name);
  if (old == definitions_.end() || is_empty(old->second)) {
    definitions_.insert_or_assign(std::move(name), std::move(body));
  } else if (!is_empty(body)) {
    fail("template: multiple definition of template " + quoted(name));
  }
}

std::string Parser::template_name(const Token& token, const char* context) {
  if (token.kind != String && token.kind != RawString) unexpected(token, context);
  auto name = unquoted(token.text);
  if (!name) fail("invalid syntax");
  return *name;
}

// Lists and control actions.

/// Nodes up to {{end}} or {{else}}.
Parser::Stop Parser::parse_list(NodeList& list) {
  while (peek_non_space().kind != End) {
    auto stop = text_or_action(list);
    if (stop != Stop::Nothing) return stop;
  }
  fail("unexpected EOF");
}

Parser::Stop Parser::text_or_action(NodeList& list) {
  const auto& token = next_non_space();
  if (token.kind == Text) {
    list.push_back(std::make_unique<TextNode>(token.position, token.text));
    return Stop::Nothing;
  }
  if (token.kind != LeftDelimiter) unexpected(token, "input");
  scope_.action_line = token.line;
  auto stop = action(list);
  scope_.action_line = 0;
  return stop;
}

Parser::Stop Parser::action(NodeList& list) {
  const auto& token = next_non_space();
  switch (token.kind) {
    case KeywordBlock:
      list.push_back(parse_block());
      return Stop::Nothing;
    case KeywordBreak:
      list.push_back(parse_jump(NodeKind::Break, "{{break}}", token.position));
      return Stop::Nothing;
    case KeywordContinue:
      list.push_back(parse_jump(NodeKind::Continue, "{{continue}}", token.position));
      return Stop::Nothing;
    case KeywordElse:
      return parse_else();
    case KeywordEnd:
      expect(RightDelimiter, "end");
      return Stop::End;
    case KeywordIf:
      list.push_back(parse_branch(NodeKind::If, "if"));
      return Stop::Nothing;
    case KeywordRange:
      list.push_back(parse_branch(NodeKind::Range, "range"));
      return Stop::Nothing;
    case KeywordTemplate:
      list.push_back(parse_template_call());
      return Stop::Nothing;
    case KeywordWith:
      list.push_back(parse_branch(NodeKind::With, "with"));
      return Stop::Nothing;
    default:
      break;
  }
  backup();
  auto position = peek().position;
  // Variables that are declared here live on until the end of the enclosing block.
  list.push_back(std::make_unique<ActionNode>(position, parse_pipeline("command", RightDelimiter)));
  return Stop::Nothing;
}

/// {{else}}, or the first part of {{else if ...}} and {{else with ...}}: the rest is read as an action of its
/// own.
Parser::Stop Parser::parse_else() {
  auto kind = peek_non_space().kind;
  if (kind != KeywordIf && kind != KeywordWith) expect(RightDelimiter, "else");
  return Stop::Else;
}

NodePtr Parser::parse_branch(NodeKind kind, const char* context) {
  Nested nested(*this);
  auto declared = scope_.variables.size();
  auto position = peek_non_space().position;
  auto node = std::make_unique<BranchNode>(kind, position);
  node->pipe = parse_pipeline(context, RightDelimiter);
  scope_.ranges += kind == NodeKind::Range;
  auto stop = parse_list(node->body);
  scope_.ranges -= kind == NodeKind::Range;
  if (stop == Stop::Else) {
    node->has_else = true;
    bool chained = (kind == NodeKind::If && peek().kind == KeywordIf) ||
                   (kind == NodeKind::With && peek().kind == KeywordWith);
    if (chained) {
      // One {{end}} closes the whole chain.
      next();
      node->otherwise.push_back(parse_branch(kind, context));
    } else if (parse_list(node->otherwise) != Stop::End) {
      fail("expected end; found {{else}}");
    }
  }
  scope_.variables.resize(declared);
  return node;
}

NodePtr Parser::parse_jump(NodeKind kind, const char* word, std::size_t position) {
  const auto& token = next_non_space();
  if (token.kind != RightDelimiter) unexpected(token, word);
  if (scope_.ranges == 0) fail(std::string(word) + " outside {{range}}");
  return std::make_unique<JumpNode>(kind, position);
}

/// Defines a template and calls it in place.
NodePtr Parser::parse_block() {
  constexpr const char* kContext = "block clause";
  const auto& token = next_non_space();
  auto name = template_name(token, kContext);
  auto pipe = parse_pipeline(kContext, RightDelimiter);
  auto outer = std::exchange(scope_, Scope{.name = name});
  parse_definition_body(name, kContext);
  scope_ = std::move(outer);
  return std::make_unique<TemplateCallNode>(token.position, std::move(name), std::move(pipe));
}

NodePtr Parser::parse_template_call() {
  constexpr const char* kContext = "template clause";
  const auto& token = next_non_space();
  auto name = template_name(token, kContext);
  PipePtr pipe;
  if (next_non_space().kind != RightDelimiter) {
    backup();
    pipe = parse_pipeline(kContext, RightDelimiter);
  }
  return std::make_unique<TemplateCallNode>(token.position, std::move(name), std::move(pipe));
}

}  // namespace dfp::tmpl
