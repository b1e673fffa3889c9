#include "metrics/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "metrics/exposition.hpp"

namespace dfp::metrics {
namespace {

std::string rendered(const Labels& labels, std::initializer_list<Exposition::Label> more = {}) {
  std::vector<Exposition::Label> all(labels.begin(), labels.end());
  all.insert(all.end(), more.begin(), more.end());
  return label_text(all);
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

void Registry::add_source(const void* owner, Source source) { sources_.emplace(owner, std::move(source)); }
void Registry::remove_source(const void* owner) { sources_.erase(owner); }

std::string Registry::render() const {
  std::string out;
  for (const auto& [name, family] : families_) {
    Exposition lines(out, name, family->help, family->type);
    for (const auto& [labels, counter] : family->counters)
      lines.add_rendered(rendered(labels), fmt::format("{}", counter.value()));
    for (const auto& [labels, gauge] : family->gauges)
      lines.add_rendered(rendered(labels), fmt::format("{}", gauge.value()));
    for (const auto& [labels, histogram] : family->histograms) {
      std::uint64_t count = 0;
      for (std::size_t i = 0; i < histogram.counts_.size(); ++i) {
        count += histogram.counts_[i];
        auto bound = i < histogram.bounds_.size() ? fmt::format("{}", histogram.bounds_[i]) : "+Inf";
        lines.add_rendered(rendered(labels, {{"le", bound}}), fmt::format("{}", count), "_bucket");
      }
      lines.add_rendered(rendered(labels), fmt::format("{}", histogram.sum_), "_sum");
      lines.add_rendered(rendered(labels), fmt::format("{}", count), "_count");
    }
  }
  for (const auto& [owner, source] : sources_) source(out);
  return out;
}

Registry& process_registry() {
  static Registry registry;
  return registry;
}

}  // namespace dfp::metrics
