#include "haproxy/driver/traffic_metrics.hpp"

#include <array>
#include <string_view>

#include "metrics/exposition.hpp"

namespace dfp::haproxy {
namespace {
using metrics::Exposition;
using runtime::Count, runtime::kSpans, runtime::Span, runtime::Traffic;

using All = std::map<std::string, Traffic>;

struct Class {
  std::string_view name;
  Count count;
  bool always;
};
constexpr std::array<Class, 6> kStatuses = {{{"1xx", Count::Status1xx, false},
                                             {"2xx", Count::Status2xx, true},
                                             {"3xx", Count::Status3xx, false},
                                             {"4xx", Count::Status4xx, false},
                                             {"5xx", Count::Status5xx, true},
                                             {"other", Count::StatusOther, false}}};
constexpr std::array<Class, 5> kErrors = {{{"connect", Count::ConnectionErrors, false},
                                           {"response", Count::ResponseErrors, false},
                                           {"server_abort", Count::ServerAborts, false},
                                           {"client_abort", Count::ClientAborts, false},
                                           {"denied", Count::Denied, false}}};
constexpr std::array<std::pair<std::string_view, Span>, kSpans> kPhases = {{{"queue", Span::Queue},
                                                                            {"connect", Span::Connect},
                                                                            {"response", Span::Response},
                                                                            {"total", Span::Total}}};

/// The proxy's own have a prefix that no template can use.
std::string_view shown(std::string_view name) {
  constexpr std::string_view kOwn = "dfp:";
  return name.starts_with(kOwn) ? name.substr(kOwn.size()) : name;
}

/// The families of services or of frontends.
class Families {
 public:
  Families(std::string& out, std::string_view subject, const All& all)
      : out_(out), subject_(subject), all_(all) {}

  void counter(std::string_view what, std::string_view help, Count count) {
    Exposition family(out_, name(what), help, "counter");
    for (const auto& [who, traffic] : all_) family.add({{subject_, shown(who)}}, traffic[count]);
  }
  template <std::size_t N>
  void counters(std::string_view what, std::string_view help, std::string_view label,
                const std::array<Class, N>& classes) {
    Exposition family(out_, name(what), help, "counter");
    for (const auto& [who, traffic] : all_)
      for (const auto& one : classes)
        if (one.always || traffic[one.count] > 0)
          family.add({{subject_, shown(who)}, {label, one.name}}, traffic[one.count]);
  }
  void gauge(std::string_view what, std::string_view help, std::uint64_t Traffic::* field) {
    Exposition family(out_, name(what), help, "gauge");
    for (const auto& [who, traffic] : all_) family.add({{subject_, shown(who)}}, traffic.*field);
  }
  void averages(std::string_view what, std::string_view help) {
    constexpr double kMillisecondsInASecond = 1000;
    Exposition family(out_, name(what), help, "gauge");
    for (const auto& [who, traffic] : all_)
      for (const auto& [phase, span] : kPhases)
        family.add(
            {{subject_, shown(who)}, {"phase", phase}},
            static_cast<double>(traffic.averages[static_cast<std::size_t>(span)]) / kMillisecondsInASecond);
  }

 private:
  std::string name(std::string_view what) const {
    return "dfp_" + std::string(subject_) + "_" + std::string(what);
  }
  std::string& out_;
  std::string_view subject_;
  const All& all_;
};

}  // namespace

void write_traffic(std::string& out, const TrafficBook& book) {
  Families services(out, "service", book.services());
  services.counters("requests_total", "Requests of a service by class of their status.", "code", kStatuses);
  services.counters(
      "errors_total",
      "What went wrong with requests of a service: no connection to an instance (connect), no or a "
      "broken response (response, server_abort), the client left (client_abort), refused by the "
      "proxy (denied).",
      "kind", kErrors);
  services.counter("received_bytes_total", "Bytes from clients of a service.", Count::Received);
  services.counter("sent_bytes_total", "Bytes to clients of a service.", Count::Sent);
  services.counter("retries_total", "Connections to instances that were tried again.", Count::Retries);
  services.counter("redispatches_total", "Requests that were given to another instance.",
                   Count::Redispatches);
  services.gauge("sessions", "Requests of a service that are under way.", &Traffic::sessions);
  services.gauge("queued_requests", "Requests of a service that wait for an instance.", &Traffic::queued);
  services.averages("average_seconds",
                    "Mean time of the last 1,024 requests of a service: in the queue, until an instance was "
                    "connected, until its response began, until it ended (total).");
  Families frontends(out, "frontend", book.frontends());
  frontends.counters("requests_total", "Requests by class of their status.", "code", kStatuses);
  frontends.counter("denied_requests_total", "Requests that a rule refused.", Count::Denied);
  frontends.counter("request_errors_total", "Requests that were not understood, or not sent in time.",
                    Count::RequestErrors);
  frontends.counter("connections_total", "Connections of clients.", Count::Connections);
  frontends.counter("received_bytes_total", "Bytes from clients.", Count::Received);
  frontends.counter("sent_bytes_total", "Bytes to clients.", Count::Sent);
  frontends.gauge("sessions", "Connections of clients that are open.", &Traffic::sessions);
}

}  // namespace dfp::haproxy
