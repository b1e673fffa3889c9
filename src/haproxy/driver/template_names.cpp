#include "haproxy/driver/template_names.hpp"

namespace dfp::haproxy {

std::set<std::string> names_in_templates(const AppliedState& applied_state) {
  std::set<std::string> all;
  for (const auto& [service, fragment] : applied_state.fragments()) all.merge(Names::in(fragment));
  return all;
}

std::set<std::string> names_in(const AppliedState& applied_state, const model::Change& change) {
  auto all = Names::in(change);
  for (const auto& [name, service] : change) {
    if (!service || service->rendered.empty()) continue;
    auto fragment = applied_state.fragment_of(*service);
    if (fragment && *fragment) all.merge(Names::in(**fragment));
  }
  return all;
}

}  // namespace dfp::haproxy
