#include "reconcile/last_known.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/file.hpp"
#include "base/log.hpp"
#include "registry/record.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kQuiet = 200ms;
constexpr int kLeastPauseRatio = 20;  ///< writing takes at most a twentieth of the time
constexpr std::size_t kSlice = 100;   ///< services at a time, about half a millisecond

void report(const Result<>& written) {
  if (!written) log::error("reconcile.last_known_unwritten", {{"error", written.error().what}});
}

}  // namespace

LastKnown::LastKnown(Executor executor, std::string file, const model::DesiredState& state)
    : executor_(std::move(executor)),
      file_(std::move(file)),
      writer_(std::make_shared<Writer>(file_)),
      state_(state) {}

Result<model::DesiredState> LastKnown::load() const {
  if (file_.empty()) return fail(Errc::NotFound, "no last known state is kept");
  auto text = file::read(file_);
  if (!text) return std::unexpected(text.error());
  boost::system::error_code error;
  auto document = boost::json::parse(*text, error);
  if (error || !document.is_object()) return fail(Errc::Rejected, file_ + ": not an object of services");
  model::DesiredState state;
  for (const auto& [name, value] : document.as_object()) {
    auto record = registry::parse_record(boost::json::serialize(value), name);
    if (!record) return fail(file_, record.error());
    state.services.emplace(name, std::move(record->service));
  }
  return state;
}

void LastKnown::touch() {
  if (file_.empty()) return;
  dirty_ = true;
  if (scheduled_) return;  // what is under way looks at dirty_ again
  scheduled_ = true;
  spawn(executor_, write_soon(), "reconcile.last_known");
}

Task<> LastKnown::write_soon() {
  std::weak_ptr<bool> alive = alive_;
  co_await sleep_for(std::max<Clock::duration>(kQuiet, last_took_ * kLeastPauseRatio));
  if (alive.expired()) co_return;
  dirty_ = false;
  auto number = ++number_;
  std::string text = "{";
  std::string after;
  Clock::duration took{};
  for (std::size_t added = kSlice; added == kSlice;) {
    auto began = Clock::now();
    added = append_services(text, after, kSlice);
    took += Clock::now() - began;
    co_await sleep_for(Clock::duration::zero());  // others have their turn
    if (alive.expired()) co_return;
  }
  last_took_ = took;
  text += "\n}\n";
  auto work = [writer = writer_, number, whole = std::move(text)] { return writer->write(number, whole); };
  auto written = co_await pool_.run(std::move(work));
  report(written);
  if (alive.expired()) co_return;
  scheduled_ = false;
  if (dirty_) touch();
}

/// The next services behind `after`, which moves on. @return how many there were
std::size_t LastKnown::append_services(std::string& text, std::string& after, std::size_t limit) const {
  std::size_t added = 0;
  for (auto at = state_.services.upper_bound(after); at != state_.services.end() && added < limit; ++at) {
    text += text.size() > 1 ? ",\n\"" : "\n\"";  // names need no escaping: model::check_service_name
    text += at->first + "\": " + registry::render_record({at->second, "", false});
    after = at->first;
    ++added;
  }
  return added;
}

void LastKnown::flush() {
  if (!dirty_ && !scheduled_) return;
  dirty_ = false;
  std::string text = "{";
  std::string after;
  append_services(text, after, state_.services.size());
  report(writer_->write(++number_, text + "\n}\n"));
}

Result<> LastKnown::Writer::write(std::uint64_t number, const std::string& text) {
  std::scoped_lock lock(mutex_);
  if (number < written_) return {};
  written_ = number;
  return file::write_atomic(path_, text, true, 0600);
}

}  // namespace dfp::reconcile
