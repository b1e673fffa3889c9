#pragma once
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "model/definition.hpp"
#include "model/instance.hpp"

/// Model values as the API's JSON. Keys are the parameters' names with a capital first letter, as in the
/// original.
namespace dfp::api {

/// One line, as Go's encoding/json writes it: '<', '>', '&' and U+2028, U+2029 inside texts are escaped.
std::string render_json(const boost::json::value& value);

/// "ServiceName".
std::string json_key(std::string_view parameter);

/// The answer's nine keys in the original's order, none omitted; ServicePath is null when empty, PathType as
/// given.
boost::json::object nine_keys(bool ok, std::string_view message, const model::Definition& definition);
/// Appends the parameters that came after the nine: additions stand behind them only.
void append_younger_keys(boost::json::object& answer, const model::Definition& definition);

/// Every parameter of a definition, in the table's order.
boost::json::object definition_json(const model::Definition& definition);
boost::json::object instance_json(const model::Instance& instance);

}  // namespace dfp::api
