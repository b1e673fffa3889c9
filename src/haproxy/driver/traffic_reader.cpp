#include "haproxy/driver/traffic_reader.hpp"

#include "haproxy/driver/traffic_metrics.hpp"
#include "haproxy/state/server_names.hpp"

namespace dfp::haproxy {
using namespace std::chrono_literals;
namespace {

constexpr auto kInterval = 5s;
constexpr int kCost = 200;  // a reading may take 1/200 of the time
constexpr auto kReadTime = 10s;

}  // namespace

TrafficReader::TrafficReader(Executor executor, Master& master, BlockingPool& pool,
                             const AppliedState& applied, const BackendPool& backends,
                             metrics::Registry& registry)
    : turn_(std::move(executor)),
      master_(master),
      pool_(pool),
      applied_(applied),
      backends_(backends),
      registry_(registry) {
  registry_.add_source(this, [this](std::string& out) { write_traffic(out, book_); });
}

TrafficReader::~TrafficReader() { registry_.remove_source(this); }

Task<> TrafficReader::run(std::shared_ptr<const void> owner, Signal& stop, const bool& stopping) {
  while (!stopping) {
    auto began = Clock::now();
    if (master_.running()) co_await read(Deadline::after(kReadTime));
    auto took = Clock::now() - began;
    if (!stopping) co_await stop.wait(Deadline::after(std::max<Clock::duration>(kInterval, took * kCost)));
  }
}

Task<> TrafficReader::read(Deadline deadline) {
  auto turn = co_await turn_.lock(deadline);
  if (!turn) co_return;
  auto worker = master_.worker();
  book_.begin_reading();
  auto session = co_await master_.open_session(deadline);
  if (!session) co_return;
  auto reply = co_await (*session)->ask(runtime::show_traffic(), deadline);
  if (!reply) co_return;
  auto parse = [text = std::move(*reply)] { return runtime::parse_traffic(text); };
  auto stats = co_await pool_.run(std::move(parse));
  if (!stats || master_.worker() != worker) co_return;
  auto sections = template_sections();
  book_.take_all(static_cast<std::uint64_t>(worker), *stats, [&](const std::string& backend) {
    auto found = sections.find(backend);
    return found == sections.end() ? owner_of(backend) : std::optional(found->second);
  });
}

void TrafficReader::take_freed(const std::vector<std::string>& replies) {
  for (const auto& reply : replies)
    if (auto stats = runtime::parse_traffic(reply))
      book_.take_some(static_cast<std::uint64_t>(master_.worker()), *stats,
                      [this](const std::string& backend) { return owner_of(backend); });
}

std::optional<std::string> TrafficReader::owner_of(const std::string& backend) const {
  auto destination = find_destination(backends_, backend);
  return destination ? std::optional(destination->service) : std::nullopt;
}

std::map<std::string, std::string> TrafficReader::template_sections() const {
  std::map<std::string, std::string> services;
  for (const auto& [service, fragment] : applied_.templates().all())
    for (const auto& [section, line] : fragment.names) services.emplace(section, service);
  return services;
}

}  // namespace dfp::haproxy
