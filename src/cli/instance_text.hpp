#pragma once
#include <boost/json/object.hpp>
#include <string>

/// Instances in answers of the API.
namespace dfp::cli {

/// "10.0.0.1:80", "[::1]:80".
std::string address_of(const boost::json::object& object);
/// "10.0.0.1:80 web-1 on node-a (passing), weight 3, tags a, b": what is not
/// the default.
std::string render_instance(const boost::json::value& value);
/// Whether a service's registered instances are known, and are not those in
/// use.
bool differs_from_registered(const boost::json::object& service);

}  // namespace dfp::cli
