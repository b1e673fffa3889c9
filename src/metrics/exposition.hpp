#pragma once
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace dfp::metrics {

/// The lines of one family in the text format. Source: Prometheus, "Exposition formats", text format 0.0.4.
class Exposition {
 public:
  using Label = std::pair<std::string_view, std::string_view>;

  /// Appends to `out`, which must outlive it. @param type "counter", "gauge" or "histogram"
  Exposition(std::string& out, std::string_view name, std::string_view help, std::string_view type);

  /// One sample.
  void add(std::initializer_list<Label> labels, double value);
  void add(std::initializer_list<Label> labels, std::uint64_t value);
  /// The same with labels and value that are text already. @param suffix of the family's name: "_bucket"
  void add_rendered(std::string_view labels, std::string_view value, std::string_view suffix = {});

 private:
  std::string& out_;
  std::string name_;
};

/// `{a="b",c="d"}`, values escaped; nothing for no labels.
std::string label_text(std::span<const Exposition::Label> labels);

}  // namespace dfp::metrics
