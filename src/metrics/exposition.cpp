#include "metrics/exposition.hpp"

#include <fmt/format.h>

#include <iterator>

namespace dfp::metrics {
namespace {

void escape(std::string& out, std::string_view text) {
  for (char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

}  // namespace

std::string label_text(std::span<const Exposition::Label> labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    out += out.empty() ? '{' : ',';
    out += name;
    out += "=\"";
    escape(out, value);
    out += '"';
  }
  if (!out.empty()) out += '}';
  return out;
}

Exposition::Exposition(std::string& out, std::string_view name, std::string_view help, std::string_view type)
    : out_(out), name_(name) {
  fmt::format_to(std::back_inserter(out_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void Exposition::add(std::initializer_list<Label> labels, double value) {
  add_rendered(label_text(std::span(labels.begin(), labels.size())), fmt::format("{}", value));
}

void Exposition::add(std::initializer_list<Label> labels, std::uint64_t value) {
  add_rendered(label_text(std::span(labels.begin(), labels.size())), fmt::format("{}", value));
}

void Exposition::add_rendered(std::string_view labels, std::string_view value, std::string_view suffix) {
  fmt::format_to(std::back_inserter(out_), "{}{}{} {}\n", name_, suffix, labels, value);
}

}  // namespace dfp::metrics
