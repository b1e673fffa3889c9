#include "metrics/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace dfp::metrics {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string rendered(const Labels& labels, std::string_view extra_name = {},
                     std::string_view extra_value = {}) {
  std::string out;
  auto add = [&](std::string_view name, std::string_view value) {
    out += fmt::format("{}{}=\"{}\"", out.empty() ? "" : ",", name, escaped(value));
  };
  for (const auto& [name, value] : labels) add(name, value);
  if (!extra_name.empty()) add(extra_name, extra_value);
  return out.empty() ? out : "{" + out + "}";
}

}  // namespace

struct Registry::Family {
  std::string help;
  std::string type;
  std::map<Labels, Counter> counters;
  std::map<Labels, Gauge> gauges;
  std::map<Labels, Histogram> histograms;
};

Histogram::Histogram(std::vector<double> upper_bounds)
    : bounds_(std::move(upper_bounds)), counts_(bounds_.size() + 1) {}

void Histogram::observe(double value) {
  auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  ++counts_[static_cast<std::size_t>(bucket)];
  sum_ += value;
}

Registry::Registry() = default;
Registry::~Registry() = default;

Registry::Family& Registry::family(std::string_view name, std::string_view help, std::string_view type) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    auto fresh = std::make_unique<Family>();
    fresh->help = help;
    fresh->type = type;
    found = families_.emplace(name, std::move(fresh)).first;
  }
  return *found->second;
}

Counter& Registry::counter(std::string_view name, std::string_view help, Labels labels) {
  return family(name, help, "counter").counters[std::move(labels)];
}

Gauge& Registry::gauge(std::string_view name, std::string_view help, Labels labels) {
  return family(name, help, "gauge").gauges[std::move(labels)];
}

void Registry::remove_gauge(std::string_view name, const Labels& labels) {
  auto found = families_.find(name);
  if (found != families_.end()) found->second->gauges.erase(labels);
}

Histogram& Registry::histogram(std::string_view name, std::string_view help, std::vector<double> upper_bounds,
                               Labels labels) {
  auto& histograms = family(name, help, "histogram").histograms;
  return histograms.try_emplace(std::move(labels), std::move(upper_bounds)).first->second;
}

std::string Registry::render() const {
  std::string out;
  auto line = [&]<class... T>(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(out), format, std::forward<T>(values)...);
    out += '\n';
  };
  for (const auto& [name, family] : families_) {
    line("# HELP {} {}", name, family->help);
    line("# TYPE {} {}", name, family->type);
    for (const auto& [labels, counter] : family->counters)
      line("{}{} {}", name, rendered(labels), counter.value());
    for (const auto& [labels, gauge] : family->gauges) line("{}{} {}", name, rendered(labels), gauge.value());
    for (const auto& [labels, histogram] : family->histograms) {
      std::uint64_t count = 0;
      for (std::size_t i = 0; i < histogram.counts_.size(); ++i) {
        count += histogram.counts_[i];
        auto bound = i < histogram.bounds_.size() ? fmt::format("{}", histogram.bounds_[i]) : "+Inf";
        line("{}_bucket{} {}", name, rendered(labels, "le", bound), count);
      }
      line("{}_sum{} {}", name, rendered(labels), histogram.sum_);
      line("{}_count{} {}", name, rendered(labels), count);
    }
  }
  return out;
}

Registry& process_registry() {
  static Registry registry;
  return registry;
}

}  // namespace dfp::metrics
