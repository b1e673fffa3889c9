#pragma once
#include "registry/embedded/sqlite.hpp"

namespace dfp::registry::embedded {

/// Opens the database and makes it ours: creates the tables in a new file, switches to a write-ahead log with
/// a synchronous commit (acknowledged = durable). Blocks, a few seconds at most when other processes hold the
/// file.
/// @return Rejected for a file of another program or of a newer version of this one; else as
/// Connection::open.
Result<std::unique_ptr<Connection>> open_database(const std::filesystem::path& file);

}  // namespace dfp::registry::embedded
