// Hostile Consul Templates: whatever they ask and call, a rendering ends within its limits, with a text or an
// error.
#include <cstdlib>

#include "template/consul/consul_template.hpp"

namespace {
using namespace dfp;
using namespace dfp::registry;
using tmpl::consul::ConsulTemplate;

HealthRecord instance(std::string id, int port, std::vector<std::string> tags) {
  HealthRecord record;
  record.node = {"1", "node-a", "10.0.0.1", "dc1", {{"lan", "10.0.0.1"}}, {{"rack", "7"}}};
  record.service.id = std::move(id);
  record.service.name = "web";
  record.service.port = port;
  record.service.tags = std::move(tags);
  record.service.meta = {{"path", "/a"}, {"weight", "5"}};
  record.checks = {{"node-a", "c", "check", "passing", "", "", "", "", "ttl", {}}};
  return record;
}

KeyRecord pair(std::string key, std::string value) {
  KeyRecord record;
  record.key = std::move(key);
  record.value = std::move(value);
  record.modify_index = 7;
  return record;
}

/// Something of every kind, whatever exactly was asked.
struct Answer {
  AnswerData operator()(const ServiceQuestion&) const {
    return std::vector{instance("a:1", 80, {"blue", "v1"}), instance("b", 0, {})};
  }
  AnswerData operator()(const ServicesQuestion&) const {
    return std::vector<ServiceTags>{{"web", {"blue"}}, {"consul", {}}};
  }
  AnswerData operator()(const NodesQuestion&) const { return std::vector{instance("", 1, {}).node}; }
  AnswerData operator()(const NodeQuestion& question) const {
    if (question.node == "none") return std::optional<NodeServices>();
    return std::optional(NodeServices{instance("", 1, {}).node, {instance("a", 80, {"x"}).service}});
  }
  AnswerData operator()(const DatacentersQuestion&) const { return std::vector<std::string>{"dc1"}; }
  AnswerData operator()(const KeyQuestion& question) const {
    if (question.key.starts_with("no")) return std::optional<KeyRecord>();
    return std::optional(pair(question.key, R"({"a": [1, 2.5, null, "x"], "b": {"c": true}})"));
  }
  AnswerData operator()(const TreeQuestion& question) const {
    return std::vector{pair(question.prefix, ""), pair(question.prefix + "/a", "1"),
                       pair(question.prefix + "/b/c", "two"), pair(question.prefix + "/b/c/d", "\xff")};
  }
};

tmpl::consul::Surroundings surroundings() {
  return {{{"HOME", "/root"}, {"UNSET", std::nullopt}}, [](std::string_view path) {
            return std::expected<std::string, std::string>("a: [1, 2]\nb: " + std::string(path));
          }};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  auto parsed = ConsulTemplate::parse("fuzz", std::string(reinterpret_cast<const char*>(data), size));
  if (!parsed) return 0;
  static const auto kSurroundings = surroundings();
  tmpl::consul::EvaluateOptions options;
  options.now = {};
  options.limits = {.output_bytes = 1U << 16,
                    .value_bytes = 1U << 20,
                    .steps = 50'000,
                    .depth = 100,
                    .time = std::chrono::milliseconds(500)};
  tmpl::consul::Snapshot known;
  for (int round = 0; round < 4; ++round) {
    auto evaluation = parsed->evaluate(known, kSurroundings, options);
    if (evaluation.text && evaluation.text->size() > options.limits.output_bytes) std::abort();
    if (!evaluation.text && evaluation.text.error().text().empty()) std::abort();
    if (evaluation.missing.empty()) break;
    for (const auto& question : evaluation.missing) known.put(question, {std::visit(Answer{}, question), 1});
  }
  return 0;
}
