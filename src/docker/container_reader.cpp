#include "docker/container_reader.hpp"

#include "base/log.hpp"

namespace dfp::docker {

Task<Result<Container>> ContainerReader::read(std::string id, Deadline deadline) {
  auto container = co_await engine_.container(id, deadline);
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

const Container* ContainerReader::known(const std::string& id) const {
  auto found = known_.find(id);
  return found == known_.end() ? nullptr : &found->second;
}

void ContainerReader::keep_only(const std::vector<std::string>& ids) {
  std::set<std::string> kept(ids.begin(), ids.end());
  std::erase_if(known_, [&](const auto& entry) { return !kept.contains(entry.first); });
  std::erase_if(reported_, [&](const auto& id) { return !kept.contains(id); });
}

}  // namespace dfp::docker
