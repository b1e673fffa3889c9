#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "haproxy/config/files.hpp"
#include "haproxy/worker/spare_room.hpp"

namespace dfp::haproxy {

/// The run directory: one folder per set of files (g-12), and `current`, a link to the one in force.
/// Switching the link switches all files at once, so what HAProxy reads at its next start is always one
/// consistent set.
class RunFiles {
 public:
  explicit RunFiles(std::filesystem::path run_dir);
  ~RunFiles();
  RunFiles(const RunFiles&) = delete;
  RunFiles& operator=(const RunFiles&) = delete;

  /// Creates the directory (mode 0700) and locks it. @return Conflict when another control plane uses it;
  /// InvalidArgument when it is not ours alone (base/private_files.hpp): who may exchange `current` decides
  /// what HAProxy loads, often as root.
  Result<> prepare();
  /// Writes a set beside the others, completely or not at all; on a full disk in the room that is kept for
  /// it.
  /// @return the path of its haproxy.cfg.
  Result<std::filesystem::path> write(std::uint64_t generation, const config::FileSet& files) const;
  /// Makes it the one in force; the others stay.
  Result<> activate(std::uint64_t generation) const;
  /// Keeps room for the next set then.
  void remove_all_but(std::uint64_t generation) const;
  /// One that is not in force.
  void remove(std::uint64_t generation) const;
  /// What the set in force says about itself; nullopt when there is none.
  std::optional<config::Description> description() const;
  /// Makes and locks the directory again where somebody has deleted it or what is in it.
  Result<> restore();
  /// The set in force.
  std::optional<std::uint64_t> active() const;
  /// haproxy.cfg of the set in force.
  std::filesystem::path config_file() const;
  static std::filesystem::path config_file_in(const std::filesystem::path& run_dir);

 private:
  Result<std::filesystem::path> try_write(std::uint64_t generation, const config::FileSet& files) const;
  Result<> try_activate(std::uint64_t generation) const;
  bool give_up_room(const Error& why) const;
  std::filesystem::path folder(std::uint64_t generation) const;
  std::filesystem::path dir_;
  SpareRoom room_;
  int lock_ = -1;
};

}  // namespace dfp::haproxy
