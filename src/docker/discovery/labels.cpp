#include "docker/discovery/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/nearest.hpp"
#include "base/parse.hpp"
#include "base/text.hpp"
#include "parameters/table.hpp"

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

const parameters::ParameterInfo* find_known(std::string_view name) {
  auto known = parameters::reconfigure_parameters();
  auto at = std::ranges::find(known, name, &parameters::ParameterInfo::name);
  return at == known.end() ? nullptr : &*at;
}

/// A parameter of the original with its default: nothing is missing without it.
bool is_default(std::string_view name, const std::string& value) {
  return value.empty() || value == "false" || (name == "reqMode" && value == "http");
}

/// What a request may say beside the definition. `distribute` is what a listener adds to every order.
bool is_for_one_request(std::string_view name) {
  return find_known(name) && !parameters::find_parameter(name) && name != "distribute";
}

/// A label that is for somebody else, or mistyped.
std::string note_unknown(const std::string& name) {
  std::vector<std::string_view> known;
  for (const auto& info : parameters::reconfigure_parameters()) known.push_back(info.name);
  return fmt::format("unknown label {}{} (ignored){}", kPrefix, name, text::suggestion(name, known));
}

Result<Sorted> sort_labels(const Labels& labels, const LabelRules& rules) {
  Sorted sorted;
  for (const auto& [label, value] : labels) {
    if (!label.starts_with(kPrefix) || label == rules.notify) continue;
    auto [text, index] = parameters::split_name(std::string_view(label).substr(kPrefix.size()));
    std::string name(text);
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

/// The original stops at the first index that has none of the keys that make a destination.
void drop_behind_gap(Destinations& destinations, std::vector<std::string>& notes) {
  constexpr std::array<std::string_view, 3> kMaking = {"servicePath", "serviceDomain", "port"};
  unsigned next = 1;
  for (auto at = destinations.upper_bound(0); at != destinations.end(); ++at, ++next) {
    bool makes_one =
        std::ranges::any_of(kMaking, [&](auto name) { return at->second.contains(std::string(name)); });
    if (at->first == next && makes_one) continue;
    notes.push_back(
        fmt::format("labels with index {} are left out: the indices have to be 1, 2, … without a gap, "
                    "each with a servicePath, serviceDomain or port",
                    at->first));
    destinations.erase(at, destinations.end());
    return;
  }
}

/// A default that every destination overrides is nothing to the original; a request would be refused for it.
void drop_unused_defaults(Destinations& destinations, std::vector<std::string>& notes) {
  auto defaults = destinations.find(0);
  if (defaults == destinations.end() || destinations.size() == 1) return;
  std::erase_if(defaults->second, [&](const auto& entry) {
    const auto& name = entry.first;
    bool used = std::ranges::any_of(
        destinations, [&](const auto& one) { return one.first != 0 && !one.second.contains(name); });
    if (!used) notes.push_back(fmt::format("label {}{} is left out: each index has its own", kPrefix, name));
    return !used;
  });
}

/// The labels as parameters of a request.
Values values_of(Sorted& sorted) {
  drop_behind_gap(sorted.destinations, sorted.notes);
  drop_unused_defaults(sorted.destinations, sorted.notes);
  Values values;
  for (const auto& [index, parameters] : sorted.destinations)
    for (const auto& [name, value] : parameters)
      values.emplace(index == 0 ? name : fmt::format("{}.{}", name, index), value);
  return values;
}

bool is_routed(const Values& values) {
  constexpr std::array<std::string_view, 5> kRouting = {"servicePath", "serviceDomain", "consulTemplatePath",
                                                        "consulTemplateFePath", "templateFePath"};
  return std::ranges::any_of(values, [&](const auto& entry) {
    return std::ranges::find(kRouting, parameters::split_name(entry.first).name) != kRouting.end();
  });
}

}  // namespace

std::string as_label_problem(const std::string& problem) {
  for (std::size_t at = 0, end = 0; (end = problem.find(": ", at)) != std::string::npos; at = end + 2)
    if (find_known(parameters::split_name(std::string_view(problem).substr(at, end - at)).name))
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
  std::erase_if(values, [](const auto& entry) { return entry.second.empty(); });  // as not given
  values.try_emplace("serviceName", name);
  if (!is_routed(values)) return refuse("servicePath", "is missing, and so is com.df.serviceDomain");
  parameters::ParameterPairs pairs(values.begin(), values.end());
  auto request = parameters::decode_reconfigure(pairs);
  if (!request) return fail(Errc::InvalidArgument, as_label_problem(request.error().what));
  return LabelOrder{std::move(request->definition), std::move(sorted->notes)};
}

}  // namespace dfp::docker::discovery
