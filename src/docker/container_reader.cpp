#include "docker/container_reader.hpp"

#include "base/log.hpp"
#include "docker/engine_json.hpp"

namespace dfp::docker {

Task<Result<InspectedContainer>> ContainerReader::inspect(std::string id, Deadline deadline) {
  InspectedContainer inspected;
  Result<Container> container;
  if (with_json_) {
    auto json = co_await engine_.container_json(std::move(id), deadline);
    if (!json) co_return std::unexpected(json.error());
    inspected.json = std::move(*json);
    container = decode_container(inspected.json);
  } else {
    container = co_await engine_.container(std::move(id), deadline);
  }
  if (!container) co_return std::unexpected(container.error());
  inspected.container = std::move(*container);
  co_return inspected;
}

Task<Result<InspectedContainer>> ContainerReader::read(std::string id, Deadline deadline) {
  auto container = co_await inspect(id, deadline);
  if (container) {
    known_.insert_or_assign(id, *container);
    reported_.erase(id);
    co_return container;
  }
  if (container.error().code != Errc::Rejected) co_return container;
  if (reported_.insert(id).second)
    log::warn("docker.container_unreadable", {{"id", id}, {"error", container.error().what}});
  if (const auto* before = known(id)) co_return *before;
  co_return container;
}

const InspectedContainer* ContainerReader::known(const std::string& id) const {
  auto found = known_.find(id);
  return found == known_.end() ? nullptr : &found->second;
}

void ContainerReader::keep_only(const std::vector<std::string>& ids) {
  std::set<std::string> kept(ids.begin(), ids.end());
  std::erase_if(known_, [&](const auto& entry) { return !kept.contains(entry.first); });
  std::erase_if(reported_, [&](const auto& id) { return !kept.contains(id); });
}

}  // namespace dfp::docker
