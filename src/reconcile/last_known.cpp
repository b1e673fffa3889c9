#include "reconcile/last_known.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/log.hpp"

namespace dfp::reconcile {
namespace {
using namespace std::chrono_literals;

constexpr auto kQuiet = 200ms;
constexpr auto kRetry = 5s;           ///< after a writing that failed, as on a full disk
constexpr int kLeastPauseRatio = 20;  ///< writing takes at most a twentieth of the time
constexpr std::size_t kSlice = 100;   ///< services at a time, about half a millisecond

void report(const Result<>& written) {
  if (!written) log::error("reconcile.last_known_unwritten", {{"error", written.error().what}});
}

}  // namespace

LastKnown::LastKnown(Executor executor, std::string file, const model::DesiredState& state)
    : executor_(std::move(executor)),
      file_(std::move(file)),
      writer_(std::make_shared<LastKnownFile>(file_)),
      state_(state) {}

Result<LastKnownState> LastKnown::load() {
  if (file_.empty()) return fail(Errc::NotFound, "no last known state is kept");
  auto text = file::read(file_);
  if (!text) return std::unexpected(text.error());
  auto known = parse_last_known(*text);
  if (!known) return fail(file_, known.error());
  unreadable_ = known->unreadable;
  held_ = known->held;
  return known;
}

void LastKnown::set_held(std::map<std::string, std::string> held) {
  if (held == held_) return;
  held_ = std::move(held);
  touch();
}

void LastKnown::forget_unreadable() {
  if (unreadable_.empty()) return;
  unreadable_.clear();
  touch();
}

void LastKnown::note(const std::string& service) {
  if (file_.empty()) return;
  auto present = state_.services.find(service);
  auto held = held_.find(service);
  auto record = present == state_.services.end()
                    ? render_last_known_absence(service)
                    : render_last_known(present->second, held == held_.end() ? "" : held->second);
  auto added = writer_->add(record);
  if (!unadded_) report(added);
  unadded_ = !added;
  touch();
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
  auto quiet = unwritten_ ? Clock::duration(kRetry) : Clock::duration(kQuiet);
  co_await sleep_for(std::max(quiet, last_took_ * kLeastPauseRatio));
  if (alive.expired()) co_return;
  dirty_ = false;
  writer_->begin();
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
  append_unreadable(text);
  text += "\n}\n";
  auto work = [writer = writer_, number, whole = std::move(text)] { return writer->write(number, whole); };
  auto written = co_await pool_.run(std::move(work));
  if (alive.expired()) co_return report(written);
  note_written(written);
  scheduled_ = false;
  if (dirty_) touch();
}

/// What failed is tried again until it succeeds, and reported once.
void LastKnown::note_written(const Result<>& written) {
  if (!unwritten_) report(written);
  if (unwritten_ && written) log::info("reconcile.last_known_written");
  unwritten_ = !written;
  if (unwritten_) dirty_ = true;
}

/// The next services behind `after`, which moves on. @return how many there were
std::size_t LastKnown::append_services(std::string& text, std::string& after, std::size_t limit) const {
  std::size_t added = 0;
  for (auto at = state_.services.upper_bound(after); at != state_.services.end() && added < limit; ++at) {
    auto held = held_.find(at->first);
    text += text.size() > 1 ? ",\n" : "\n";
    text += render_last_known(at->second, held == held_.end() ? "" : held->second);
    after = at->first;
    ++added;
  }
  return added;
}

void LastKnown::append_unreadable(std::string& text) const {
  for (const auto& [name, record] : unreadable_) {
    if (state_.services.contains(name)) continue;
    text += text.size() > 1 ? ",\n\"" : "\n\"";
    text += name + "\": " + record;
  }
}

void LastKnown::flush() {
  if (!dirty_ && !scheduled_) return;
  dirty_ = false;
  writer_->begin();
  std::string text = "{";
  std::string after;
  append_services(text, after, state_.services.size());
  append_unreadable(text);
  report(writer_->write(++number_, text + "\n}\n"));
}

}  // namespace dfp::reconcile
