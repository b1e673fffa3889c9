#pragma once
#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "registry/template_source.hpp"

/// The little languages in which Consul Template's functions name what they want. All of its versions from
/// 0.14 on are understood; where they differ, what any of them took is taken.
namespace dfp::tmpl::consul {

/// "[tag.]name[@dc][~near]" and a list of health states.
struct ServiceQuery {
  registry::ServiceQuestion question;
  std::set<std::string, std::less<>> states;  ///< "any", "passing", ...; never empty

  bool accepts(std::string_view state) const { return states.contains("any") || states.contains(state); }
};

// The text of a failure is Consul Template's: "health.service: invalid format: "go demo"".
using QueryError = std::string;

/// @param arguments joined by '|', as in service "web" "any"
std::expected<ServiceQuery, QueryError> parse_service_query(const std::vector<std::string>& arguments,
                                                            bool mesh);
std::expected<registry::ServicesQuestion, QueryError> parse_services_query(std::string_view text);
std::expected<registry::NodesQuestion, QueryError> parse_nodes_query(std::string_view text);
std::expected<registry::NodeQuestion, QueryError> parse_node_query(std::string_view text);
std::expected<registry::KeyQuestion, QueryError> parse_key_query(std::string_view text);
std::expected<registry::TreeQuestion, QueryError> parse_tree_query(std::string_view text);

}  // namespace dfp::tmpl::consul
