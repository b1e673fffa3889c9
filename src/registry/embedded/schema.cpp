#include "registry/embedded/schema.hpp"

#include <fmt/format.h>

namespace dfp::registry::embedded {
namespace {

constexpr std::uint64_t kApplicationId = 0x44465031;  // "DFP1", in the file's header
constexpr std::uint64_t kSchemaVersion = 2;           // user_version, in the file's header

/// kv: versions are the value of the counter `revision` at the time of the write.
/// counters: `revision` grows with every transaction on kv, `deleted` is the revision of the last deletion.
constexpr auto kTables = R"(
CREATE TABLE kv (
  key     TEXT    NOT NULL PRIMARY KEY,
  value   BLOB    NOT NULL,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX kv_by_version ON kv (version);
CREATE TABLE counters (
  name  TEXT    NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters VALUES ('revision', 1), ('deleted', 0);
CREATE TABLE instances (
  node    TEXT    NOT NULL,
  id      TEXT    NOT NULL,
  service TEXT    NOT NULL,
  address TEXT    NOT NULL,
  port    INTEGER NOT NULL,
  tags    TEXT    NOT NULL,  -- JSON list
  meta    TEXT    NOT NULL,  -- JSON object
  health  TEXT    NOT NULL,
  weight  INTEGER NOT NULL,
  expires_at INTEGER NOT NULL DEFAULT 0,  -- milliseconds since 1970; 0: never
  PRIMARY KEY (node, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX instances_by_service ON instances (service, node, id);
)";

/// What makes a file of schema 1 one of schema 2.
constexpr auto kUpgradeFrom1 = "ALTER TABLE instances ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;";

enum class Content { Nothing, Older, Ours };

Result<std::uint64_t> number_of(Connection& connection, const char* sql) {
  Query query(connection, sql);
  auto row = query.step();
  if (!row) return std::unexpected(row.error());
  return *row ? query.number_at(0) : 0;
}

/// What is in the file; an error unless we may work with it.
Result<Content> inspect(Connection& connection) {
  // The tables first: another process makes them and names them its own in one transaction, which may end
  // between two of these reads.
  auto objects = number_of(connection, "SELECT count(*) FROM sqlite_schema");
  if (!objects) return std::unexpected(objects.error());
  if (*objects == 0) return Content::Nothing;
  auto application = number_of(connection, "PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  auto version = number_of(connection, "PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  auto file = connection.file().string();
  if (*application != kApplicationId)
    return fail(Errc::Rejected,
                fmt::format("embedded registry {}: the database belongs to another program", file));
  if (*version > kSchemaVersion)
    return fail(
        Errc::Rejected,
        fmt::format("embedded registry {}: a newer docker-flow-proxy made the database (schema {}, this one "
                    "knows {}); use that version, or another file",
                    file, *version, kSchemaVersion));
  return *version < kSchemaVersion ? Content::Older : Content::Ours;
}

Result<> make_current(Connection& connection) {
  auto transaction = Transaction::begin(connection);
  if (!transaction) return std::unexpected(transaction.error());
  auto content = inspect(connection);  // again: another process may have been first
  if (!content) return std::unexpected(content.error());
  if (*content == Content::Ours) return {};
  auto sql =
      fmt::format("{} PRAGMA application_id = {}; PRAGMA user_version = {};",
                  *content == Content::Nothing ? kTables : kUpgradeFrom1, kApplicationId, kSchemaVersion);
  if (auto made = connection.execute(sql); !made) return made;
  return (*transaction)->commit();
}

/// The switch needs the file for a moment alone; SQLite does not wait for that with its busy timeout in all
/// cases.
Result<> use_write_ahead_log(Connection& connection) {
  Result<> done;
  for (auto deadline = Deadline::after(std::chrono::seconds(5)); !deadline.passed();) {
    done = connection.execute("PRAGMA journal_mode = WAL");
    if (done || done.error().code != Errc::Timeout) break;
  }
  if (!done) return done;
  Query mode(connection, "PRAGMA journal_mode");
  auto row = mode.step();
  if (!row) return std::unexpected(row.error());
  if (mode.text_at(0) != "wal")
    return fail(
        Errc::Unavailable,
        fmt::format("embedded registry {}: the file system does not support a write-ahead log (a network "
                    "file system?); use a local disk",
                    connection.file().string()));
  return connection.execute("PRAGMA synchronous = FULL");
}

}  // namespace

Result<std::unique_ptr<Connection>> open_database(const std::filesystem::path& file) {
  auto connection = Connection::open(file);
  if (!connection) return connection;
  auto content = inspect(**connection);
  if (!content) return std::unexpected(content.error());
  if (auto ready = use_write_ahead_log(**connection); !ready) return std::unexpected(ready.error());
  if (*content != Content::Ours)
    if (auto made = make_current(**connection); !made) return std::unexpected(made.error());
  return connection;
}

}  // namespace dfp::registry::embedded
