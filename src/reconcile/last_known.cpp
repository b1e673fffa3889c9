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

}  // namespace

LastKnown::LastKnown(Executor executor, std::string file, const model::DesiredState& state)
    : executor_(std::move(executor)), file_(std::move(file)), state_(state) {}

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
  if (scheduled_) return;
  scheduled_ = true;
  spawn(executor_, write_soon(), "reconcile.last_known");
}

Task<> LastKnown::write_soon() {
  std::weak_ptr<bool> alive = alive_;
  co_await sleep_for(std::max<Clock::duration>(kQuiet, last_took_ * kLeastPauseRatio));
  if (alive.expired()) co_return;
  scheduled_ = false;
  flush();
}

void LastKnown::flush() {
  if (!dirty_) return;
  dirty_ = false;
  auto began = Clock::now();
  std::string text = "{";
  for (const auto& [name, service] : state_.services) {
    text += text.size() > 1 ? ",\n\"" : "\n\"";  // names need no escaping: model::check_service_name
    text += name + "\": " + registry::render_record({service, "", false});
  }
  auto written = file::write_atomic(file_, text + "\n}\n", true, 0600);
  if (!written) log::error("reconcile.last_known_unwritten", {{"error", written.error().what}});
  last_took_ = Clock::now() - began;
}

}  // namespace dfp::reconcile
