#include "haproxy/worker/certificate_copies.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/private_files.hpp"
#include "base/text.hpp"
#include "haproxy/config/base_text.hpp"
#include "haproxy/config/files.hpp"
#include "haproxy/worker/run_files.hpp"

namespace dfp::haproxy {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kFolder = "certs";
constexpr std::string_view kPrefix = "../certs/";  // of the copies, from a set of files
constexpr std::string_view kMark = "@";            // between a file's name and its content's
constexpr std::size_t kLongest = 1 << 20;          // bytes of a file
constexpr std::size_t kDigits = 24;                // of a digest: no two files of one name share so many

bool holds_certificate_and_key(const fs::path& file) {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  return context && SSL_CTX_use_certificate_chain_file(context.get(), file.c_str()) == 1 &&
         SSL_CTX_use_PrivateKey_file(context.get(), file.c_str(), SSL_FILETYPE_PEM) == 1 &&
         SSL_CTX_check_private_key(context.get()) == 1;
}

/// In a line of a crt-list: no spaces, brackets, control characters, nor a comment.
bool can_be_listed(std::string_view name) {
  return std::ranges::none_of(name,
                              [](unsigned char c) { return c <= 0x20 || c == 0x7F || c == '[' || c == '#'; });
}

/// "../certs/a.pem@0123" -> "a.pem"
std::string file_of(std::string_view line) {
  auto name = line.substr(kPrefix.size());
  return std::string(name.substr(0, name.rfind(kMark)));
}

}  // namespace

CertificateCopies::CertificateCopies(const fs::path& run_dir)
    : folder_(run_dir / kFolder),
      list_(RunFiles::config_file_in(run_dir).parent_path() / config::kCertificateList) {}

CertificateCopies::Lines CertificateCopies::in_force() const {
  Lines lines;
  auto text = file::read(list_);
  if (!text) return lines;
  for (const auto& line : text::split(*text, '\n'))
    if (line.starts_with(kPrefix) && has({std::string(line)})) lines.emplace(file_of(line), line);
  return lines;
}

bool CertificateCopies::has(const std::vector<std::string>& lines) const {
  return std::ranges::all_of(lines, [this](std::string_view line) {
    std::error_code error;
    return fs::is_regular_file(folder_ / line.substr(kPrefix.size()), error);
  });
}

/// Read once: what is checked is what HAProxy will load.
Result<std::string> CertificateCopies::copy(const fs::path& file) const {
  auto name = file.filename().string();
  std::error_code error;
  if (!can_be_listed(name))
    return fail(Errc::InvalidArgument, "its name has a character that a crt-list cannot have");
  if (auto size = fs::file_size(file, error); !error && size > kLongest)
    return fail(Errc::InvalidArgument, fmt::format("it is longer than {} bytes", kLongest));
  auto content = file::read(file);
  if (!content) return std::unexpected(content.error());
  auto copied = fmt::format("{}{}{}", name, kMark, sha256_hex(*content).substr(0, kDigits));
  if (fs::is_regular_file(folder_ / copied, error)) return fmt::format("{}{}", kPrefix, copied);
  auto fresh = folder_ / "new";
  if (auto written = file::write_atomic(fresh, *content); !written) return std::unexpected(written.error());
  if (!holds_certificate_and_key(fresh))
    return fail(Errc::InvalidArgument, "it needs a certificate and its key as PEM");
  fs::rename(fresh, folder_ / copied, error);
  if (error)
    return fail(Errc::Unavailable, fmt::format("{}: {}", (folder_ / copied).string(), error.message()));
  return fmt::format("{}{}", kPrefix, copied);
}

std::vector<std::string> CertificateCopies::refresh(const fs::path& folder) {
  if (auto made = file::make_private_folder(folder_, "run-dir"); !made)
    log::error("haproxy.certificates_not_copied", {{"error", made.error().what}});
  auto before = in_force();
  Lines lines;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code unknown;
    if (!entry.is_regular_file(unknown)) continue;
    auto name = entry.path().filename().string();
    auto copied = copy(entry.path());
    auto earlier = before.find(name);
    if (copied)
      lines.emplace(name, *copied);
    else if (earlier != before.end())
      lines.insert(*earlier);
    if (!copied)
      log::warn(lines.contains(name) ? "haproxy.certificate_kept" : "haproxy.certificate_left_out",
                {{"file", entry.path().string()}, {"reason", copied.error().what}});
  }
  if (lines.empty() && !before.empty()) {
    log::error("haproxy.certificates_kept", {{"certs_dir", folder.string()},
                                             {"reason", error ? error.message() : "it has no certificate"},
                                             {"certificates", before.size()},
                                             {"remedy", "put them back, or end HTTPS with --https off"}});
    lines = before;
  }
  fs::remove(folder_ / "new", error);
  remove_all_but(before, lines);
  std::vector<std::string> sorted;
  for (const auto& [name, line] : lines) sorted.push_back(line);
  return sorted;
}

/// Those in force stay until others are.
void CertificateCopies::remove_all_but(const Lines& one, const Lines& other) const {
  std::set<std::string> needed;
  for (const auto* lines : {&one, &other})
    for (const auto& [name, line] : *lines) needed.insert(line.substr(kPrefix.size()));
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder_, error))
    if (std::error_code ignored; !needed.contains(entry.path().filename().string()))
      fs::remove(entry.path(), ignored);
}

}  // namespace dfp::haproxy
