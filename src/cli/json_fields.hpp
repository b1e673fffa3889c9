#pragma once
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

/// Reads answers of the API, which may come from another version: what is
/// missing, or of another type than expected, is an empty value.
namespace dfp::cli {

std::string text_of(const boost::json::object& object, std::string_view key);
/// Its digits, or "?".
std::string number_of(const boost::json::object& object, std::string_view key);
bool flag_of(const boost::json::object& object, std::string_view key);
/// nullptr unless it is a list.
const boost::json::array* list_of(const boost::json::object& object, std::string_view key);
/// The objects of a list.
std::vector<const boost::json::object*> objects_of(const boost::json::object& object, std::string_view key);
/// The texts of a list.
std::vector<std::string> texts_of(const boost::json::object& object, std::string_view key);
/// They, separated by ", ".
std::string joined(const boost::json::object& object, std::string_view key);
/// Any value on one line: texts without quotes, lists with ", ", anything else
/// as JSON. Empty for what says nothing: null, false, an empty text, list or
/// object.
std::string shown_value(const boost::json::value& value);

}  // namespace dfp::cli
