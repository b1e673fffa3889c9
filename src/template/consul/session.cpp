#include "template/consul/session.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <tuple>

#include "template/consul/types.hpp"

namespace dfp::tmpl::consul {
namespace {

/// RE2's complaint in the words of Go's regexp.
std::string complaint(const RE2& expression) {
  const char* what = "invalid regular expression";
  switch (expression.error_code()) {
    case RE2::ErrorBadEscape:
      what = "invalid escape sequence";
      break;
    case RE2::ErrorBadCharClass:
      what = "invalid character class";
      break;
    case RE2::ErrorBadCharRange:
      what = "invalid character class range";
      break;
    case RE2::ErrorMissingBracket:
      what = "missing closing ]";
      break;
    case RE2::ErrorMissingParen:
      what = "missing closing )";
      break;
    case RE2::ErrorUnexpectedParen:
      what = "unexpected )";
      break;
    case RE2::ErrorTrailingBackslash:
      what = "trailing backslash at end of expression";
      break;
    case RE2::ErrorRepeatArgument:
      what = "missing argument to repetition operator";
      break;
    case RE2::ErrorRepeatSize:
      what = "invalid repeat count";
      break;
    case RE2::ErrorRepeatOp:
      what = "invalid nested repetition operator";
      break;
    case RE2::ErrorBadPerlOp:
      what = "invalid or unsupported Perl syntax";
      break;
    case RE2::ErrorBadUTF8:
      what = "invalid UTF-8";
      break;
    case RE2::ErrorBadNamedCapture:
      what = "invalid named capture";
      break;
    case RE2::ErrorPatternTooLarge:
      what = "expression too large";
      break;
    default:
      break;
  }
  return std::string("error parsing regexp: ") + what + ": `" + expression.error_arg() + "`";
}

constexpr std::size_t kMostExpressions = 1000;

/// Instances by (node, id) and nodes by (name, address), unless they were asked for by distance.
void sort_answer(const registry::Question& question, registry::AnswerData& data) {
  const auto* service = std::get_if<registry::ServiceQuestion>(&question);
  if (service && service->near.empty())
    std::ranges::sort(std::get<std::vector<registry::HealthRecord>>(data), [](const auto& a, const auto& b) {
      return std::tie(a.node.name, a.service.id) < std::tie(b.node.name, b.service.id);
    });
  const auto* nodes = std::get_if<registry::NodesQuestion>(&question);
  if (nodes && nodes->near.empty())
    std::ranges::sort(std::get<std::vector<registry::NodeRecord>>(data), [](const auto& a, const auto& b) {
      return std::tie(a.name, a.address) < std::tie(b.name, b.address);
    });
}

struct Convert {
  const registry::Question& question;
  Value operator()(const std::vector<registry::KeyRecord>& keys) const {
    return to_value(keys, std::get<registry::TreeQuestion>(question).prefix);
  }
  Value operator()(const std::vector<std::string>& names) const { return Value::of(names); }
  Value operator()(const auto& data) const { return to_value(data); }
};

}  // namespace

void Snapshot::put(const registry::Question& question, registry::SourceAnswer answer) {
  sort_answer(question, answer.data);
  known_[question] = {std::visit(Convert{question}, answer.data), answer.index};
}

const Value* Snapshot::find(const registry::Question& question) const {
  auto at = known_.find(question);
  return at == known_.end() ? nullptr : &at->second.value;
}

std::uint64_t Snapshot::index(const registry::Question& question) const {
  auto at = known_.find(question);
  return at == known_.end() ? 0 : at->second.index;
}

Session::Session(const Snapshot& snapshot, const Surroundings& surroundings,
                 std::chrono::system_clock::time_point now)
    : snapshot_(snapshot), surroundings_(surroundings), now_(now) {}
Session::~Session() = default;

const Value* Session::recall(const registry::Question& question) {
  used_.insert(question);
  const auto* value = snapshot_.find(question);
  if (!value) missing_.insert(question);
  return value;
}

std::expected<const re2::RE2*, std::string> Session::regex(std::string_view pattern) {
  auto known = expressions_.find(pattern);
  if (known != expressions_.end()) return known->second.get();
  auto compiled = std::make_unique<RE2>(pattern, RE2::Quiet);
  if (!compiled->ok()) return std::unexpected(complaint(*compiled));
  if (expressions_.size() >= kMostExpressions) expressions_.clear();
  return (expressions_[std::string(pattern)] = std::move(compiled)).get();
}

}  // namespace dfp::tmpl::consul
