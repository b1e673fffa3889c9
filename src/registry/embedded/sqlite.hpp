#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/deadline.hpp"
#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

/// A thin cover over SQLite's C interface: ownership and errors, nothing else. Everything here blocks; one
/// thread.
namespace dfp::registry::embedded {

/// One open database file.
class Connection {
 public:
  /// Opens or creates the file. @return Unavailable, naming the file and the system's reason.
  static Result<std::unique_ptr<Connection>> open(const std::filesystem::path& file);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs statements without results.
  Result<> execute(const std::string& sql);
  /// Locks of other processes are waited for until then.
  void set_deadline(Deadline deadline);
  const std::filesystem::path& file() const { return file_; }

 private:
  friend class Query;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Connection(sqlite3* handle, std::filesystem::path file) : handle_(handle), file_(std::move(file)) {}
  std::unexpected<Error> failure(int code) const;
  Result<sqlite3_stmt*> prepare(const char* sql);

  sqlite3* handle_;
  std::filesystem::path file_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>>
      statements_;  ///< by address of the SQL
};

/// One run of a statement. Binds its parameters in order; the first error is given by the next step().
class Query {
 public:
  /// @param sql a literal: its address is the key under which the compiled statement is kept.
  Query(Connection& connection, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  /// The bound bytes must live until the last step().
  Query& text(std::string_view value);
  Query& blob(std::string_view value);
  Query& number(std::uint64_t value);

  /// @return true when there is a row to read.
  Result<bool> step();
  /// Runs a statement whose rows do not matter.
  Result<> run();

  std::string text_at(int column) const;
  std::uint64_t number_at(int column) const;

 private:
  void bound(int code);

  Connection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  int next_ = 1;
  Result<> outcome_;
};

/// A write transaction; rolled back unless committed.
class Transaction {
 public:
  /// Takes the write lock at once, so that nothing fails half way for a lock.
  static Result<std::unique_ptr<Transaction>> begin(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  /// Durable when it returns.
  Result<> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(connection) {}
  Connection& connection_;
  bool open_ = true;
};

}  // namespace dfp::registry::embedded
