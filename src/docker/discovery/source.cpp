#include "docker/discovery/source.hpp"

#include <algorithm>

#include "base/file.hpp"

namespace dfp::docker::discovery {
namespace {
using namespace std::chrono_literals;

/// A container that still runs so long after its stop signal does not mind it.
constexpr Clock::duration kLeaving = 30s;
constexpr auto kKilled = "9";

/// The container whose network this process uses: its own one, or the one that that has joined. nullopt for
/// the host's network, and where the engine does not know the container: then it runs elsewhere.
Task<Result<std::optional<Container>>> find_own(Engine* engine, std::string id, Deadline deadline) {
  constexpr std::string_view kJoined = "container:";
  if (id.empty()) co_return std::nullopt;
  auto own = co_await engine->container(std::move(id), deadline);
  if (own && own->network_mode.starts_with(kJoined))
    own = co_await engine->container(own->network_mode.substr(kJoined.size()), deadline);
  if (own && own->network_mode == "host") co_return std::nullopt;
  if (own) co_return std::move(*own);
  if (own.error().code == Errc::NotFound) co_return std::nullopt;
  co_return std::unexpected(own.error());
}

}  // namespace

Task<Result<ViewPtr>> Source::read(Deadline deadline) {
  auto began = Clock::now();
  auto view = co_await look(deadline);
  if (!view) co_return std::unexpected(view.error());
  auto ended = Clock::now();
  last_ = std::make_shared<const View>(std::move(*view));
  last_until_ = ended + (ended - began);
  co_return last_;
}

Task<Result<ViewPtr>> Source::recent(Deadline deadline) {
  auto lock = co_await turn_.lock();
  if (last_ && Clock::now() < last_until_) co_return last_;
  co_return co_await read(deadline);
}

SwarmSource::SwarmSource(Executor executor, Engine& engine, std::string own_container)
    : Source(std::move(executor)), engine_(engine), own_container_(std::move(own_container)) {}

/// "kill" is the signal that a task gets at its end: from then on it is not meant to run.
EventFilter SwarmSource::events() const {
  return {.types = {"service", "node", "container", "network"},
          .actions = {"create", "update", "remove", "start", "kill", "die", "health_status", "connect",
                      "disconnect"}};
}

void SwarmSource::note(const Event& event) {
  auto attribute = [&](const char* name) {
    auto at = event.attributes.find(name);
    return at == event.attributes.end() ? std::string() : at->second;
  };
  auto task = attribute("com.docker.swarm.task.id");
  bool killed = event.action == "kill" && attribute("signal") == "9";
  if (!task.empty() && (killed || event.action == "die")) ended_.insert(task);
}

Task<Result<View>> SwarmSource::look(Deadline deadline) {
  auto services = co_await engine_.services(deadline);
  if (!services) co_return std::unexpected(services.error());
  auto tasks = co_await engine_.tasks(deadline);
  if (!tasks) co_return std::unexpected(tasks.error());
  auto nodes = co_await engine_.nodes(deadline);
  if (!nodes) co_return std::unexpected(nodes.error());
  auto own = co_await find_own(&engine_, own_container_, deadline);
  if (!own) co_return std::unexpected(own.error());
  std::erase_if(
      ended_, [&](const auto& id) { return std::ranges::find(*tasks, id, &SwarmTask::id) == tasks->end(); });
  for (auto& task : *tasks)
    if (ended_.contains(task.id)) task.state = "complete";
  co_return view_of_swarm(*services, *tasks, std::move(*nodes), *own ? &**own : nullptr);
}

ContainerSource::ContainerSource(Executor executor, Engine& engine, std::string own_container,
                                 EngineHost host)
    : Source(std::move(executor)),
      engine_(engine),
      reader_(engine),
      own_container_(std::move(own_container)),
      host_(std::move(host)) {}

EventFilter ContainerSource::events() const {
  return {.types = {"container", "network"},
          .actions = {"start", "kill", "die", "destroy", "health_status", "pause", "unpause", "rename",
                      "connect", "disconnect"}};
}

void ContainerSource::note(const Event& event) {
  if (event.action == "start") signalled_.erase(event.id);
  std::erase_if(signalled_, [](const auto& entry) { return Clock::now() - entry.second.at > kLeaving; });
  auto signal = event.attributes.find("signal");
  if (event.action == "kill" && signal != event.attributes.end())
    signalled_.insert_or_assign(event.id, Signalled{signal->second, Clock::now()});
  if (event.action == "die") signalled_.insert_or_assign(event.id, Signalled{kKilled, Clock::now()});
}

bool ContainerSource::is_leaving(const Container& container) const {
  auto told = signalled_.find(container.id);
  if (told == signalled_.end() || Clock::now() - told->second.at > kLeaving) return false;
  return told->second.signal == kKilled || told->second.signal == std::to_string(container.stop_signal);
}

/// One that is leaving counts as ended. It is not asked about: for as long as the engine is busy with its end
/// (up to a second) it would not answer.
Task<Result<Container>> ContainerSource::inspect(std::string id, Deadline deadline) {
  if (const auto* known = reader_.known(id); known && is_leaving(known->container)) {
    auto ended = known->container;
    ended.running = false;
    co_return ended;
  }
  auto inspected = co_await reader_.read(std::move(id), deadline);
  if (!inspected) co_return std::unexpected(inspected.error());
  auto container = std::move(inspected->container);
  if (is_leaving(container)) container.running = false;
  co_return container;
}

Task<Result<View>> ContainerSource::look(Deadline deadline) {
  if (host_.name.empty()) {
    auto info = co_await engine_.info(deadline);
    if (!info) co_return std::unexpected(info.error());
    host_.name = info->name;
  }
  auto ids = co_await engine_.container_ids(false, deadline);
  if (!ids) co_return std::unexpected(ids.error());
  std::vector<Container> containers;
  std::optional<Error> unreadable;
  for (const auto& id : *ids) {
    auto container = co_await inspect(id, deadline);
    if (container && (container->running || is_leaving(*container)))
      containers.push_back(std::move(*container));
    else if (!container && container.error().code == Errc::Rejected)
      unreadable = container.error();
    else if (!container && container.error().code != Errc::NotFound)
      co_return std::unexpected(container.error());
  }
  if (containers.empty() && unreadable) co_return std::unexpected(*unreadable);
  reader_.keep_only(*ids);
  auto networks = co_await engine_.networks(deadline);
  if (!networks) co_return std::unexpected(networks.error());
  auto own = co_await find_own(&engine_, own_container_, deadline);
  if (!own) co_return std::unexpected(own.error());
  co_return view_of_containers(containers, *networks, host_, *own ? &**own : nullptr);
}

std::string container_id_in(std::string_view mountinfo) {
  constexpr std::string_view kFolder = "/containers/";
  constexpr std::size_t kIdSize = 64;
  for (auto at = mountinfo.find(kFolder); at != std::string_view::npos;
       at = mountinfo.find(kFolder, at + 1)) {
    auto id = mountinfo.substr(at + kFolder.size(), kIdSize);
    auto rest = mountinfo.substr(std::min(mountinfo.size(), at + kFolder.size() + kIdSize));
    bool is_id = id.size() == kIdSize && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    if (is_id && rest.starts_with("/hostname ")) return std::string(id);
  }
  return {};
}

std::string own_container_id() {
  auto mounts = file::read("/proc/self/mountinfo");
  return mounts ? container_id_in(*mounts) : std::string();
}

}  // namespace dfp::docker::discovery
