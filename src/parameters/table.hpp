#pragma once
#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "model/definition.hpp"
#include "parameters/values.hpp"

/// THE parameters of `reconfigure`: one table from which query decoding, command line, JSON and the reference
/// in docs/ are derived. A new parameter is one new row in its family's file (and a field of Definition or
/// Destination).
namespace dfp::parameters {

using model::Definition, model::Destination;

struct Parameter {
  ParameterInfo info;
  std::string_view applied;  ///< what of HAProxy it decides
  bool joined_in_json;       ///< a list that JSON shows as one comma-separated text, as 1.0 did
  /// Takes a value of the parameter's type into a definition; into one of its destinations where `indexed`.
  Result<> (*take)(Definition& definition, Destination& destination, const ParameterValue& value);
  /// The value: an empty text or list when there is none.
  ParameterValue (*give)(const Definition& definition, const Destination& destination);

  /// The same, of the service itself or its first destination.
  Result<> set(Definition& definition, const ParameterValue& value) const {
    return take(definition, definition, value);
  }
  ParameterValue get(const Definition& definition) const { return give(definition, definition); }
};

/// All of them, family by family (families.hpp).
std::span<const Parameter> table();
/// nullptr for an unknown name.
const Parameter* find_parameter(std::string_view name);

/// What a request may say beside the definition.
struct RequestOptions {
  bool distribute = false;        ///< accepted as in the original; proxies on one registry always converge
  bool dry_run = false;           ///< say what would be done, change nothing
  bool wait_for_healthy = false;  ///< new instances are checked before they get requests
  std::chrono::milliseconds wait_timeout = std::chrono::seconds(30);  ///< for that; (0, 10 min]
};

struct ReconfigureRequest {
  Definition definition;  ///< valid
  RequestOptions options;
};

/// Everything that `reconfigure` takes: the table's descriptions, then the request options'.
std::span<const ParameterInfo> reconfigure_parameters();

/// Reads and checks a whole request.
/// @return InvalidArgument as read_values and validate; also when serviceName or every kind of route is
/// missing; naming the parameter with its index where that is one of several destinations.
Result<ReconfigureRequest> decode_reconfigure(const ParameterPairs& pairs);

/// The shortest request for a definition: only what differs from the defaults, in the table's order. Several
/// destinations have an index each.
/// decode_reconfigure(encode(d)) gives d again for every valid d without a comma inside a path.
ParameterPairs encode(const Definition& definition);

}  // namespace dfp::parameters
