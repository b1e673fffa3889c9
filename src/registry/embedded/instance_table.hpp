#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "model/instance.hpp"
#include "registry/embedded/sqlite.hpp"

/// The instances in SQL. Blocking; meanings and errors as in Catalog and Registrar.
namespace dfp::registry::embedded::instance_table {

Result<std::vector<model::Instance>> of_service(Connection& connection, const std::string& service);
Result<std::vector<std::string>> services(Connection& connection);
/// Every instance, sorted by (node, id).
Result<std::vector<model::Instance>> all(Connection& connection);
/// The instances that are not passing, sorted by (node, id).
Result<std::vector<model::Instance>> not_passing(Connection& connection);
/// Service, node, id, address and port of every instance, sorted by address and port.
Result<std::vector<model::Instance>> addresses(Connection& connection);
/// @param lifetime until the instance lapses; 0: never. What has lapsed is not seen any more, and deleted by
/// the next enroll().
Result<> enroll(Connection& connection, const model::Instance& instance, std::chrono::seconds lifetime);
Result<> renew(Connection& connection, const model::Instance& instance, std::chrono::seconds lifetime);
Result<> remove(Connection& connection, const std::string& service, const std::string& node,
                const std::string& id);

}  // namespace dfp::registry::embedded::instance_table
