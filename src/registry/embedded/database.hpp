#pragma once
#include <filesystem>
#include <memory>

#include "base/task.hpp"
#include "registry/catalog.hpp"
#include "registry/key_value.hpp"
#include "registry/registrar.hpp"

namespace dfp::registry::embedded {

/// A registry in one SQLite file, for a proxy without Consul. Several processes of one machine may share the
/// file (not over a network file system): they see each other's changes within 100 ms. What was acknowledged
/// survives a crash and a power failure. Nothing checks the health of its instances: they have what they were
/// registered with.
class Database {
 public:
  /// Blocks: call it at the start. @return Unavailable when the file cannot be opened or made; Rejected when
  /// it is no database, one of another program, or of a newer version of this one; Timeout when another
  /// process holds it.
  static Result<std::unique_ptr<Database>> open(Executor executor, const std::filesystem::path& file);
  /// No operation may be under way.
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Catalog& catalog();
  KeyValue& key_value();
  Registrar& registrar();
  /// Ends every KeyValue::wait() under way with Cancelled.
  void cancel();

 private:
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace dfp::registry::embedded
