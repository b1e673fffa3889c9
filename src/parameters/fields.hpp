#pragma once
#include "parameters/table.hpp"

/// `take` and `give` of rows whose value is kept as it is.
namespace dfp::parameters {

using Texts = std::vector<std::string>;

/// Set and get of a field of the definition that holds its value as it is.
template <auto Field, class T>
Result<> take(Definition& definition, Destination&, const ParameterValue& value) {
  definition.*Field = std::get<T>(value);
  return {};
}
template <auto Field>
ParameterValue give(const Definition& definition, const Destination&) {
  return definition.*Field;
}

/// The same of a field of the destination.
template <auto Field, class T>
Result<> take_of_destination(Definition&, Destination& destination, const ParameterValue& value) {
  destination.*Field = std::get<T>(value);
  return {};
}
template <auto Field>
ParameterValue give_of_destination(const Definition&, const Destination& destination) {
  return destination.*Field;
}

}  // namespace dfp::parameters
