#include "docker/discovery/template_source.hpp"

#include <map>
#include <vector>

#include "registry/answer_digest.hpp"

namespace dfp::docker::discovery {
namespace {
using registry::Question;
using registry::ServiceQuestion;
using registry::ServicesQuestion;
using registry::SourceAnswer;

/// The engine knows one place, and no service mesh.
bool is_for_engine(const Question& question) {
  if (const auto* one = std::get_if<ServiceQuestion>(&question)) return one->datacenter.empty() && !one->mesh;
  const auto* all = std::get_if<ServicesQuestion>(&question);
  return all && all->datacenter.empty();
}

/// Positions of two sources mean different things: the content is the position of both.
Result<SourceAnswer> by_content(Result<SourceAnswer> answer) {
  if (answer) answer->index = registry::digest(answer->data);
  return answer;
}

}  // namespace

Task<Result<SourceAnswer>> DockerTemplateSource::ask(Question question, Deadline deadline) {
  if (!is_for_engine(question)) co_return co_await others_.ask(std::move(question), deadline);
  if (auto* one = std::get_if<ServiceQuestion>(&question)) {
    auto answer = co_await service(std::move(*one), deadline);
    co_return by_content(std::move(answer));
  }
  auto answer = co_await services(std::get<ServicesQuestion>(std::move(question)), deadline);
  co_return by_content(std::move(answer));
}

Task<Result<>> DockerTemplateSource::wait(Question question, std::uint64_t index, Deadline deadline) {
  if (is_for_engine(question))
    co_return co_await PlainTemplateSource::wait(std::move(question), index, deadline);
  co_return co_await others_.wait(std::move(question), index, deadline);
}

Task<Result<SourceAnswer>> DockerTemplateSource::service(ServiceQuestion question, Deadline deadline) {
  auto view = co_await engine_.read(deadline);
  if (!view) co_return std::unexpected(view.error());
  if ((*view)->find(question.service))
    co_return co_await PlainTemplateSource::ask(std::move(question), deadline);
  co_return co_await others_.ask(std::move(question), deadline);
}

Task<Result<SourceAnswer>> DockerTemplateSource::services(ServicesQuestion question, Deadline deadline) {
  auto view = co_await engine_.read(deadline);
  if (!view) co_return std::unexpected(view.error());
  auto answer = co_await others_.ask(std::move(question), deadline);
  if (!answer) co_return answer;
  auto& all = std::get<std::vector<registry::ServiceTags>>(answer->data);
  std::map<std::string, std::vector<std::string>> tags;
  for (auto& known : all) tags.emplace(std::move(known.name), std::move(known.tags));
  for (const auto& service : (*view)->services) tags.try_emplace(service.called());
  all.clear();
  for (auto& [name, list] : tags) all.push_back({name, std::move(list)});
  co_return answer;
}

}  // namespace dfp::docker::discovery
