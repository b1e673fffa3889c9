#include "template/consul/query.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"
#include "template/quote.hpp"

namespace dfp::tmpl::consul {
namespace {

#define DFP_DATACENTER R"((?:@([\w.\-]+))?)"
#define DFP_NEAR R"((?:~([\w.\-]+))?)"

std::unexpected<QueryError> malformed(std::string_view what, std::string_view text) {
  return std::unexpected(fmt::format("{}: invalid format: {}", what, quoted(text)));
}

constexpr std::string_view kStates[] = {"any", "passing", "warning", "critical", "maintenance", "unknown"};

std::expected<std::set<std::string, std::less<>>, QueryError> parse_states(std::string_view filter,
                                                                           std::string_view whole) {
  std::set<std::string, std::less<>> states;
  for (const auto& part : text::split(filter, ',')) {
    auto state = text::trim(part);
    if (state.empty()) continue;
    if (std::ranges::find(kStates, state) == std::end(kStates))
      return std::unexpected(
          fmt::format("health.service: invalid filter: {} in {}", quoted(state), quoted(whole)));
    states.emplace(state);
  }
  if (states.empty()) states.emplace("passing");
  return states;
}

}  // namespace

std::expected<ServiceQuery, QueryError> parse_service_query(const std::vector<std::string>& arguments,
                                                            bool mesh) {
  // 0.14 allowed a port, which meant nothing, a slash in the name, and spaces and nothing as filter.
  static const RE2 expression(R"((?:([\w=:.\-]+)\.)?([\w\-/]+)(?:\?[\w\-=&]+)?)" DFP_DATACENTER
                              R"((?::[0-9]+)?)" DFP_NEAR R"((?:\|([\w, ]*))?)");
  auto text = text::join(arguments, "|");
  ServiceQuery query;
  query.question.mesh = mesh;
  std::string filter;
  if (!RE2::FullMatch(text, expression, &query.question.tag, &query.question.service,
                      &query.question.datacenter, &query.question.near, &filter))
    return malformed("health.service", text);
  auto states = parse_states(filter, text);
  if (!states) return std::unexpected(states.error());
  query.states = std::move(*states);
  query.question.passing_only = query.states == std::set<std::string, std::less<>>{"passing"};
  return query;
}

std::expected<registry::ServicesQuestion, QueryError> parse_services_query(std::string_view text) {
  static const RE2 expression(R"((?:\?[\w\-=&]+)?)" DFP_DATACENTER);
  registry::ServicesQuestion question;
  if (!RE2::FullMatch(text, expression, &question.datacenter)) return malformed("catalog.services", text);
  return question;
}

std::expected<registry::NodesQuestion, QueryError> parse_nodes_query(std::string_view text) {
  static const RE2 expression(DFP_DATACENTER DFP_NEAR);
  registry::NodesQuestion question;
  if (!RE2::FullMatch(text, expression, &question.datacenter, &question.near))
    return malformed("catalog.nodes", text);
  return question;
}

std::expected<registry::NodeQuestion, QueryError> parse_node_query(std::string_view text) {
  static const RE2 expression(R"(([\w.\-]*))" DFP_DATACENTER);
  registry::NodeQuestion question;
  if (!RE2::FullMatch(text, expression, &question.node, &question.datacenter))
    return malformed("catalog.node", text);
  return question;
}

std::expected<registry::KeyQuestion, QueryError> parse_key_query(std::string_view text) {
  static const RE2 expression(R"((?s)/?([^@]+))" DFP_DATACENTER);
  registry::KeyQuestion question;
  if (!RE2::FullMatch(text, expression, &question.key, &question.datacenter))
    return malformed("kv.get", text);
  return question;
}

std::expected<registry::TreeQuestion, QueryError> parse_tree_query(std::string_view text) {
  static const RE2 expression(R"((?s)/?([^@]+))" DFP_DATACENTER);
  registry::TreeQuestion question;
  if (!RE2::FullMatch(text, expression, &question.prefix, &question.datacenter))
    return malformed("kv.list", text);
  return question;
}

}  // namespace dfp::tmpl::consul
