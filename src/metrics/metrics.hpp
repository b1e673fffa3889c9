#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Counters, gauges and histograms with labels, rendered in the text format of Prometheus. A metric is made
/// (or found) once and then used by reference; it lives as long as its registry. One executor, no locks.
/// Names: dfp_<area>_<what>_<unit>[_total].
namespace dfp::metrics {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_ += n; }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

class Gauge {
 public:
  void set(double value) { value_ = value; }
  double value() const { return value_; }

 private:
  double value_ = 0;
};

/// Observations counted in buckets of growing size.
class Histogram {
 public:
  explicit Histogram(std::vector<double> upper_bounds);
  void observe(double value);

 private:
  friend class Registry;
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;  // one more than bounds: the last is +Inf
  double sum_ = 0;
};

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter& counter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, Labels labels = {});
  /// It is not rendered any more, and must not be used.
  void remove_gauge(std::string_view name, const Labels& labels);
  /// @param upper_bounds ascending; of the first call for this name
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> upper_bounds,
                       Labels labels = {});

  /// Writes whole families that are kept elsewhere (exposition.hpp).
  using Source = std::function<void(std::string& out)>;
  /// Asked at each render() until remove_source(). @param owner tells it from others
  void add_source(const void* owner, Source source);
  void remove_source(const void* owner);

  /// Source: Prometheus, "Exposition formats", text format 0.0.4.
  std::string render() const;

 private:
  struct Family;
  Family& family(std::string_view name, std::string_view help, std::string_view type);
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_;
  std::map<const void*, Source> sources_;
};

/// The registry of this process, for everything that is not given another one.
Registry& process_registry();

}  // namespace dfp::metrics
