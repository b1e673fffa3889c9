#include "registry/template_source.hpp"

#include <fmt/format.h>

namespace dfp::registry {
namespace {

std::string with(std::string_view prefix, const std::string& text) {
  return text.empty() ? "" : std::string(prefix) + text;
}

/// "name(argument)", or the name alone.
std::string call(std::string_view name, const std::string& argument) {
  return argument.empty() ? std::string(name) : fmt::format("{}({})", name, argument);
}

struct Describe {
  std::string operator()(const ServiceQuestion& question) const {
    auto tag = question.tag.empty() ? "" : question.tag + ".";
    return call(question.mesh ? "connect" : "service",
                tag + question.service + with("@", question.datacenter) + with("~", question.near) +
                    (question.passing_only ? "|passing" : "|any"));
  }
  std::string operator()(const ServicesQuestion& question) const {
    return call("services", with("@", question.datacenter));
  }
  std::string operator()(const NodesQuestion& question) const {
    return call("nodes", with("@", question.datacenter) + with("~", question.near));
  }
  std::string operator()(const NodeQuestion& question) const {
    return call("node", question.node + with("@", question.datacenter));
  }
  std::string operator()(const DatacentersQuestion&) const { return "datacenters"; }
  std::string operator()(const KeyQuestion& question) const {
    return call("key", question.key + with("@", question.datacenter));
  }
  std::string operator()(const TreeQuestion& question) const {
    return call("tree", question.prefix + with("@", question.datacenter));
  }
};

}  // namespace

std::string describe(const Question& question) { return std::visit(Describe{}, question); }

}  // namespace dfp::registry
