#include "haproxy/state/template_error.hpp"

#include <fmt/format.h>

#include <charconv>

#include "model/rendered_text.hpp"

namespace dfp::haproxy {

Error template_error(const model::Service& service, const Error& cause) {
  constexpr std::string_view kLine = "line ";
  auto text = std::string_view(cause.what);
  std::string told;
  std::string named;  // the template that was named last
  while (!text.empty()) {
    auto at = text.find(kLine);
    if (at == std::string_view::npos) break;
    std::size_t number = 0;
    auto digits = text.substr(at + kLine.size());
    auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    auto rest = digits.substr(static_cast<std::size_t>(end - digits.data()));
    bool begins_message = failed == std::errc() && (rest.starts_with(": ") || rest.starts_with(" ("));
    told += text.substr(0, at);
    if (begins_message) {
      auto place = model::rendered_place(service.definition, service.rendered, number);
      if (place.template_name != named) told += fmt::format("template {}: ", place.template_name);
      named = place.template_name;
      told += fmt::format("rendered line {}", place.line);
      text = rest;
    } else {
      told += kLine;
      text = digits;
    }
  }
  told += text;
  return {cause.code, fmt::format("service {}: {}{}", service.definition.service,
                                  named.empty() ? "template: " : "", told)};
}

}  // namespace dfp::haproxy
