#include "registry/consul/template_source.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <random>

#include "base/wait.hpp"
#include "registry/consul/catalog_json.hpp"
#include "registry/consul/rights.hpp"
#include "registry/consul/template_question.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;

constexpr auto kConfirmAfter = 250ms;
constexpr auto kAskAgainAfter = 15s;  ///< what cannot be waited for; Consul Template's interval
constexpr auto kLeastPause = 100ms;   ///< between two changes that wait() tells of
constexpr auto kLastMoment = 20ms;    ///< less is not worth a blocking query
constexpr auto kFirstPause = 250ms;   ///< after a failure
constexpr auto kLongestPause = 1min;
constexpr std::size_t kMostSeen = 200'000;

std::string title(const Question& question) { return "read " + describe(question); }

}  // namespace

/// What is under way. Coroutines that the program drops at its end may outlive the source, so they own it
/// too.
struct ConsulTemplateSource::Waits {
  using Awaited = std::pair<std::string, std::uint64_t>;  ///< a target, and the index that is known
  std::map<Awaited, std::shared_ptr<Signal>> asking;      ///< tells when it is done
  int blocking = 0;                                       ///< queries
};

/// Counts a blocking query while it lives.
class ConsulTemplateSource::Slot {
 public:
  explicit Slot(std::shared_ptr<Waits> waits) : waits_(std::move(waits)) { ++waits_->blocking; }
  ~Slot() { --waits_->blocking; }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  std::shared_ptr<Waits> waits_;
};

