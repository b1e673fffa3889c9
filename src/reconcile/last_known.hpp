#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/blocking.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "base/wait.hpp"
#include "reconcile/last_known_file.hpp"
#include "reconcile/last_known_text.hpp"

namespace dfp::reconcile {

/// A copy of the applied state on local disk, for a start at which the registry is away or has lost
/// something. A record in it that cannot be read is written again as it stands, until its service is served
/// or forgotten: another version of this program may read it. The record of a service that changed is added
/// at once: whoever takes up a proxy that outlived its control plane must not bring back what was before. The
/// whole is written in the background within 200 ms of a change (less often when the state is so large that
/// writing it takes long), a few services at a time and on a thread of its own, so that requests are not held
/// up. A writing that fails, as on a full disk, is repeated every 5 s.
class LastKnown {
 public:
  /// @param file path of the copy; "" keeps none. `state` must outlive this.
  LastKnown(Executor executor, std::string file, const model::DesiredState& state);

  /// @return NotFound when there is none; Rejected when nothing in it can be read.
  Result<LastKnownState> load();
  /// Services that the registry has lost -> since when (RFC 3339): kept with the next writing.
  void set_held(std::map<std::string, std::string> held);
  /// The registry has said what there is: records that cannot be read are not needed any more.
  void forget_unreadable();
  /// The state of this service is another one now, or it is gone: adds that.
  void note(const std::string& service);
  /// Something changed: write it soon.
  void touch();
  /// Writes now if something is unwritten.
  void flush();

 private:
  Task<> write_soon();
  void note_written(const Result<>& written);
  std::size_t append_services(std::string& text, std::string& after, std::size_t limit) const;
  void append_unreadable(std::string& text) const;

  Executor executor_;
  std::string file_;
  std::shared_ptr<LastKnownFile> writer_;
  std::map<std::string, std::string> unreadable_;  ///< service -> its record
  std::map<std::string, std::string> held_;
  std::uint64_t number_ = 0;  ///< of the text that is made next
  const model::DesiredState& state_;
  bool dirty_ = false;
  bool unadded_ = false;    ///< the last record could not be added, which was reported
  bool unwritten_ = false;  ///< the last writing failed, which was reported
  bool scheduled_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Clock::duration last_took_{};
  BlockingPool pool_{1};
};

}  // namespace dfp::reconcile
