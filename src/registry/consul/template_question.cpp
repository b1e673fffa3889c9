#include "registry/consul/template_question.hpp"

#include "base/text.hpp"
#include "registry/consul/catalog_json.hpp"
#include "registry/consul/kv_json.hpp"

namespace dfp::registry::consul {
namespace {

/// A path that gets its query part by part.
class Target {
 public:
  explicit Target(std::string path) : text_(std::move(path)) {}
  Target& flag(bool set, std::string_view name) {
    if (set) add(name);
    return *this;
  }
  Target& value(std::string_view name, const std::string& value) {
    if (!value.empty()) add(std::string(name) + "=" + text::percent_encode(value));
    return *this;
  }
  std::string take() { return std::move(text_); }

 private:
  void add(std::string_view part) {
    text_ += text_.contains('?') ? "&" : "?";
    text_ += part;
  }
  std::string text_;
};

struct MakeTarget {
  std::string operator()(const ServiceQuestion& q) const {
    auto path = std::string("/v1/health/") + (q.mesh ? "connect/" : "service/");
    return Target(path + text::percent_encode(q.service))
        .value("passing", q.passing_only ? "1" : "")
        .value("tag", q.tag)
        .value("near", q.near)
        .value("dc", q.datacenter)
        .take();
  }
  std::string operator()(const ServicesQuestion& q) const {
    return Target("/v1/catalog/services").value("dc", q.datacenter).take();
  }
  std::string operator()(const NodesQuestion& q) const {
    return Target("/v1/catalog/nodes").value("near", q.near).value("dc", q.datacenter).take();
  }
  std::string operator()(const NodeQuestion& q) const {
    return Target("/v1/catalog/node/" + text::percent_encode(q.node)).value("dc", q.datacenter).take();
  }
  std::string operator()(const DatacentersQuestion&) const { return "/v1/catalog/datacenters"; }
  std::string operator()(const KeyQuestion& q) const {
    return Target(key_path(q.key)).value("dc", q.datacenter).take();
  }
  std::string operator()(const TreeQuestion& q) const {
    return Target(key_path(q.prefix)).flag(true, "recurse").value("dc", q.datacenter).take();
  }
};

template <class T>
Result<AnswerData> data(Result<T> parsed) {
  if (!parsed) return std::unexpected(std::move(parsed).error());
  return AnswerData(std::move(*parsed));
}

Result<std::optional<KeyRecord>> parse_key(std::string& body) {
  auto records = parse_key_records(body);
  if (!records) return std::unexpected(std::move(records).error());
  if (records->empty()) return std::nullopt;
  return std::move(records->front());
}

struct Parse {
  std::string& body;
  Result<AnswerData> operator()(const ServiceQuestion&) const { return data(parse_health_records(body)); }
  Result<AnswerData> operator()(const ServicesQuestion&) const { return data(parse_service_tags(body)); }
  Result<AnswerData> operator()(const NodesQuestion&) const { return data(parse_nodes(body)); }
  Result<AnswerData> operator()(const NodeQuestion&) const { return data(parse_node_services(body)); }
  Result<AnswerData> operator()(const DatacentersQuestion&) const { return data(parse_datacenters(body)); }
  Result<AnswerData> operator()(const KeyQuestion&) const { return data(parse_key(body)); }
  Result<AnswerData> operator()(const TreeQuestion&) const { return data(parse_key_records(body)); }
};

struct Empty {
  AnswerData operator()(const ServiceQuestion&) const { return std::vector<HealthRecord>(); }
  AnswerData operator()(const ServicesQuestion&) const { return std::vector<ServiceTags>(); }
  AnswerData operator()(const NodesQuestion&) const { return std::vector<NodeRecord>(); }
  AnswerData operator()(const NodeQuestion&) const { return std::optional<NodeServices>(); }
  AnswerData operator()(const DatacentersQuestion&) const { return std::vector<std::string>(); }
  AnswerData operator()(const KeyQuestion&) const { return std::optional<KeyRecord>(); }
  AnswerData operator()(const TreeQuestion&) const { return std::vector<KeyRecord>(); }
};

}  // namespace

std::string question_target(const Question& question) { return std::visit(MakeTarget{}, question); }

bool may_be_absent(const Question& question) {
  return std::holds_alternative<KeyQuestion>(question) || std::holds_alternative<TreeQuestion>(question) ||
         std::holds_alternative<NodeQuestion>(question);
}

AnswerData empty_answer(const Question& question) { return std::visit(Empty{}, question); }

bool is_empty(const AnswerData& answer) {
  return std::visit(
      [](const auto& value) {
        if constexpr (requires { value.empty(); })
          return value.empty();
        else
          return !value.has_value();
      },
      answer);
}

Result<AnswerData> parse_template_answer(const Question& question, std::string& body) {
  return std::visit(Parse{body}, question);
}

std::string datacenter_of(const Question& question) {
  return std::visit(
      [](const auto& asked) -> std::string {
        if constexpr (requires { asked.datacenter; })
          return asked.datacenter;
        else
          return {};
      },
      question);
}

}  // namespace dfp::registry::consul
