#pragma once
#include <string>

#include "metrics/metrics.hpp"

namespace dfp::haproxy {

/// What an operator would count about the driver.
class Counters {
 public:
  explicit Counters(metrics::Registry& registry)
      : registry_(registry),
        runtime_changes(
            registry.counter("dfp_haproxy_runtime_changes_total", "Changes applied without a reload.")),
        runtime_failures(
            registry.counter("dfp_haproxy_runtime_failures_total",
                             "Runtime changes that failed midway and were undone or completed.")),
        drift_repairs(registry.counter("dfp_haproxy_drift_repairs_total",
                                       "Differences between HAProxy and the model that were repaired.")),
        respawns(registry.counter("dfp_haproxy_respawns_total", "Restarts of HAProxy after it died.")),
        listener_losses(registry.counter("dfp_haproxy_listener_losses_total",
                                         "Times that HAProxy did not listen on its ports after a reload.")),
        adoptions(
            registry.counter("dfp_haproxy_adoptions_total", "Running workers taken over without a reload.")),
        services(registry.gauge("dfp_haproxy_services", "Services that are served.")),
        servers(registry.gauge("dfp_haproxy_servers", "Servers of all services.")),
        servers_up(registry.gauge("dfp_haproxy_servers_up",
                                  "Servers that get requests, as HAProxy said when last asked.")),
        services_without_server(
            registry.gauge("dfp_haproxy_services_without_server",
                           "Services of which a destination has no server that gets requests.")),
        free_backends(registry.gauge("dfp_haproxy_spare_backends", "Backends free for new services.")),
        leaving_servers(registry.gauge("dfp_haproxy_leaving_servers",
                                       "Servers in maintenance that wait for their last connection.")),
        old_workers(
            registry.gauge("dfp_haproxy_old_workers", "Replaced workers that still finish connections.")),
        apply_seconds(registry.histogram("dfp_haproxy_apply_seconds",
                                         "Time from a change to HAProxy's confirmation.",
                                         {0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1, 5})) {
    reloads("change");  // so that the families are there from the start
    silences("worker");
    silences("master");
  }

  /// @param cause "change", "start", "spares", "request", "repair"
  metrics::Counter& reloads(const std::string& cause) {
    return registry_.counter("dfp_haproxy_reloads_total", "Reloads by cause.", {{"cause", cause}});
  }

  /// @param part "worker", "master"
  metrics::Counter& silences(const std::string& part) {
    return registry_.counter("dfp_haproxy_silences_total",
                             "Times that a part of HAProxy did not answer for 3 s.", {{"part", part}});
  }

 private:
  metrics::Registry& registry_;

 public:
  metrics::Counter& runtime_changes;
  metrics::Counter& runtime_failures;
  metrics::Counter& drift_repairs;
  metrics::Counter& respawns;
  metrics::Counter& listener_losses;
  metrics::Counter& adoptions;
  metrics::Gauge& services;
  metrics::Gauge& servers;
  metrics::Gauge& servers_up;
  metrics::Gauge& services_without_server;
  metrics::Gauge& free_backends;
  metrics::Gauge& leaving_servers;
  metrics::Gauge& old_workers;
  metrics::Histogram& apply_seconds;
};

}  // namespace dfp::haproxy
