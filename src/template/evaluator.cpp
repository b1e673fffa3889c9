#include "template/evaluator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "template/builtins.hpp"
#include "template/format.hpp"
#include "template/quote.hpp"

namespace dfp::tmpl {

namespace {

constexpr const char* kTooMuchText = "its text is larger than allowed";

}  // namespace

void Budget::check() {
  next_check_ = steps_ + kStride;
  if (steps_ > limits_.steps) throw LimitExceeded{"it takes more steps than allowed"};
  check_time();
}

std::string TemplateError::text() const {
  auto place = fmt::format("template: {}:{}", name, line);
  if (phase == Phase::Parse) return place + ": " + message;
  return fmt::format("{}:{}: executing {} at <{}>: {}", place, column, quoted(definition), expression,
                     message);
}

Evaluator::Nested::Nested(Evaluator& evaluator) : evaluator_(evaluator) {
  if (evaluator_.depth_ >= evaluator_.budget_.limits().depth)
    throw LimitExceeded{
        fmt::format("exceeded maximum depth of templates and blocks ({})", evaluator_.depth_)};
  ++evaluator_.depth_;
}

/// Variables that are declared within live until its end.
class Evaluator::Block {
 public:
  explicit Block(Evaluator& evaluator) : evaluator_(evaluator), mark_(evaluator.variables_.size()) {}
  ~Block() { pop(); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  void pop() { evaluator_.variables_.resize(mark_); }

 private:
  Evaluator& evaluator_;
  std::size_t mark_;
};

Evaluator::Evaluator(const Source& source)
    : source_(source),
      budget_(source.options.limits),
      out_(source.options.limits.output_bytes, kTooMuchText) {}

std::string Evaluator::run(std::string_view definition, const Value& data) {
  try {
    run_definition(definition, source_.definitions.find(definition)->second, data);
  } catch (const LimitExceeded& limit) {
    fail("rendering stopped: " + limit.what);
  }
  return std::move(out_).take();
}

std::expected<std::string, std::string> Evaluator::render(std::string_view name, const Value& dot) {
  auto body = source_.definitions.find(name);
  if (body == source_.definitions.end())
    return std::unexpected(fmt::format("template: no template {} associated with template {}", quoted(name),
                                       quoted(source_.name)));
  auto outer_text = std::exchange(out_, Sink(budget_.limits().output_bytes, kTooMuchText));
  auto outer_place = place_;
  std::expected<std::string, std::string> result;
  try {
    run_definition(body->first, body->second, dot);
    result = std::move(out_).take();
  } catch (const TemplateError& error) {
    result = std::unexpected(error.text());
  }
  out_ = std::move(outer_text);
  place_ = outer_place;
  return result;
}

void Evaluator::run_definition(std::string_view name, const NodeList& body, const Value& dot) {
  Nested nested(*this);
  Block block(*this);
  auto outer = std::exchange(place_, {name, variables_.size(), nullptr});
  push("$", dot);
  walk(dot, body);
  place_ = outer;
}

void Evaluator::fail(const std::string& message) const {
  std::string_view before = std::string_view(source_.text).substr(0, place_.node ? place_.node->position : 0);
  auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  throw TemplateError{.phase = TemplateError::Phase::Execute,
                      .name = source_.name,
                      .line = 1 + static_cast<int>(std::ranges::count(before, '\n')),
                      .column = static_cast<int>(before.size() - line_start),
                      .definition = std::string(place_.definition),
                      .expression = place_.node ? place_.node->source() : "",
                      .message = message};
}

Evaluator::Flow Evaluator::walk(const Value& dot, const NodeList& list) {
  for (const auto& node : list) {
    auto flow = walk(dot, *node);
    if (flow != Flow::Next) return flow;
  }
  return Flow::Next;
}

Evaluator::Flow Evaluator::walk(const Value& dot, const Node& node) {
  budget_.charge_steps(1);
  at(node);
  switch (node.kind) {
    case NodeKind::Text:
      out_.put(static_cast<const TextNode&>(node).text);
      return Flow::Next;
    case NodeKind::Action: {
      const auto& action = static_cast<const ActionNode&>(node);
      auto value = pipeline(dot, action.pipe.get());
      if (action.pipe->variables.empty()) print(action, value);
      return Flow::Next;
    }
    case NodeKind::Break:
      return Flow::Break;
    case NodeKind::Continue:
      return Flow::Continue;
    case NodeKind::Range:
      return walk_range(dot, static_cast<const BranchNode&>(node));
    case NodeKind::TemplateCall:
      walk_template(dot, static_cast<const TemplateCallNode&>(node));
      return Flow::Next;
    default:
      return walk_branch(dot, static_cast<const BranchNode&>(node));
  }
}

/// if and with
Evaluator::Flow Evaluator::walk_branch(const Value& dot, const BranchNode& node) {
  Nested nested(*this);
  Block block(*this);
  auto value = pipeline(dot, node.pipe.get());
  if (!value.truth()) return walk(dot, node.otherwise);
  return walk(node.kind == NodeKind::With ? value : dot, node.body);
}

void Evaluator::walk_template(const Value& dot, const TemplateCallNode& node) {
  auto body = source_.definitions.find(node.name);
  if (body == source_.definitions.end()) fail(fmt::format("template {} not defined", quoted(node.name)));
  // Variables that the pipeline declares live on here; the template sees none.
  auto value = pipeline(dot, node.pipe.get());
  run_definition(body->first, body->second, value);
}

void Evaluator::print(const ActionNode& node, const Value& value) {
  at(node);
  if (value.type() == &types::kString) return out_.put(value.as_string());
  if (value.type() == &types::kInt) {
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof digits, value.as_int()).ptr;
    return out_.put({digits, end});
  }
  auto shown = printable(value);
  if (!shown) fail(fmt::format("can't print {} of type {}", node.source(), type_name(value)));
  Printer(out_, *this).value(*shown);
}

Value& Evaluator::variable(std::string_view name) {
  for (auto i = variables_.size(); i-- > place_.first_variable;)
    if (variables_[i].name == name) return variables_[i].value;
  fail(fmt::format("undefined variable: {}", name));
}

/// One round of a range for each element.
class Evaluator::Loop {
 public:
  Loop(Evaluator& evaluator, const BranchNode& node)
      : evaluator_(evaluator), node_(node), block_(evaluator) {}

