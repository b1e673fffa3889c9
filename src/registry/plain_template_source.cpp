#include "registry/plain_template_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "base/wait.hpp"
#include "registry/answer_digest.hpp"

namespace dfp::registry {
namespace {
using namespace std::chrono_literals;

constexpr auto kAskAgainAfter = 1s;

Result<> check_datacenter(const Question& question) {
  auto datacenter = std::visit(
      [](const auto& asked) -> std::string {
        if constexpr (requires { asked.datacenter; })
          return asked.datacenter;
        else
          return {};
      },
      question);
  if (datacenter.empty() || datacenter == PlainTemplateSource::kDatacenter) return {};
  return fail(Errc::InvalidArgument, fmt::format("{}: this registry has no datacenter {}", describe(question),
                                                 text::shown(datacenter)));
}

NodeRecord node_record(const model::Instance& instance) {
  return {.id = "",
          .name = instance.node,
          .address = instance.address,
          .datacenter = PlainTemplateSource::kDatacenter,
          .tagged_addresses = {},
          .meta = {}};
}

ServiceRecord service_record(const model::Instance& instance) {
  ServiceRecord record;
  record.id = instance.id;
  record.name = instance.service;
  record.address = instance.address;
  record.port = instance.port;
  record.tags = instance.tags;
  record.meta = instance.meta;
  record.passing_weight = instance.weight;
  return record;
}

bool wanted(const ServiceQuestion& question, const model::Instance& instance) {
  if (question.passing_only && instance.health != model::Health::Passing) return false;
  return question.tag.empty() || std::ranges::find(instance.tags, question.tag) != instance.tags.end();
}

KeyRecord key_record(Entry entry) {
  KeyRecord record;
  record.key = std::move(entry.key);
  record.value = std::move(entry.value);
  record.create_index = record.modify_index = entry.version;
  return record;
}

template <class T>
Result<SourceAnswer> answer(Result<T> data) {
  if (!data) return std::unexpected(std::move(data).error());
  SourceAnswer answer{AnswerData(std::move(*data)), 0};
  answer.index = digest(answer.data);
  return answer;
}

}  // namespace

Task<Result<SourceAnswer>> PlainTemplateSource::ask(Question question, Deadline deadline) {
  if (auto known = check_datacenter(question); !known) co_return std::unexpected(known.error());
  if (const auto* asked = std::get_if<ServiceQuestion>(&question)) {
    auto data = co_await service(*asked, deadline);
    co_return answer(std::move(data));
  }
  if (std::holds_alternative<ServicesQuestion>(question)) {
    auto data = co_await services(deadline);
    co_return answer(std::move(data));
  }
  if (std::holds_alternative<NodesQuestion>(question)) {
    auto data = co_await nodes(deadline);
    co_return answer(std::move(data));
  }
  if (const auto* asked = std::get_if<NodeQuestion>(&question)) {
    auto data = co_await node(*asked, deadline);
    co_return answer(std::move(data));
  }
  if (const auto* asked = std::get_if<KeyQuestion>(&question)) {
    auto data = co_await key(asked->key, deadline);
    co_return answer(std::move(data));
  }
  if (const auto* asked = std::get_if<TreeQuestion>(&question)) {
    auto data = co_await tree(asked->prefix, deadline);
    co_return answer(std::move(data));
  }
  co_return answer(Result<std::vector<std::string>>({kDatacenter}));
}

Task<Result<>> PlainTemplateSource::wait(Question question, std::uint64_t index, Deadline deadline) {
  for (;;) {
    co_await sleep_for(std::min<Clock::duration>(kAskAgainAfter, deadline.left()));
    if (deadline.passed()) co_return fail(Errc::Timeout, describe(question) + ": no change in time");
    auto answer = co_await ask(question, deadline);
    if (!answer) co_return std::unexpected(answer.error());
    if (answer->index != index) co_return Result<>{};
  }
}

Task<Result<std::vector<HealthRecord>>> PlainTemplateSource::service(ServiceQuestion question,
                                                                     Deadline deadline) {
  std::vector<HealthRecord> records;
  if (question.mesh) co_return records;
  auto instances = co_await catalog_.instances(question.service, deadline);
  if (!instances) co_return std::unexpected(instances.error());
  for (const auto& instance : *instances)
    if (wanted(question, instance))
      records.push_back({node_record(instance), service_record(instance), {}, instance.health});
  co_return records;
}

Task<Result<std::vector<ServiceTags>>> PlainTemplateSource::services(Deadline deadline) {
  auto names = co_await catalog_.services(deadline);
  if (!names) co_return std::unexpected(names.error());
  std::vector<ServiceTags> out;
  for (const auto& name : *names) {
    auto instances = co_await catalog_.instances(name, deadline);
    if (!instances) co_return std::unexpected(instances.error());
    std::set<std::string> tags;
    for (const auto& instance : *instances) tags.insert(instance.tags.begin(), instance.tags.end());
    out.push_back({name, {tags.begin(), tags.end()}});
  }
  co_return out;
}

Task<Result<std::vector<NodeServices>>> PlainTemplateSource::all_nodes(Deadline deadline) {
  auto names = co_await catalog_.services(deadline);
  if (!names) co_return std::unexpected(names.error());
  std::map<std::string, NodeServices> nodes;
  for (const auto& name : *names) {
    auto instances = co_await catalog_.instances(name, deadline);
    if (!instances) co_return std::unexpected(instances.error());
    for (const auto& instance : *instances) {
      auto [at, added] = nodes.try_emplace(instance.node);
      if (added) at->second.node = node_record(instance);
      at->second.services.push_back(service_record(instance));
    }
  }
  std::vector<NodeServices> out;
  for (auto& [name, node] : nodes) out.push_back(std::move(node));
  co_return out;
}

Task<Result<std::optional<NodeServices>>> PlainTemplateSource::node(NodeQuestion question,
                                                                    Deadline deadline) {
  auto nodes = co_await all_nodes(deadline);
  if (!nodes) co_return std::unexpected(nodes.error());
  const auto& name = question.node.empty() ? local_node_ : question.node;
  for (auto& node : *nodes)
    if (node.node.name == name) co_return std::optional(std::move(node));
  co_return std::optional<NodeServices>();
}

Task<Result<std::vector<NodeRecord>>> PlainTemplateSource::nodes(Deadline deadline) {
  auto nodes = co_await all_nodes(deadline);
  if (!nodes) co_return std::unexpected(nodes.error());
  std::vector<NodeRecord> out;
  for (auto& node : *nodes) out.push_back(std::move(node.node));
  co_return out;
}

Task<Result<std::optional<KeyRecord>>> PlainTemplateSource::key(std::string key, Deadline deadline) {
  auto entry = co_await key_value_.get(std::move(key), deadline);
  if (!entry) co_return std::unexpected(entry.error());
  if (!*entry) co_return std::optional<KeyRecord>();
  co_return std::optional(key_record(std::move(**entry)));
}

Task<Result<std::vector<KeyRecord>>> PlainTemplateSource::tree(std::string prefix, Deadline deadline) {
  auto listed = co_await key_value_.list(std::move(prefix), deadline);
  if (!listed) co_return std::unexpected(listed.error());
  std::vector<KeyRecord> out;
  for (auto& entry : listed->entries) out.push_back(key_record(std::move(entry)));
  co_return out;
}

}  // namespace dfp::registry
