#include "docker/discovery/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/nearest.hpp"
#include "base/parse.hpp"
#include "base/text.hpp"
#include "model/parameters.hpp"

namespace dfp::docker::discovery {
namespace {

constexpr std::string_view kPrefix = "com.df.";

/// For the listener, not for the proxy.
constexpr std::array<std::string_view, 5> kListeners = {"notify", "shortName", "scrapeNetwork",
                                                        "proxyInstanceName", "replicas"};

/// Parameters of the original's last version. Those that the table has are never looked up here.
constexpr std::array<std::string_view, 57> kOriginals = {"addHeader",
                                                         "addReqHeader",
                                                         "addResHeader",
                                                         "allowedMethods",
                                                         "backendExtra",
                                                         "balanceGroup",
                                                         "checkResolvers",
                                                         "checkTcp",
                                                         "clitcpka",
                                                         "compressionAlgo",
                                                         "compressionType",
                                                         "connectionMode",
                                                         "delReqHeader",
                                                         "delResHeader",
                                                         "deniedMethods",
                                                         "denyHttp",
                                                         "httpsOnly",
                                                         "httpsPort",
                                                         "httpsRedirectCode",
                                                         "ignoreAuthorization",
                                                         "isDefaultBackend",
                                                         "outboundHostname",
                                                         "redirectFromDomain",
                                                         "redirectUnlessHttpsProto",
                                                         "redirectWhenHttpProto",
                                                         "reqMode",
                                                         "reqPathReplace",
                                                         "reqPathSearch",
                                                         "reqPathSearchReplace",
                                                         "serviceCert",
                                                         "serviceDomainAlgo",
                                                         "serviceDomainMatchAll",
                                                         "serviceGroup",
                                                         "serviceHeader",
                                                         "servicePathExclude",
                                                         "sessionType",
                                                         "setHeader",
                                                         "setReqHeader",
                                                         "setResHeader",
                                                         "srcHttpsPort",
                                                         "srcPort",
                                                         "sslVerifyNone",
                                                         "templateBePath",
                                                         "templateFePath",
                                                         "timeoutClient",
                                                         "timeoutServer",
                                                         "timeoutTunnel",
                                                         "userAgent",
                                                         "userDef",
                                                         "users",
                                                         "usersPassEncrypted",
                                                         "usersSecret",
                                                         "verifyClientSsl",
                                                         "consulTemplateBePath",
                                                         "consulTemplateFePath",
                                                         "debug",
                                                         "serviceCheck"};

/// The values of one destination by parameter; index 0 are the defaults of all.
using Values = std::map<std::string, std::string>;
using Destinations = std::map<unsigned, Values>;

struct Sorted {
  Destinations destinations;
  std::vector<std::string> notes;
};

std::unexpected<Error> refuse(std::string_view label, std::string_view why) {
  return fail(Errc::InvalidArgument, fmt::format("label {}{}: {}", kPrefix, label, why));
}

const model::ParameterInfo* find_known(std::string_view name) {
  auto known = model::reconfigure_parameters();
  auto at = std::ranges::find(known, name, &model::ParameterInfo::name);
  return at == known.end() ? nullptr : &*at;
}

/// A parameter of the original with its default: nothing is missing without it.
bool is_default(std::string_view name, const std::string& value) {
  return value.empty() || value == "false" || (name == "reqMode" && value == "http");
}

/// What a request may say beside the definition. `distribute` is what a listener adds to every order.
bool is_for_one_request(std::string_view name) {
  return find_known(name) && !model::find_parameter(name) && name != "distribute";
}

/// "servicePath.2" as ("servicePath", 2); without an index 0.
std::pair<std::string, unsigned> split_index(std::string_view name) {
  auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return {std::string(name), 0};
  auto index = parse::number(name.substr(dot + 1), 1, 1000);
  if (!index) return {std::string(name), 0};
  return {std::string(name.substr(0, dot)), static_cast<unsigned>(*index)};
}

/// A label that is for somebody else, or mistyped.
std::string note_unknown(const std::string& name) {
  std::vector<std::string_view> known;
  for (const auto& info : model::reconfigure_parameters()) known.push_back(info.name);
  return fmt::format("unknown label {}{} (ignored){}", kPrefix, name, text::suggestion(name, known));
}

Result<Sorted> sort_labels(const Labels& labels, const LabelRules& rules) {
  Sorted sorted;
  for (const auto& [label, value] : labels) {
    if (!label.starts_with(kPrefix) || label == rules.notify) continue;
    auto [name, index] = split_index(std::string_view(label).substr(kPrefix.size()));
    if (is_for_one_request(name))
      return refuse(name, "is for a single request; a label stands for as long as the service does");
    if (find_known(name))
      sorted.destinations[index].insert_or_assign(name, value);
    else if (std::ranges::find(kOriginals, name) != kOriginals.end()) {
      if (!is_default(name, value)) return refuse(name, "this parameter of the original is not supported");
    } else if (std::ranges::find(kListeners, name) == kListeners.end())
      sorted.notes.push_back(note_unknown(name));
  }
  return sorted;
}

/// The indexed destinations, each with the defaults in it. The original stops at the first index that has
/// none of the keys that make a destination.
std::map<unsigned, Values> complete_destinations(const Destinations& sorted,
                                                 std::vector<std::string>& notes) {
  std::map<unsigned, Values> complete;
  for (const auto& [index, values] : sorted) {
    if (index == 0) continue;
    bool makes_one =
        values.contains("servicePath") || values.contains("port") || values.contains("serviceDomain");
    if (index != complete.size() + 1 || !makes_one) {
      notes.push_back(
          fmt::format("labels with index {} are left out: the indices have to be 1, 2, … without a gap, "
                      "each with a servicePath, serviceDomain or port",
                      index));
      break;
    }
    auto all = values;
    if (auto defaults = sorted.find(0); defaults != sorted.end())
      all.insert(defaults->second.begin(), defaults->second.end());
    complete.emplace(index, std::move(all));
  }
  return complete;
}

std::set<std::string> items(const Values& values, const std::string& name) {
  auto at = values.find(name);
  if (at == values.end() || at->second.empty()) return {};
  auto parts = text::split(at->second, ',');
  return {parts.begin(), parts.end()};
}

/// The parameter, besides paths and domains, in which two destinations differ; empty for none.
std::string first_difference(const Values& a, const Values& b) {
  for (const auto* values : {&a, &b})
    for (const auto& [name, value] : *values) {
      if (name == "servicePath" || name == "serviceDomain") continue;
      auto in_a = a.find(name), in_b = b.find(name);
      if (in_a == a.end() || in_b == b.end() || in_a->second != in_b->second) return name;
    }
  return {};
}

/// Destinations as one set of parameters: possible where they differ only in their paths, or only in their
/// domains.
Result<Values> merge(const std::map<unsigned, Values>& destinations) {
  const auto& first = destinations.begin()->second;
  Values merged = first;
  bool same_paths = true, same_domains = true;
  for (const auto& [index, values] : destinations) {
    if (auto name = first_difference(first, values); !name.empty())
      return refuse(fmt::format("{}.{}", name, index),
                    "differs from index 1; one service has one value, so put it under a name of its own");
    same_paths = same_paths && items(values, "servicePath") == items(first, "servicePath");
    same_domains = same_domains && items(values, "serviceDomain") == items(first, "serviceDomain");
  }
  if (!same_paths && !same_domains)
    return refuse("serviceDomain.2",
                  "paths and domains both differ between the indices; put them under names of "
                  "their own");
  for (auto name : {"servicePath", "serviceDomain"}) {
    std::set<std::string> all;
    for (const auto& [index, values] : destinations) all.merge(items(values, name));
    if (!all.empty()) merged[name] = text::join({all.begin(), all.end()}, ",");
  }
  return merged;
}

Result<Values> values_of(Sorted& sorted) {
  auto destinations = complete_destinations(sorted.destinations, sorted.notes);
  if (!destinations.empty()) return merge(destinations);
  auto plain = sorted.destinations.find(0);
  return plain == sorted.destinations.end() ? Values{} : plain->second;
}

bool is_routed(const Values& values) {
  constexpr std::array<std::string_view, 5> kRouting = {"servicePath", "serviceDomain", "consulTemplatePath",
                                                        "consulTemplateFePath", "templateFePath"};
  return std::ranges::any_of(kRouting, [&](auto name) { return values.contains(std::string(name)); });
}

}  // namespace

std::string as_label_problem(const std::string& problem) {
  for (std::size_t at = 0, end = 0; (end = problem.find(": ", at)) != std::string::npos; at = end + 2)
    if (find_known(std::string_view(problem).substr(at, end - at)))
      return fmt::format("label {}{}", kPrefix, problem.substr(at));
  return problem;
}

std::string label_of(const Labels& labels, const std::string& name) {
  auto at = labels.find(name);
  return at == labels.end() ? std::string() : at->second;
}

bool label_is_true(const Labels& labels, const std::string& label) {
  auto at = labels.find(label);
  return at != labels.end() && parse::boolean(at->second).value_or(false);
}

Result<std::optional<LabelOrder>> read_labels(const Labels& labels, const std::string& name,
                                              const LabelRules& rules) {
  if (!label_is_true(labels, rules.notify)) return std::nullopt;
  auto wanted = labels.find("com.df.proxyInstanceName");
  if (!rules.instance_name.empty() && wanted != labels.end() && wanted->second != rules.instance_name)
    return std::nullopt;
  auto sorted = sort_labels(labels, rules);
  if (!sorted) return std::unexpected(sorted.error());
  auto values = values_of(*sorted);
  if (!values) return std::unexpected(values.error());
  std::erase_if(*values, [](const auto& entry) { return entry.second.empty(); });  // as not given
  values->try_emplace("serviceName", name);
  if (!is_routed(*values)) return refuse("servicePath", "is missing, and so is com.df.serviceDomain");
  model::ParameterPairs pairs(values->begin(), values->end());
  auto request = model::decode_reconfigure(pairs);
  if (!request) return fail(Errc::InvalidArgument, as_label_problem(request.error().what));
  return LabelOrder{std::move(request->definition), std::move(sorted->notes)};
}

}  // namespace dfp::docker::discovery