  /// @return false when the loop ends
  bool round(Value index, Value element) {
    ran_ = true;
    evaluator_.budget_.charge_steps(1);
    assign(std::move(index), element);
    auto flow = evaluator_.walk(element, node_.body);
    block_.pop();
    return flow != Flow::Break;
  }
  bool ran() const { return ran_; }
  const PipeNode& pipe() const { return *node_.pipe; }

 private:
  /// With two variables the first is the index.
  void assign(Value index, const Value& element) {
    const auto& names = node_.pipe->variables;
    auto& variables = evaluator_.variables_;
    if (names.empty()) return;
    if (node_.pipe->assigns) {
      evaluator_.variable(names.back()) = element;
      if (names.size() > 1) evaluator_.variable(names.front()) = std::move(index);
    } else {
      variables.back().value = element;
      if (names.size() > 1) variables[variables.size() - 2].value = std::move(index);
    }
  }

  Evaluator& evaluator_;
  const BranchNode& node_;
  Block block_;
  bool ran_ = false;
};

Evaluator::Flow Evaluator::walk_range(const Value& dot, const BranchNode& node) {
  Nested nested(*this);
  Block block(*this);
  auto value = indirect(pipeline(dot, node.pipe.get())).value;
  Loop loop(*this, node);
  if (!iterate(loop, value)) fail("range can't iterate over " + printed(value, *this));
  if (loop.ran()) return Flow::Next;
  return walk(dot, node.otherwise);
}

/// @return false when the value is nothing to loop over
bool Evaluator::iterate(Loop& loop, const Value& value) {
  switch (value.kind()) {
    case Kind::Array:
    case Kind::Slice: {
      bool addressable = value.kind() == Kind::Slice || value.addressable();
      std::int64_t index = 0;
      for (const auto& item : value.items())
        if (!loop.round(Value::integer(index++),
                        item.with_addressable(addressable).as(*value.type()->element)))
          break;
      return true;
    }
    case Kind::Map:
      for (const auto& [key, item] : value.entries())
        if (!loop.round(key.as(*value.type()->key), item.as(*value.type()->element))) break;
      return true;
    case Kind::Channel: {
      std::int64_t index = 0;
      while (auto item = value.receive())
        if (!loop.round(Value::integer(index++), *std::move(item))) break;
      return true;
    }
    case Kind::Int:
    case Kind::Uint:
      iterate_number(loop, value);
      return true;
    case Kind::Interface:  // a nil
      return value.slot() == Value::Slot::Any;
    case Kind::Invalid:
      return true;
    default:
      return false;
  }
}

/// range 3: 0, 1, 2, as from Go 1.22 on
void Evaluator::iterate_number(Loop& loop, const Value& value) {
  if (loop.pipe().variables.size() > 1)
    fail(fmt::format("can't use {} to iterate over more than one variable", printed(value, *this)));
  bool is_signed = value.kind() == Kind::Int;
  if (is_signed && value.as_int() < 0) return;
  for (std::uint64_t i = 0; i < value.as_uint(); ++i) {
    auto item = is_signed ? Value::integer(static_cast<std::int64_t>(i), *value.type())
                          : Value::unsigned_integer(i, *value.type());
    if (!loop.round(item, item)) break;
  }
}

}  // namespace dfp::tmpl
