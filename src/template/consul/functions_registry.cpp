#include <fmt/format.h>

#include "base/text.hpp"
#include "template/bind.hpp"
#include "template/consul/functions.hpp"
#include "template/consul/query.hpp"
#include "template/consul/session.hpp"
#include "template/consul/types.hpp"

namespace dfp::tmpl::consul {
namespace {

using Texts = Rest<std::string_view>;

std::string joined(const Texts& texts) {
  std::string out;
  for (auto text : texts.values) out += text;
  return out;
}

Value accepted(const Value& services, const ServiceQuery& query) {
  if (query.question.passing_only || query.states.contains("any")) return services;
  std::vector<Value> kept;
  for (const auto& service : services.items())
    if (query.accepts(field(service, ServiceField::Status).as_string())) kept.push_back(service);
  return Value::list(std::move(kept), types::kServiceList);
}

Outcome service(Invocation& call, const Texts& arguments, bool mesh) {
  auto nothing = Value::list({}, types::kServiceList);
  if (arguments.values.empty() || arguments.values[0].empty()) return nothing;
  auto query = parse_service_query({arguments.values.begin(), arguments.values.end()}, mesh);
  if (!query) return std::unexpected(query.error());
  const auto* found = session_of(call).recall(query->question);
  return found ? accepted(*found, *query) : nothing;
}

/// What a function of one optional text gives: the answer, or `nothing` until it is known.
template <class Parse>
Outcome ask(Invocation& call, const Texts& arguments, Parse parse, Value nothing) {
  auto question = parse(joined(arguments));
  if (!question) return std::unexpected(question.error());
  const auto* found = session_of(call).recall(*question);
  return found ? *found : std::move(nothing);
}

Outcome datacenters(Invocation& call, const Rest<bool>& arguments) {
  if (arguments.values.size() > 1)
    return std::unexpected(fmt::format("datacenters: wrong number of arguments, expected 0 or 1, but got {}",
                                       arguments.values.size()));
  registry::DatacentersQuestion question{.reachable_only = !arguments.values.empty() && arguments.values[0]};
  const auto* found = session_of(call).recall(question);
  return found ? *found : Value::list({}, types::kStringList);
}

/// The answer to a key question: not known yet, absent (nothing), or a text.
std::expected<const Value*, std::string> key_answer(Invocation& call, std::string_view text) {
  auto question = parse_key_query(text);
  if (!question) return std::unexpected(question.error());
  return session_of(call).recall(*question);
}

Outcome key(Invocation& call, std::string_view text) {
  if (text.empty()) return Value::of("");
  auto found = key_answer(call, text);
  if (!found) return std::unexpected(found.error());
  if (!*found) return Value::of("");
  if ((*found)->valid()) return **found;
  session_of(call).wait_for(fmt::format("the key {} does not exist", text::shown(text)));
  return Value::of("");
}

Outcome key_exists(Invocation& call, std::string_view text) {
  if (text.empty()) return Value::of(false);
  auto found = key_answer(call, text);
  if (!found) return std::unexpected(found.error());
  return Value::of(*found && (*found)->valid());
}

/// The default stands for a missing key and for an empty one.
Outcome key_or_default(Invocation& call, std::string_view text, std::string_view fallback) {
  if (text.empty()) return Value::of(fallback);
  auto found = key_answer(call, text);
  if (!found) return std::unexpected(found.error());
  bool usable = *found && (*found)->valid() && (*found)->length() > 0;
  return usable ? **found : Value::of(fallback);
}

bool is_direct_child(std::string_view key) { return !key.empty() && key.find('/') == key.npos; }
bool is_no_folder_marker(std::string_view key) { return !key.empty() && !key.ends_with('/'); }

struct Listing {
  bool (*wanted)(std::string_view key);
  bool empty_is_missing;
};

/// ls, tree and their safe forms: pairs below a prefix. The prefix is matched as a text, as Consul does it.
Outcome pairs(Invocation& call, std::string_view prefix, const Listing& listing) {
  std::vector<Value> kept;
  if (!prefix.empty()) {
    auto question = parse_tree_query(prefix);
    if (!question) return std::unexpected(question.error());
    const auto* found = session_of(call).recall(*question);
    if (found)
      for (const auto& pair : found->items())
        if (listing.wanted(field(pair, PairField::Key).as_string())) kept.push_back(pair);
    if (found && kept.empty() && listing.empty_is_missing)
      session_of(call).wait_for(fmt::format("there is no key below {}", text::shown(prefix)));
  }
  return Value::list(std::move(kept), types::kPairList);
}

Function listing_function(Listing listing) {
  return typed(
      bind([listing](Invocation& call, std::string_view prefix) { return pairs(call, prefix, listing); }),
      types::kPairList);
}

}  // namespace

void add_registry_functions(FunctionMap& functions) {
  functions["service"] =
      typed(bind([](Invocation& call, Texts arguments) { return service(call, arguments, false); }),
            types::kServiceList);
  functions["connect"] =
      typed(bind([](Invocation& call, Texts arguments) { return service(call, arguments, true); }),
            types::kServiceList);
  functions["services"] =
      typed(bind([](Invocation& call, Texts arguments) {
              return ask(call, arguments, parse_services_query, Value::list({}, types::kSnippetList));
            }),
            types::kSnippetList);
  functions["nodes"] =
      typed(bind([](Invocation& call, Texts arguments) {
              return ask(call, arguments, parse_nodes_query, Value::list({}, types::kNodeList));
            }),
            types::kNodeList);
  functions["node"] =
      bind([](Invocation& call, Texts arguments) { return ask(call, arguments, parse_node_query, Value()); });
  functions["datacenters"] =
      typed(bind([](Invocation& call, Rest<bool> arguments) { return datacenters(call, arguments); }),
            types::kStringList);

  functions["key"] =
      typed(bind([](Invocation& call, std::string_view text) { return key(call, text); }), types::kString);
  functions["keyExists"] = functions["key_exists"] = typed(
      bind([](Invocation& call, std::string_view text) { return key_exists(call, text); }), types::kBool);
  functions["keyOrDefault"] = functions["key_or_default"] =
      typed(bind([](Invocation& call, std::string_view text, std::string_view fallback) {
              return key_or_default(call, text, fallback);
            }),
            types::kString);
  functions["ls"] = functions["keyPrefix"] = listing_function({is_direct_child, false});
  functions["safeLs"] = listing_function({is_direct_child, true});
  functions["tree"] = listing_function({is_no_folder_marker, false});
  functions["safeTree"] = listing_function({is_no_folder_marker, true});
}

}  // namespace dfp::tmpl::consul
