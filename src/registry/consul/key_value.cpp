#include "registry/consul/key_value.hpp"

#include <algorithm>

#include "base/wait.hpp"
#include "registry/consul/kv_json.hpp"
#include "registry/consul/rights.hpp"

namespace dfp::registry::consul {
namespace {
using namespace std::chrono_literals;

constexpr auto kLeastPause = 100ms;  ///< between two changes that wait() tells of
constexpr auto kLastMoment = 20ms;   ///< less is not worth a blocking query

/// The names one level below a prefix: the smallest answer that has the prefix's index.
std::string names_below(const std::string& prefix) { return key_path(prefix) + "?keys&separator=/"; }

bool is_list(const Answer& answer) { return answer.status == 200 || answer.status == 404; }

}  // namespace

Task<Result<std::optional<Entry>>> ConsulKeyValue::get(std::string key, Deadline deadline) {
  auto answer = co_await client_.read(key_path(key), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status == 404) co_return std::nullopt;
  if (answer->status != 200) co_return std::unexpected(refusal("read key " + key, *answer));
  auto entries = parse_kv_answer(answer->body);
  if (!entries) co_return std::unexpected(entries.error());
  if (entries->empty()) co_return std::nullopt;
  co_return std::move(entries->front());
}

Task<Result<Tree>> ConsulKeyValue::list(std::string prefix, Deadline deadline) {
  auto answer = co_await client_.read(key_path(prefix) + "?recurse", deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (!is_list(*answer)) co_return std::unexpected(refusal("list keys " + prefix, *answer));
  Tree tree;
  tree.index = std::max<std::uint64_t>(answer->index, 1);
  if (answer->status == 404) {
    auto allowed = co_await check_may_read_keys(&client_, prefix, deadline);
    if (!allowed) co_return std::unexpected(allowed.error());
  } else {
    auto entries = parse_kv_answer(answer->body);
    if (!entries) co_return std::unexpected(entries.error());
    tree.entries = std::move(*entries);
  }
  co_return tree;
}

/// The names below a prefix, read now (`index` 0) or when its index has moved.
Task<Result<Answer>> ConsulKeyValue::names(std::string prefix, std::uint64_t index, Deadline deadline) {
  auto reading = index == 0 ? client_.read(names_below(prefix), deadline)
                            : client_.block(names_below(prefix), index, deadline);
  auto answer = co_await std::move(reading);
  if (!answer) co_return answer;
  if (!is_list(*answer)) co_return std::unexpected(refusal("watch keys " + prefix, *answer));
  answer->index = std::max<std::uint64_t>(answer->index, 1);
  co_return answer;
}

/// The index after a blocking query, or at once where `index` cannot be trusted: an index of another agent,
/// or of one that was restarted, means nothing, and a blocking query with it could sleep for its whole time.
Task<Result<std::uint64_t>> ConsulKeyValue::next_index(std::string prefix, std::uint64_t index,
                                                       Deadline deadline) {
  bool trusted = confirmed_epochs_[prefix] == client_.epoch();
  auto answer = co_await names(prefix, trusted ? index : 0, deadline);
  if (!answer) co_return std::unexpected(answer.error());
  confirmed_epochs_[prefix] = answer->epoch;
  co_return answer->index;
}

Task<Result<std::uint64_t>> ConsulKeyValue::wait(std::string prefix, std::uint64_t index, Deadline deadline) {
  auto pause = last_change_ + kLeastPause - Clock::now();
  if (index != 0 && pause > Clock::duration::zero())
    co_await sleep_for(std::min<Clock::duration>(pause, deadline.left()));
  bool other_agents_asked = client_.agents() < 2;
  while (deadline.left() > kLastMoment) {
    auto present = co_await next_index(prefix, index, deadline);
    bool retry = !present && present.error().code == Errc::Unavailable && !other_agents_asked;
    other_agents_asked = true;
    if (retry) continue;  // a plain read now, which asks them all
    if (!present) co_return present;
    if (*present == index) continue;
    last_change_ = Clock::now();
    co_return present;
  }
  co_await sleep_for(deadline.left());
  co_return fail(Errc::Timeout, "consul: no change below " + prefix);
}

Task<Result<std::uint64_t>> ConsulKeyValue::transact(std::vector<Operation> operations, Deadline deadline) {
  if (auto fits = check_limits(operations); !fits) co_return std::unexpected(fits.error());
  auto answer = co_await client_.put("/v1/txn", render_transaction(operations), deadline);
  if (!answer) co_return std::unexpected(answer.error());
  if (answer->status == 409) {
    auto refused = parse_transaction_refusal(answer->body);
    if (!answer->maybe_repeated || refused.code != Errc::Conflict)
      co_return std::unexpected(std::move(refused));
    co_return co_await own_write(std::move(operations), std::move(refused), deadline);
  }
  if (answer->status != 200) co_return std::unexpected(refusal("write keys", *answer));
  auto version = parse_transaction_answer(answer->body);
  if (version && *version == 0) co_return co_await index_after_deletion(std::move(operations), deadline);
  co_return version;
}

/// Consul does not say at which index it deleted; the deleted place knows.
Task<Result<std::uint64_t>> ConsulKeyValue::index_after_deletion(std::vector<Operation> operations,
                                                                 Deadline deadline) {
  std::uint64_t highest = 1;
  for (const auto& operation : operations) {
    auto* key = std::get_if<Delete>(&operation);
    auto* tree = std::get_if<DeleteTree>(&operation);
    if (!key && !tree) continue;
    auto answer = co_await names(key ? key->key : tree->prefix, 0, deadline);
    if (!answer) co_return std::unexpected(answer.error());
    highest = std::max(highest, answer->index);
  }
  co_return highest;
}

Task<Result<std::uint64_t>> ConsulKeyValue::own_write(std::vector<Operation> operations, Error refusal_,
                                                      Deadline deadline) {
  std::uint64_t highest = 0;
  for (const auto& operation : operations) {
    auto* put = std::get_if<Put>(&operation);
    auto* guarded = std::get_if<PutIfVersion>(&operation);
    if (!put && !guarded) continue;
    auto entry = co_await get(put ? put->key : guarded->key, deadline);
    if (!entry) co_return std::unexpected(entry.error());
    if (!*entry || (*entry)->value != (put ? put->value : guarded->value))
      co_return std::unexpected(std::move(refusal_));
    highest = std::max(highest, (*entry)->version);
  }
  if (highest == 0) co_return std::unexpected(std::move(refusal_));
  co_return highest;
}

}  // namespace dfp::registry::consul
