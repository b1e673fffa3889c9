#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "haproxy/listeners/listening.hpp"
#include "haproxy/state/applied_state.hpp"

namespace dfp::haproxy {

/// The ports that HAProxy is to listen on: the proxy's own and those of templates that are loaded.
std::vector<WantedPort> wanted_ports(const Settings& settings, const config::Surroundings& surroundings,
                                     const AppliedState& applied);

/// What a HAProxy that has died is started without, because it would not start with it: a template that it
/// refuses by now, and templates, HTTPS and the statistics page whose ports others have taken meanwhile. All
/// others serve. What is left out is tried again, less and less often (1 s to 1 min).
class LeftOut {
 public:
  LeftOut(const Settings& settings, config::Surroundings& surroundings, AppliedState& applied,
          Listening& listening)
      : settings_(settings), surroundings_(surroundings), applied_(applied), listening_(listening) {}

  bool from_old_files = false;  ///< HAProxy was started from these, and needs a reload

  /// Reserves all ports that HAProxy lacks, and leaves out whoever cannot have his. Keep the result until
  /// HAProxy has bound them. @return the error about a port that nothing can be served without
  Task<Result<std::vector<process::ReservedPort>>> claim();
  /// Leaves the service out that HAProxy's message about this text names. @return false for none
  bool blame(const Error& why, std::string_view config);

  bool any() const { return !applied_.templates().suspended().empty() || !surroundings_.without.empty(); }
  /// Whether it is time for another try.
  bool is_due() const { return any() && Clock::now() >= next_; }

  /// Another try begins: nothing is left out but what claim() finds again. The next try is due later.
  void begin_try();
  /// Whether more can be served than before the try.
  bool is_better() const { return before_ && state() != *before_; }
  /// @param served false: all is left out that was before the try
  void end_try(bool served);

 private:
  struct State {
    TemplateBook::Reasons services;
    std::set<std::string> ports;
    bool operator==(const State&) const = default;
  };
  State state() const { return {applied_.templates().suspended(), surroundings_.without}; }
  void suspend(const std::string& service, const Error& why);
  void leave_out_port(const std::string& port, const Error& why);
  void be_due_soon();

  const Settings& settings_;
  config::Surroundings& surroundings_;
  AppliedState& applied_;
  Listening& listening_;
  std::optional<State> before_;  // the try that is under way: what has been told already
  Clock::duration pause_{};
  Clock::time_point next_{};
};

}  // namespace dfp::haproxy
