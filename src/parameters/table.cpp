#include "parameters/table.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "parameters/families.hpp"
#include "parameters/options.hpp"

namespace dfp::parameters {
namespace {

const std::vector<Parameter>& all() {
  static const auto kAll = [] {
    std::vector<Parameter> rows;
    for (auto family : {service_parameters(), routing_parameters(), template_parameters(),
                        instance_parameters(), check_parameters()})
      std::ranges::copy(family, std::back_inserter(rows));
    return rows;
  }();
  return kAll;
}

const std::vector<ParameterInfo>& all_infos() {
  static const auto kAll = [] {
    std::vector<ParameterInfo> infos;
    for (const auto& parameter : all()) infos.push_back(parameter.info);
    std::ranges::copy(option_parameters(), std::back_inserter(infos));
    return infos;
  }();
  return kAll;
}

}  // namespace

std::span<const Parameter> table() { return all(); }

const Parameter* find_parameter(std::string_view name) {
  auto at = std::ranges::find(all(), name, [](const Parameter& p) { return p.info.name; });
  return at == all().end() ? nullptr : &*at;
}

std::span<const ParameterInfo> reconfigure_parameters() { return all_infos(); }

}  // namespace dfp::parameters
