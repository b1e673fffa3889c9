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

/// Milliseconds since 1970: the clock that processes of one machine share.
std::uint64_t now() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

/// What `expires_at` holds: 0 for never.
std::uint64_t expiry(std::chrono::seconds lifetime) {
  return lifetime.count() == 0 ? 0 : now() + static_cast<std::uint64_t>(lifetime.count()) * 1000;
}

Result<std::vector<model::Instance>> read_all(Query& query) {
  std::vector<model::Instance> instances;
  for (;;) {
    auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return instances;
    instances.push_back(instance_at(query));
  }
}

std::unexpected<Error> unknown(const std::string& service, const std::string& node, const std::string& id) {
  return fail(Errc::NotFound, fmt::format("embedded registry: service {} has no instance {} on node {}",
                                          text::shown(service), text::shown(id), text::shown(node)));
}

}  // namespace

Result<std::vector<model::Instance>> of_service(Connection& connection, const std::string& service) {
  Query query(connection,
              "SELECT service, node, id, address, port, tags, meta, health, weight FROM instances "
              "WHERE service = ? AND (expires_at = 0 OR expires_at > ?) ORDER BY node, id");
  query.text(service).number(now());
  return read_all(query);
}

Result<std::vector<model::Instance>> all(Connection& connection) {
  Query query(connection,
              "SELECT service, node, id, address, port, tags, meta, health, weight FROM instances "
              "WHERE expires_at = 0 OR expires_at > ? ORDER BY node, id");
  query.number(now());
  return read_all(query);
}

Result<std::vector<model::Instance>> not_passing(Connection& connection) {
  Query query(connection,
              "SELECT service, node, id, address, port, tags, meta, health, weight FROM instances "
              "WHERE health <> ? AND (expires_at = 0 OR expires_at > ?) ORDER BY node, id");
  query.text(model::to_string(model::Health::Passing)).number(now());
  return read_all(query);
}

Result<std::vector<model::Instance>> addresses(Connection& connection) {
  Query query(connection,
              "SELECT service, node, id, address, port FROM instances "
              "WHERE expires_at = 0 OR expires_at > ? ORDER BY address, port, service, node, id");
  query.number(now());
  std::vector<model::Instance> owners;
  for (;;) {
    auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return owners;
    model::Instance owner;
    owner.service = query.text_at(0);
    owner.node = query.text_at(1);
    owner.id = query.text_at(2);
    owner.address = query.text_at(3);
    owner.port = static_cast<std::uint16_t>(query.number_at(4));
    owners.push_back(std::move(owner));
  }
}

Result<std::vector<std::string>> services(Connection& connection) {
  Query query(
      connection,
      "SELECT DISTINCT service FROM instances WHERE expires_at = 0 OR expires_at > ? ORDER BY service");
  query.number(now());
  std::vector<std::string> names;
  for (;;) {
    auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return names;
    names.push_back(query.text_at(0));
  }
}

Result<> enroll(Connection& connection, const model::Instance& instance, std::chrono::seconds lifetime) {
  Query lapsed(connection, "DELETE FROM instances WHERE expires_at > 0 AND expires_at <= ?");
  if (auto cleaned = lapsed.number(now()).run(); !cleaned) return cleaned;
  auto sorted_tags = instance.tags;
  std::ranges::sort(sorted_tags);
  auto tags = json::serialize(json::value_from(sorted_tags));
  auto meta = json::serialize(json::value_from(instance.meta));
  Query query(
      connection,
      "INSERT OR REPLACE INTO instances (service, node, id, address, port, tags, meta, health, weight, "
      "expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  query.text(instance.service).text(instance.node).text(instance.id).text(instance.address);
  query.number(instance.port).text(tags).text(meta).text(model::to_string(instance.health));
  return query.number(static_cast<std::uint64_t>(instance.weight)).number(expiry(lifetime)).run();
}

Result<> renew(Connection& connection, const model::Instance& instance, std::chrono::seconds lifetime) {
  Query query(connection,
              "UPDATE instances SET expires_at = ?, health = ? WHERE service = ? AND node = ? AND id = ? "
              "AND (expires_at = 0 OR expires_at > ?) RETURNING 1");
  query.number(expiry(lifetime)).text(model::to_string(instance.health));
  auto row = query.text(instance.service).text(instance.node).text(instance.id).number(now()).step();
  if (!row) return std::unexpected(row.error());
  if (*row) return query.run();
  return unknown(instance.service, instance.node, instance.id);
}

Result<> remove(Connection& connection, const std::string& service, const std::string& node,
                const std::string& id) {
  Query query(connection, "DELETE FROM instances WHERE service = ? AND node = ? AND id = ? RETURNING 1");
  auto row = query.text(service).text(node).text(id).step();
  if (!row) return std::unexpected(row.error());
  if (*row) return query.run();
  return unknown(service, node, id);
}

}  // namespace dfp::registry::embedded::instance_table
