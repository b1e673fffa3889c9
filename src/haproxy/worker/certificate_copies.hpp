#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace dfp::haproxy {

/// The certificates that HAProxy loads: copies of ours, in `certs` of the run directory. The operator's files
/// belong to others, who renew them: one that is cut or gone when HAProxy has to be started again must not
/// keep it from starting. A copy is named after its file and its content, and never changes. A file beside it
/// (.ocsp, .sctl, .issuer), which HAProxy would load without being asked to, is not copied. Blocking.
class CertificateCopies {
 public:
  explicit CertificateCopies(const std::filesystem::path& run_dir);

  /// Copies the PEM files of `folder` that hold a certificate with its key; others are left out and logged.
  /// What is served stays served where nobody has said that it shall end: in place of a file that is not
  /// usable any more its last copy, and all of them where the folder cannot be read or has none at all.
  /// @return lines for the crt-list, sorted by the names of the files; relative to haproxy.cfg
  std::vector<std::string> refresh(const std::filesystem::path& folder);
  /// Whether all of these are there. A cleaner may have emptied the run directory.
  bool has(const std::vector<std::string>& lines) const;

 private:
  using Lines = std::map<std::string, std::string>;  // file's name -> line
  Lines in_force() const;
  Result<std::string> copy(const std::filesystem::path& file) const;
  void remove_all_but(const Lines& one, const Lines& other) const;

  std::filesystem::path folder_;
  std::filesystem::path list_;  // of the files in force
};

}  // namespace dfp::haproxy
