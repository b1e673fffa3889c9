#include "haproxy/state/template_book.hpp"

#include <algorithm>
#include <utility>

namespace dfp::haproxy {

void TemplateBook::put(const std::string& service, const config::Fragment* fragment) {
  fragments_.erase(service);
  if (fragment)
    fragments_.emplace(service, *fragment);
  else
    suspended_.erase(service);
}

config::TemplateTexts TemplateBook::texts(const model::DesiredState& state,
                                          const config::Addresses& addresses) const {
  std::map<std::pair<std::string, std::string>, const config::Fragment*> ordered;
  for (const auto& [name, fragment] : fragments_)
    if (!is_suspended(name))
      ordered.emplace(std::pair{state.services.at(name).definition.order_key(), name}, &fragment);
  config::TemplateTexts texts;
  for (const auto& [order, fragment] : ordered) texts.add(order.second, *fragment, addresses);
  return texts;
}

bool TemplateBook::has_section(std::string_view section) const {
  return std::ranges::any_of(fragments_, [name = std::string(section)](const auto& entry) {
    return entry.second.names.contains(name);
  });
}

}  // namespace dfp::haproxy
