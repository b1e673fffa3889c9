#include "registry/embedded/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstring>

namespace dfp::registry::embedded {
namespace {

constexpr auto kLongestLockWait = std::chrono::milliseconds(5000);

Error explain(const std::filesystem::path& file, int code, std::string_view message, int system_errno) {
  auto name = fmt::format("embedded registry {}", file.string());
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::Timeout, name + ": another process holds the database"};
    case SQLITE_NOTADB:
      return {
          Errc::Rejected,
          name + ": the file is not an SQLite database; move it away or name another one with --registry"};
    case SQLITE_CORRUPT:
      return {Errc::Rejected, name + ": the database is damaged; restore it from a backup"};
    case SQLITE_FULL:
      return {Errc::Unavailable, name + ": the disk is full"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {Errc::Unavailable, name + ": the file or its directory is not writable"};
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return {Errc::Unavailable,
              fmt::format("{}: {}", name, system_errno ? std::strerror(system_errno) : std::string(message))};
    default:
      return {Errc::Internal, fmt::format("{}: {}", name, message)};
  }
}

}  // namespace

void Connection::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& file) {
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(file.c_str(), &handle,
                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (!handle) return fail(Errc::Internal, "embedded registry: out of memory");
  std::unique_ptr<Connection> connection(new Connection(handle, file));
  if (code != SQLITE_OK) return connection->failure(code);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, static_cast<int>(kLongestLockWait.count()));
  return connection;
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close(handle_);
}

std::unexpected<Error> Connection::failure(int code) const {
  return std::unexpected(explain(file_, code, sqlite3_errmsg(handle_), sqlite3_system_errno(handle_)));
}

Result<> Connection::execute(const std::string& sql) {
  int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure(code);
  return {};
}

void Connection::set_deadline(Deadline deadline) {
  auto left = std::chrono::ceil<std::chrono::milliseconds>(
      std::min<Clock::duration>(deadline.left(), kLongestLockWait));
  sqlite3_busy_timeout(handle_, static_cast<int>(left.count()));
}

Result<sqlite3_stmt*> Connection::prepare(const char* sql) {
  auto& kept = statements_[sql];
  if (!kept) {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return failure(code);
    kept.reset(statement);
  }
  return kept.get();
}

Query::Query(Connection& connection, const char* sql) : connection_(connection) {
  auto prepared = connection.prepare(sql);
  if (prepared)
    statement_ = *prepared;
  else
    outcome_ = std::unexpected(prepared.error());
}

Query::~Query() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void Query::bound(int code) {
  if (outcome_ && code != SQLITE_OK) outcome_ = connection_.failure(code);
}

Query& Query::text(std::string_view value) {
  if (statement_)
    bound(sqlite3_bind_text64(statement_, next_++, value.data() ? value.data() : "", value.size(),
                              SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Query& Query::blob(std::string_view value) {
  if (statement_)
    bound(sqlite3_bind_blob64(statement_, next_++, value.data() ? value.data() : "", value.size(),
                              SQLITE_STATIC));
  return *this;
}

Query& Query::number(std::uint64_t value) {
  if (statement_) bound(sqlite3_bind_int64(statement_, next_++, static_cast<sqlite3_int64>(value)));
  return *this;
}

Result<bool> Query::step() {
  if (!outcome_) return std::unexpected(outcome_.error());
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_.failure(code);
}

Result<> Query::run() {
  for (;;) {
    auto row = step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
  }
}

std::string Query::text_at(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes ? std::string(bytes, size) : std::string();
}

std::uint64_t Query::number_at(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
}

Result<std::unique_ptr<Transaction>> Transaction::begin(Connection& connection) {
  auto begun = Query(connection, "BEGIN IMMEDIATE").run();
  if (!begun) return std::unexpected(begun.error());
  return std::unique_ptr<Transaction>(new Transaction(connection));
}

Transaction::~Transaction() {
  // An error here means that SQLite has rolled back by itself.
  if (!open_) return;
  [[maybe_unused]] auto rolled_back = Query(connection_, "ROLLBACK").run();
}

Result<> Transaction::commit() {
  auto committed = Query(connection_, "COMMIT").run();
  if (committed) open_ = false;
  return committed;
}

}  // namespace dfp::registry::embedded
