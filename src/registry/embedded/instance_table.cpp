#include "registry/embedded/instance_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"

namespace dfp::registry::embedded::instance_table {
namespace json = boost::json;
namespace {

/// A column that this program wrote as JSON; whatever somebody else put there counts as empty.
template <class T>
T from_json(const std::string& text) {
  boost::system::error_code error;
  auto value = json::parse(text, error);
  if (error) return {};
  auto read = json::try_value_to<T>(value);
  return read ? std::move(*read) : T{};
}

model::Instance instance_at(const Query& row) {
  model::Instance instance;
  instance.service = row.text_at(0);
  instance.node = row.text_at(1);
  instance.id = row.text_at(2);
  instance.address = row.text_at(3);
  instance.port = static_cast<std::uint16_t>(row.number_at(4));
  instance.tags = from_json<std::vector<std::string>>(row.text_at(5));
  instance.meta = from_json<std::map<std::string, std::string>>(row.text_at(6));
  instance.health = model::parse_health(row.text_at(7)).value_or(model::Health::Critical);
  instance.weight = static_cast<int>(row.number_at(8));
  return instance;
}

}  // namespace

Result<std::vector<model::Instance>> of_service(Connection& connection, const std::string& service) {
  Query query(connection,
              "SELECT service, node, id, address, port, tags, meta, health, weight FROM instances "
              "WHERE service = ? ORDER BY node, id");
  query.text(service);
  std::vector<model::Instance> instances;
  for (;;) {
    auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return instances;
    instances.push_back(instance_at(query));
  }
}

Result<std::vector<std::string>> services(Connection& connection) {
  Query query(connection, "SELECT DISTINCT service FROM instances ORDER BY service");
  std::vector<std::string> names;
  for (;;) {
    auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return names;
    names.push_back(query.text_at(0));
  }
}

Result<> add(Connection& connection, const model::Instance& instance) {
  auto sorted_tags = instance.tags;
  std::ranges::sort(sorted_tags);
  auto tags = json::serialize(json::value_from(sorted_tags));
  auto meta = json::serialize(json::value_from(instance.meta));
  Query query(
      connection,
      "INSERT OR REPLACE INTO instances (service, node, id, address, port, tags, meta, health, weight) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.text(instance.service).text(instance.node).text(instance.id).text(instance.address);
  query.number(instance.port).text(tags).text(meta).text(model::to_string(instance.health));
  return query.number(static_cast<std::uint64_t>(instance.weight)).run();
}

Result<> remove(Connection& connection, const std::string& service, const std::string& node,
                const std::string& id) {
  Query query(connection, "DELETE FROM instances WHERE service = ? AND node = ? AND id = ? RETURNING 1");
  auto row = query.text(service).text(node).text(id).step();
  if (!row) return std::unexpected(row.error());
  if (*row) return query.run();
  return fail(Errc::NotFound, fmt::format("embedded registry: service {} has no instance {} on node {}",
                                          text::shown(service), text::shown(id), text::shown(node)));
}

}  // namespace dfp::registry::embedded::instance_table
