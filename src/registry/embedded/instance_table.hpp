#pragma once
#include <string>
#include <vector>

#include "model/instance.hpp"
#include "registry/embedded/sqlite.hpp"

/// The instances in SQL. Blocking; meanings and errors as in Catalog and Registrar.
namespace dfp::registry::embedded::instance_table {

Result<std::vector<model::Instance>> of_service(Connection& connection, const std::string& service);
Result<std::vector<std::string>> services(Connection& connection);
Result<> add(Connection& connection, const model::Instance& instance);
Result<> remove(Connection& connection, const std::string& service, const std::string& node,
                const std::string& id);

}  // namespace dfp::registry::embedded::instance_table
