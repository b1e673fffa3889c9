#include "template/consul/session.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <tuple>

#include "template/consul/types.hpp"
#include "template/regex.hpp"

namespace dfp::tmpl::consul {
namespace {

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
  auto compiled = compile_regex(pattern);
  if (!compiled) return std::unexpected(std::move(compiled.error()));
  if (expressions_.size() >= kMostExpressions) expressions_.clear();
  return (expressions_[std::string(pattern)] = std::move(*compiled)).get();
}

}  // namespace dfp::tmpl::consul
