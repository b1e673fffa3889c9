#include "registry/embedded/kv_table.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace dfp::registry::embedded::kv_table {
namespace {

/// The first key behind all keys with this prefix; empty: there is none.
std::string end_of(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xFF') prefix.pop_back();
  if (!prefix.empty()) ++prefix.back();
  return prefix;
}

Result<std::uint64_t> counter(Connection& connection, std::string_view name) {
  Query query(connection, "SELECT value FROM counters WHERE name = ?");
  auto row = query.text(name).step();
  if (!row) return std::unexpected(row.error());
  return query.number_at(0);
}

Result<std::uint64_t> next_revision(Connection& connection) {
  Query query(connection, "UPDATE counters SET value = value + 1 WHERE name = 'revision' RETURNING value");
  auto row = query.step();
  if (!row) return std::unexpected(row.error());
  auto revision = query.number_at(0);
  if (auto finished = query.run(); !finished) return std::unexpected(finished.error());
  return revision;
}

Result<> expect_version(Connection& connection, const std::string& key, std::uint64_t wanted) {
  Query query(connection, "SELECT version FROM kv WHERE key = ?");
  auto row = query.text(key).step();
  if (!row) return std::unexpected(row.error());
  auto actual = *row ? query.number_at(0) : 0;
  if (actual == wanted) return {};
  return fail(Errc::Conflict, fmt::format("embedded registry: key {} has version {}, not {}",
                                          text::shown(key), actual, wanted));
}

Result<> put(Connection& connection, const std::string& key, const std::string& value,
             std::uint64_t revision) {
  Query query(connection,
              "INSERT INTO kv (key, value, version) VALUES (?, ?, ?) "
              "ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version");
  return query.text(key).blob(value).number(revision).run();
}

Result<> mark_deleted(Connection& connection, std::uint64_t revision) {
  Query query(connection, "UPDATE counters SET value = ? WHERE name = 'deleted'");
  return query.number(revision).run();
}

/// `query` deletes and returns a row for each deleted key.
Result<> run_deletion(Connection& connection, Query& query, std::uint64_t revision) {
  auto row = query.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return {};
  if (auto finished = query.run(); !finished) return finished;
  return mark_deleted(connection, revision);
}

struct Apply {
  Connection& connection;
  std::uint64_t revision;

  Result<> operator()(const Put& op) const { return put(connection, op.key, op.value, revision); }
  Result<> operator()(const PutIfVersion& op) const {
    if (auto fits = expect_version(connection, op.key, op.version); !fits) return fits;
    return put(connection, op.key, op.value, revision);
  }
  Result<> operator()(const CheckVersion& op) const { return expect_version(connection, op.key, op.version); }
  Result<> operator()(const Delete& op) const {
    Query query(connection, "DELETE FROM kv WHERE key = ? RETURNING 1");
    return run_deletion(connection, query.text(op.key), revision);
  }
  Result<> operator()(const DeleteTree& op) const {
    auto end = end_of(op.prefix);
    Query query(connection, "DELETE FROM kv WHERE key >= ? AND key < ? RETURNING 1");
    return run_deletion(connection, query.text(op.prefix).text(end), revision);
  }
};

/// Everything that a reader does in here sees one state of the database.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection) : connection_(connection) {}
  ~Snapshot() { [[maybe_unused]] auto ended = Query(connection_, "COMMIT").run(); }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  Result<> begin() { return Query(connection_, "BEGIN").run(); }

 private:
  Connection& connection_;
};

Result<std::vector<Entry>> read_entries(Query& query) {
  std::vector<Entry> entries;
  for (;;) {
    auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return entries;
    entries.push_back({query.text_at(0), query.text_at(1), query.number_at(2)});
  }
}

Result<std::vector<Entry>> entries_under(Connection& connection, const std::string& prefix) {
  auto end = end_of(prefix);
  if (end.empty()) {
    Query query(connection, "SELECT key, value, version FROM kv WHERE key >= ? ORDER BY key");
    return read_entries(query.text(prefix));
  }
  Query query(connection, "SELECT key, value, version FROM kv WHERE key >= ? AND key < ? ORDER BY key");
  return read_entries(query.text(prefix).text(end));
}

Result<bool> has_newer(Connection& connection, const std::string& prefix, std::uint64_t index) {
  auto end = end_of(prefix);
  if (end.empty()) return true;  // the revision has moved
  // The plus signs keep the planner from walking the whole prefix: few keys are newer than an index.
  Query query(connection, "SELECT 1 FROM kv WHERE version > ? AND +key >= ? AND +key < ? LIMIT 1");
  return query.number(index).text(prefix).text(end).step();
}

}  // namespace

Result<std::optional<Entry>> get(Connection& connection, const std::string& key) {
  Query query(connection, "SELECT key, value, version FROM kv WHERE key = ?");
  auto entries = read_entries(query.text(key));
  if (!entries) return std::unexpected(entries.error());
  if (entries->empty()) return std::nullopt;
  return std::move(entries->front());
}

Result<Tree> list(Connection& connection, const std::string& prefix) {
  Snapshot snapshot(connection);
  if (auto begun = snapshot.begin(); !begun) return std::unexpected(begun.error());
  auto revision = counter(connection, "revision");
  if (!revision) return std::unexpected(revision.error());
  auto entries = entries_under(connection, prefix);
  if (!entries) return std::unexpected(entries.error());
  return Tree{std::move(*entries), *revision};
}

Result<std::uint64_t> transact(Connection& connection, const std::vector<Operation>& operations) {
  if (auto fits = check_limits(operations); !fits) return std::unexpected(fits.error());
  auto transaction = Transaction::begin(connection);
  if (!transaction) return std::unexpected(transaction.error());
  auto revision = next_revision(connection);
  if (!revision) return revision;
  for (const auto& operation : operations)
    if (auto applied = std::visit(Apply{connection, *revision}, operation); !applied)
      return std::unexpected(applied.error());
  if (auto committed = (*transaction)->commit(); !committed) return std::unexpected(committed.error());
  return revision;
}

Result<std::optional<std::uint64_t>> changed_since(Connection& connection, const std::string& prefix,
                                                   std::uint64_t index) {
  auto revision = counter(connection, "revision");
  if (!revision) return std::unexpected(revision.error());
  if (*revision == index) return std::nullopt;
  bool rewound = *revision < index;  // the file was replaced by an older one
  auto deleted = counter(connection, "deleted");
  if (!deleted) return std::unexpected(deleted.error());
  if (rewound || index == 0 || *deleted > index) return *revision;
  auto newer = has_newer(connection, prefix, index);
  if (!newer) return std::unexpected(newer.error());
  if (*newer) return *revision;
  return std::nullopt;
}

}  // namespace dfp::registry::embedded::kv_table