/// Held by the one that asks; the others wait for its end, and look at what it learned.
class ConsulTemplateSource::Turn {
 public:
  Turn(std::shared_ptr<Waits> waits, Waits::Awaited awaited, Executor executor) : waits_(std::move(waits)) {
    auto done = std::make_shared<Signal>(std::move(executor));
    at_ = waits_->asking.emplace(std::move(awaited), std::move(done)).first;
  }
  ~Turn() {
    at_->second->notify_all();
    waits_->asking.erase(at_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::shared_ptr<Waits> waits_;
  decltype(Waits::asking)::iterator at_;
};

ConsulTemplateSource::ConsulTemplateSource(Client& client)
    : client_(client), waits_(std::make_shared<Waits>()) {}

/// Waits that fail together count once.
void ConsulTemplateSource::BackOff::failed() {
  auto now = Clock::now();
  if (now < until_) return;
  static thread_local std::minstd_rand random{std::random_device{}()};
  auto most = std::min<Clock::duration>(kFirstPause * (1 << std::min(failures_, 8)), kLongestPause);
  std::uniform_int_distribution<Clock::rep> jitter(most.count() / 2, most.count());
  until_ = now + Clock::duration(jitter(random));
  ++failures_;
}

Clock::duration ConsulTemplateSource::BackOff::pause() const {
  return failures_ == 0 ? Clock::duration::zero() : std::max(until_ - Clock::now(), Clock::duration::zero());
}

ConsulTemplateSource::Seen& ConsulTemplateSource::seen(const std::string& target) {
  if (seen_.size() >= kMostSeen) seen_.clear();  // forgetting costs a plain read
  return seen_[target];
}

Task<Result<std::string>> ConsulTemplateSource::local_node(Deadline deadline) {
  if (local_node_ && local_node_->first == client_.epoch()) co_return local_node_->second;
  auto answer = co_await client_.read("/v1/agent/self", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status != 200) co_return std::unexpected(refusal("read the agent's node", *answer));
  auto name = parse_agent_node(answer->body);
  if (name) local_node_ = {answer->epoch, *name};
  co_return name;
}

Task<Result<std::string>> ConsulTemplateSource::target_of(Question question, Deadline deadline) {
  auto* node = std::get_if<NodeQuestion>(&question);
  if (node && node->node.empty()) {
    auto name = co_await local_node(deadline);
    if (!name) co_return name;
    node->node = std::move(*name);
  }
  co_return question_target(question);
}

Task<Result<>> ConsulTemplateSource::check_rights(Question question, Deadline deadline) {
  if (!datacenter_of(question).empty()) co_return Result<>{};  // the agent speaks for its own one
  if (const auto* service = std::get_if<ServiceQuestion>(&question))
    co_return co_await check_may_read_service(&client_, service->service, deadline);
  if (const auto* tree = std::get_if<TreeQuestion>(&question))
    co_return co_await check_may_read_keys(&client_, tree->prefix, deadline);
  co_return Result<>{};
}

Task<Result<SourceAnswer>> ConsulTemplateSource::read(Question question, std::string target,
                                                      Deadline deadline) {
  auto answer = co_await client_.read(target, deadline);
  if (!answer) co_return std::unexpected(answer.error());
  bool absent = answer->status == 404 && may_be_absent(question);
  if (answer->status != 200 && !absent) co_return std::unexpected(refusal(title(question), *answer));
  auto data = absent ? empty_answer(question) : parse_template_answer(question, answer->body);
  if (!data) co_return fail(title(question), data.error());
  if (is_empty(*data)) {
    if (answer->filtered)
      co_return fail(Errc::Rejected,
                     "consul: " + title(question) + ": hidden from this token (check the ACL token)");
    auto allowed = co_await check_rights(question, deadline);
    if (!allowed) co_return std::unexpected(allowed.error());
  }
  // Consul promises an index above zero; zero would mean "not to be waited for".
  auto index = std::max<std::uint64_t>(answer->index, 1);
  seen(target) = {answer->epoch, index, is_empty(*data)};
  back_off_.succeeded();
  co_return SourceAnswer{std::move(*data), index};
}

Task<Result<SourceAnswer>> ConsulTemplateSource::ask(Question question, Deadline deadline) {
  if (const auto* asked = std::get_if<DatacentersQuestion>(&question))
    co_return co_await datacenters(*asked, deadline);
  auto target = co_await target_of(question, deadline);
  if (!target) co_return std::unexpected(target.error());
  bool was_empty = seen(*target).empty;
  auto answer = co_await read(question, *target, deadline);
  if (!answer || was_empty || !is_empty(answer->data)) co_return answer;
  co_await sleep_for(std::min<Clock::duration>(kConfirmAfter, deadline.left() / 2));
  co_return co_await read(question, *target, deadline);
}

/// Consul cannot be waited on for this one: its answers have no index.
Task<Result<SourceAnswer>> ConsulTemplateSource::datacenters(DatacentersQuestion question,
                                                             Deadline deadline) {
  auto answer = co_await read(question, question_target(question), deadline);
  if (!answer) co_return answer;
  auto& names = std::get<std::vector<std::string>>(answer->data);
  std::ranges::sort(names);
  if (!question.reachable_only) co_return answer;
  std::vector<std::string> reachable;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto share = Deadline::after(deadline.left() / static_cast<int>(names.size() - i));
    auto probe = co_await client_.read(question_target(ServicesQuestion{names[i]}), share);
    if (probe && probe->status == 200) reachable.push_back(names[i]);
  }
  if (deadline.passed()) co_return fail(Errc::Timeout, "consul: no time left to look for datacenters");
  co_return SourceAnswer{std::move(reachable), answer->index};
}

/// The answer after a blocking query, or at once where `index` cannot be trusted: an index of another agent,
/// or of one that was restarted, means nothing, and a blocking query with it could sleep for its whole time.
Task<Result<Answer>> ConsulTemplateSource::next_answer(std::string target, std::uint64_t index,
                                                       Deadline deadline) {
  const auto& known = seen(target);
  bool trusted = known.epoch == client_.epoch() && known.index == index;
  if (trusted && waits_->blocking < kMostBlocking) {
    Slot slot(waits_);
    co_return co_await client_.block(target, index, deadline);
  }
  if (trusted) {
    co_await sleep_for(std::min<Clock::duration>(kAskAgainAfter, deadline.left()));
    if (deadline.passed()) co_return fail(Errc::Timeout, "consul: no change of " + target);
  }
  co_return co_await client_.read(target, deadline);
}

Task<Result<>> ConsulTemplateSource::wait_for_index(std::string target, std::uint64_t index,
                                                    Deadline deadline) {
  auto executor = co_await boost::asio::this_coro::executor;
  bool other_agents_asked = client_.agents() < 2;
  while (deadline.left() > kLastMoment) {
    if (auto asking = waits_->asking.find({target, index}); asking != waits_->asking.end()) {
      auto done = asking->second;
      co_await done->wait(deadline);
      const auto& learned = seen(target);
      if (learned.epoch == client_.epoch() && learned.index != index) co_return Result<>{};
      continue;
    }
    Turn turn(waits_, {target, index}, executor);
    auto answer = co_await next_answer(target, index, deadline);
    bool retry = !answer && answer.error().code == Errc::Unavailable && !other_agents_asked;
    other_agents_asked = true;
    if (retry) continue;  // a plain read now, which asks them all
    if (!answer) co_return std::unexpected(answer.error());
    if (answer->status != 200 && answer->status != 404)
      co_return std::unexpected(refusal("watch " + target, *answer));
    back_off_.succeeded();
    auto present = std::max<std::uint64_t>(answer->index, 1);
    auto& known = seen(target);
    known.epoch = answer->epoch;
    known.index = present;
    if (present != index) co_return Result<>{};  // also a lower one: Consul was restarted or restored
    co_await sleep_for(std::min<Clock::duration>(kLeastPause, deadline.left()));
  }
  co_await sleep_for(deadline.left());
  co_return fail(Errc::Timeout, "consul: no change of " + target);
}

Task<Result<>> ConsulTemplateSource::wait(Question question, std::uint64_t index, Deadline deadline) {
  auto pause = std::max(last_change_ + kLeastPause - Clock::now(), back_off_.pause());
  bool not_blocking = std::holds_alternative<DatacentersQuestion>(question);
  if (not_blocking) pause = std::max<Clock::duration>(pause, kAskAgainAfter);
  if (pause > Clock::duration::zero()) co_await sleep_for(std::min(pause, deadline.left()));
  if (deadline.passed()) co_return fail(Errc::Timeout, "consul: no change of " + describe(question));
  if (not_blocking) co_return Result<>{};
  auto target = co_await target_of(question, deadline);
  Result<> changed = target ? Result<>() : std::unexpected(target.error());
  if (target) changed = co_await wait_for_index(*target, index, deadline);
  if (changed) last_change_ = Clock::now();
  bool away = !changed && changed.error().code != Errc::Timeout && changed.error().code != Errc::Cancelled;
  if (away) back_off_.failed();
  co_return changed;
}

}  // namespace dfp::registry::consul
