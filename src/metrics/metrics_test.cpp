#include "metrics/metrics.hpp"

#include <gtest/gtest.h>

namespace dfp::metrics {
namespace {

TEST(Registry, RendersThePrometheusTextFormat) {
  Registry registry;
  registry.counter("dfp_x_total", "Things.", {{"reason", "a \"b\"\n"}}).add(2);
  registry.counter("dfp_x_total", "Things.").add();
  registry.gauge("dfp_free", "Free ones.").set(1.5);
  auto& took = registry.histogram("dfp_took_seconds", "Time.", {0.1, 1});
  took.observe(0.1);
  took.observe(0.5);
  took.observe(3);
  EXPECT_EQ(registry.render(),
            "# HELP dfp_free Free ones.\n# TYPE dfp_free gauge\ndfp_free 1.5\n"
            "# HELP dfp_took_seconds Time.\n# TYPE dfp_took_seconds histogram\n"
            "dfp_took_seconds_bucket{le=\"0.1\"} 1\ndfp_took_seconds_bucket{le=\"1\"} 2\n"
            "dfp_took_seconds_bucket{le=\"+Inf\"} 3\ndfp_took_seconds_sum 3.6\ndfp_took_seconds_count 3\n"
            "# HELP dfp_x_total Things.\n# TYPE dfp_x_total counter\ndfp_x_total 1\n"
            "dfp_x_total{reason=\"a \\\"b\\\"\\n\"} 2\n");
}

TEST(Registry, GivesTheSameMetricForTheSameLabels) {
  Registry registry;
  EXPECT_EQ(&registry.counter("a_total", "", {{"x", "1"}}), &registry.counter("a_total", "", {{"x", "1"}}));
  EXPECT_NE(&registry.counter("a_total", "", {{"x", "1"}}), &registry.counter("a_total", "", {{"x", "2"}}));
}

TEST(Registry, ForgetsAGauge) {
  Registry registry;
  registry.gauge("dfp_a", "A.", {{"x", "1"}}).set(1);
  registry.gauge("dfp_a", "A.", {{"x", "2"}}).set(1);
  registry.remove_gauge("dfp_a", {{"x", "1"}});
  registry.remove_gauge("dfp_b", {});
  EXPECT_EQ(registry.render(), "# HELP dfp_a A.\n# TYPE dfp_a gauge\ndfp_a{x=\"2\"} 1\n");
}

}  // namespace
}  // namespace dfp::metrics
