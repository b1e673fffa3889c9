// The index rule, one for query, labels and command line; and back.
#include <fmt/format.h>

#include <algorithm>

#include "parameters/options.hpp"
#include "parameters/table.hpp"

namespace dfp::parameters {
namespace {

bool is_default(const ParameterValue& value) {
  if (auto* flag = std::get_if<bool>(&value)) return !*flag;
  return render_value(value).empty();
}

/// The original's sentence comes first, word for word: clients look for it.
Result<> check_mandatory(const Definition& d) {
  bool routed = !d.paths.empty() || !d.domains.empty() || d.has_template();
  if (!d.service.empty() && routed) return {};
  return fail(Errc::InvalidArgument,
              "The following queries are mandatory: serviceName and (servicePath or consulTemplatePath); "
              "a serviceDomain can stand for the servicePath");
}

std::string indexed(std::string_view name, unsigned index) { return fmt::format("{}.{}", name, index); }

/// One value, its own or the one without an index.
Result<> take_value(const ParameterValues& values, const Parameter& parameter, unsigned index,
                    Definition& definition, Destination& destination) {
  const auto* own = values.find(indexed(parameter.info.name, index));
  const auto* value = own ? own : values.find(parameter.info.name);
  if (!value) return {};
  auto taken = parameter.take(definition, destination, *value);
  if (!taken && own) return std::unexpected(model::of_destination(taken.error(), index));
  return taken;
}

/// What is given without an index is the default of all destinations; where each has its own, nobody takes
/// it.
Result<> check_used(const ParameterValues& values, const Parameter& parameter) {
  auto name = parameter.info.name;
  auto has_own = [&](unsigned index) { return values.has(indexed(name, index)); };
  if (!values.has(name) || !std::ranges::all_of(values.indices(), has_own)) return {};
  return fail(Errc::InvalidArgument,
              fmt::format("{}: every destination has its own; give this one an index, too ({}.{}), or leave "
                          "it out",
                          name, name, *values.indices().rbegin() + 1));
}

Result<> take_destinations(const ParameterValues& values, Definition& definition) {
  unsigned expected = model::kFirstDestination;
  for (auto index : values.indices()) {
    if (index != expected++ || index > model::kMaxDestinations)
      return fail(Errc::InvalidArgument,
                  fmt::format("servicePath.{}: destinations are numbered from {} to at most {} without a gap",
                              index, model::kFirstDestination, model::kMaxDestinations));
    Destination& destination = index == model::kFirstDestination ? definition : definition.others[index];
    for (const auto& parameter : table()) {
      if (!parameter.info.indexed) continue;
      if (auto ok = check_used(values, parameter); !ok) return ok;
      if (auto ok = take_value(values, parameter, index, definition, destination); !ok) return ok;
    }
  }
  return {};
}

Result<> take_values(const ParameterValues& values, Definition& definition) {
  bool several = !values.indices().empty();
  for (const auto& parameter : table()) {
    const auto* value = values.find(parameter.info.name);
    if (!value || (several && parameter.info.indexed)) continue;
    if (auto ok = parameter.set(definition, *value); !ok) return ok;
  }
  return several ? take_destinations(values, definition) : Result<>{};
}

}  // namespace

Result<ReconfigureRequest> decode_reconfigure(const ParameterPairs& pairs) {
  auto values = read_values(pairs, reconfigure_parameters());
  if (!values) return std::unexpected(values.error());
  ReconfigureRequest request;
  if (auto ok = take_values(*values, request.definition); !ok) return std::unexpected(ok.error());
  if (auto ok = model::check_templates(request.definition); !ok) return std::unexpected(ok.error());
  if (auto ok = check_mandatory(request.definition); !ok) return std::unexpected(ok.error());
  if (auto ok = validate(request.definition); !ok) return std::unexpected(ok.error());
  auto options = read_options(*values);
  if (!options) return std::unexpected(options.error());
  request.options = *options;
  return request;
}

ParameterPairs encode(const Definition& definition) {
  ParameterPairs pairs;
  auto add = [&](std::string name, const ParameterValue& value) {
    if (!is_default(value)) pairs.emplace_back(std::move(name), render_value(value));
  };
  for (const auto& parameter : table()) {
    std::string name(parameter.info.name);
    if (!parameter.info.indexed || definition.others.empty()) {
      add(name, parameter.get(definition));
      continue;
    }
    for (const auto& [index, destination] : definition.destinations())
      add(indexed(name, index), parameter.give(definition, *destination));
  }
  return pairs;
}

}  // namespace dfp::parameters
