#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "template/error.hpp"
#include "template/function.hpp"
#include "template/node.hpp"
#include "template/token.hpp"

namespace dfp::tmpl {

/// Templates by name: the text itself and what it {{define}}s.
using Definitions = std::map<std::string, NodeList, std::less<>>;

struct ParseOptions {
  std::string left = "{{";
  std::string right = "}}";
  /// Functions that are known but must not be used here, with the reason: a template that names one is
  /// refused.
  std::map<std::string, std::string, std::less<>> refused;
  std::size_t text_bytes = 4U << 20;  ///< the largest template
  int nesting = 500;                  ///< blocks within blocks, parentheses within parentheses
};

/// Builds the trees of one text. Throws TemplateError, inside this module only. Use once.
class Parser {
 public:
  Parser(std::string name, std::string_view text, const FunctionMap& functions, const ParseOptions& options);
  Definitions parse();

 private:
  /// What belongs to the definition that is being parsed.
  struct Scope {
    std::string name;
    std::vector<std::string> variables{"$"};
    int ranges = 0;       ///< loops around this place
    int action_line = 0;  ///< where the present action began, 0 outside of actions
  };
  enum class Stop { End, Else, Nothing };  ///< what ended a list of nodes
  /// Counts how deep blocks and parentheses nest, so that no text can exhaust the stack.
  class Nested {
   public:
    explicit Nested(Parser& parser);
    ~Nested() { --parser_.nesting_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Parser& parser_;
  };

  // Tokens.
  const Token& next();
  const Token& next_non_space();
  const Token& peek();
  const Token& peek_non_space();
  void backup() { --position_; }
  const Token& expect(TokenKind kind, const char* context);
  [[noreturn]] void fail(const std::string& message) const;
  [[noreturn]] void unexpected(const Token& token, std::string_view context) const;

  // Definitions.
  void parse_main();
  void parse_define();
  void parse_definition_body(std::string name, const char* context);
  void add(std::string name, NodeList body);
  std::string template_name(const Token& token, const char* context);

  // Lists and control actions.
  Stop parse_list(NodeList& list);
  Stop text_or_action(NodeList& list);
  Stop action(NodeList& list);
  NodePtr parse_branch(NodeKind kind, const char* context);
  Stop parse_else();
  NodePtr parse_jump(NodeKind kind, const char* word, std::size_t position);
  NodePtr parse_block();
  NodePtr parse_template_call();

  // Pipelines.
  PipePtr parse_pipeline(const char* context, TokenKind end);
  void parse_declarations(PipeNode& pipe, std::string_view context);
  bool parse_declaration(PipeNode& pipe, std::string_view context);
  void check_pipeline(const PipeNode& pipe, std::string_view context) const;
  std::unique_ptr<CommandNode> parse_command();
  NodePtr parse_operand();
  NodePtr parse_term();
  NodePtr parse_function(const Token& token) const;
  NodePtr parse_variable(const Token& token) const;
  NodePtr parse_string(const Token& token) const;

  std::string name_;
  std::string_view text_;
  const FunctionMap& functions_;
  const ParseOptions& options_;
  std::vector<Token> tokens_;
  std::size_t position_ = 0;  ///< of the next token
  std::size_t furthest_ = 0;  ///< the last token that was looked at; errors are reported at its line
  int nesting_ = 0;
  Scope scope_;
  Definitions definitions_;
};

/// The number of a token, or the text of the error.
std::expected<std::unique_ptr<NumberNode>, std::string> parse_number(const Token& token);

}  // namespace dfp::tmpl
