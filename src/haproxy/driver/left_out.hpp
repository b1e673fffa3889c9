#pragma once
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

  struct State {
    TemplateBook::Reasons services;
    std::set<std::string> ports;
    bool operator==(const State&) const = default;
  };
  State state() const { return {applied_.templates().suspended(), surroundings_.without}; }
  /// For a try: nothing is left out, or what was before it. The next one is due later.
  void begin_try();
  void end_try(const State& before);
  /// Tells which of them are served again.
  void report_back(const State& before) const;

 private:
  void suspend(const std::string& service, const Error& why);

  const Settings& settings_;
  config::Surroundings& surroundings_;
  AppliedState& applied_;
  Listening& listening_;
  Clock::duration pause_{};
  Clock::time_point next_{};
};

}  // namespace dfp::haproxy
