#include "registry/confirmed_catalog.hpp"

#include "base/log.hpp"
#include "base/wait.hpp"

namespace dfp::registry {

Task<Result<std::vector<model::Instance>>> ConfirmedCatalog::instances(std::string service,
                                                                       Deadline deadline) {
  auto answer = co_await catalog_.instances(service, deadline);
  if (!answer) co_return answer;
  auto known = last_counts_.find(service);
  auto before = known == last_counts_.end() ? 0 : known->second;
  if (answer->size() < before) {
    log::info("registry.fewer_instances",
              {{"service", service}, {"before", before}, {"now", answer->size()}});
    if (answer->empty()) co_await sleep_for(std::min<Clock::duration>(pause_, deadline.left() / 2));
    answer = co_await catalog_.instances(service, deadline);
    if (!answer) co_return answer;
  }
  remember(service, answer->size());
  co_return answer;
}

void ConfirmedCatalog::remember(const std::string& service, std::size_t count) {
  if (count == 0)
    last_counts_.erase(service);
  else
    last_counts_[service] = count;
}

Task<Result<std::vector<std::string>>> ConfirmedCatalog::services(Deadline deadline) {
  return catalog_.services(deadline);
}

}  // namespace dfp::registry
