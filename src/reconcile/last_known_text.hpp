#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/desired_state.hpp"

namespace dfp::reconcile {

/// What the last known state says, service by service.
struct LastKnownState {
  model::DesiredState state;
  std::map<std::string, std::string> broken;      ///< service -> why its record cannot be read
  std::map<std::string, std::string> unreadable;  ///< the same services -> their records, as they stood there
  std::map<std::string, std::string> held;  ///< services that the registry had lost -> since when (RFC 3339)
  bool cut = false;  ///< its end is missing, and with it perhaps the latest records: what is left may be old
};

/// Reads the text of a last known state: an object of records (registry/record.hpp), one service on a line,
/// each with `heldSince` where the registry had lost the service. A record that is damaged or of a newer
/// version costs only its own service; where the text as a whole is no JSON (cut off, a line spoilt by hand,
/// records added behind it), its lines are read one by one: the last one of a service counts, and `null` says
/// that there is none. Pure; linear.
/// @return Rejected when there is nothing in it that can be told apart as a service.
Result<LastKnownState> parse_last_known(std::string_view text);

/// One service as it stands in that text, without the comma that follows. @param held_since "" for none
std::string render_last_known(const model::Service& service, const std::string& held_since);
/// The line that says that a service is gone.
std::string render_last_known_absence(const std::string& service);

}  // namespace dfp::reconcile
