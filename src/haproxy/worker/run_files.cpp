#include "haproxy/worker/run_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <utility>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/private_files.hpp"

namespace dfp::haproxy {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "g-";
constexpr std::string_view kCurrent = "current";
constexpr std::string_view kRoom = "room";

Error failure(std::string_view operation, const fs::path& path, const std::error_code& error) {
  return {Errc::Unavailable, fmt::format("run-dir: {} {}: {}", operation, path.string(), error.message())};
}

std::optional<std::uint64_t> generation_of(const fs::path& folder) {
  auto name = folder.filename().string();
  std::uint64_t generation = 0;
  if (!name.starts_with(kPrefix)) return std::nullopt;
  auto end = name.data() + name.size();
  auto result = std::from_chars(name.data() + kPrefix.size(), end, generation);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return generation;
}

}  // namespace

RunFiles::RunFiles(fs::path run_dir) : dir_(std::move(run_dir)), room_(dir_ / kRoom) {}
RunFiles::~RunFiles() {
  if (lock_ >= 0) ::close(lock_);
}

Result<> RunFiles::prepare() {
  if (auto ours = file::make_private_folder(dir_, "run-dir"); !ours) return ours;
  auto file = dir_ / "lock";
  lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (lock_ < 0) return std::unexpected(failure("open", file, {errno, std::generic_category()}));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0)
    return fail(Errc::Conflict,
                fmt::format("run-dir: another docker-flow-proxy uses {}; give this one its own "
                            "--run-dir",
                            dir_.string()));
  return {};
}

fs::path RunFiles::folder(std::uint64_t generation) const {
  return dir_ / fmt::format("{}{}", kPrefix, generation);
}
fs::path RunFiles::config_file() const { return config_file_in(dir_); }
fs::path RunFiles::config_file_in(const fs::path& run_dir) {
  return run_dir / kCurrent / config::kConfigFile;
}

/// Others have filled the disk, perhaps.
bool RunFiles::give_up_room(const Error& why) const {
  if (!room_.give_up()) return false;
  log::warn("haproxy.spare_room_used", {{"error", why.what}});
  return true;
}

Result<fs::path> RunFiles::write(std::uint64_t generation, const config::FileSet& files) const {
  auto written = try_write(generation, files);
  if (!written && give_up_room(written.error())) return try_write(generation, files);
  return written;
}

Result<> RunFiles::activate(std::uint64_t generation) const {
  auto active = try_activate(generation);
  if (!active && give_up_room(active.error())) return try_activate(generation);
  return active;
}

Result<fs::path> RunFiles::try_write(std::uint64_t generation, const config::FileSet& files) const {
  auto target = folder(generation);
  std::error_code error;
  fs::remove_all(target, error);
  fs::create_directory(target, error);
  if (error) return std::unexpected(failure("create", target, error));
  for (const auto& [name, content] : files)
    if (auto ok = file::write_atomic(target / name, content, false, 0600); !ok) {
      fs::remove_all(target, error);
      return fail("run-dir", ok.error());
    }
  return target / config::kConfigFile;
}

Result<> RunFiles::try_activate(std::uint64_t generation) const {
  auto link = dir_ / "current.new";
  std::error_code error;
  fs::remove(link, error);
  fs::create_symlink(folder(generation).filename(), link, error);
  if (!error) fs::rename(link, dir_ / kCurrent, error);
  if (error) return std::unexpected(failure("link", link, error));
  return {};
}

void RunFiles::remove(std::uint64_t generation) const {
  std::error_code ignored;
  if (active() != generation) fs::remove_all(folder(generation), ignored);
}

std::optional<config::Description> RunFiles::description() const {
  constexpr std::string_view kWord = "description '";
  std::ifstream in(config_file());
  for (std::string line; std::getline(in, line);) {
    auto at = line.find(kWord);
    if (at == std::string::npos) continue;
    return config::parse_description(std::string_view(line).substr(at + kWord.size()));
  }
  return std::nullopt;
}

Result<> RunFiles::restore() {
  struct stat held{};
  if (lock_ < 0 || (::fstat(lock_, &held) == 0 && held.st_nlink > 0)) return {};
  ::close(std::exchange(lock_, -1));
  return prepare();
}

void RunFiles::remove_all_but(std::uint64_t generation) const {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(dir_, ignored)) {
    auto other = generation_of(entry.path());
    if (other && *other != generation) fs::remove_all(entry.path(), ignored);
  }
  room_.keep(room_of(folder(generation)));
}

std::optional<std::uint64_t> RunFiles::active() const {
  std::error_code error;
  auto target = fs::read_symlink(dir_ / kCurrent, error);
  if (error) return std::nullopt;
  return generation_of(target);
}

}  // namespace dfp::haproxy
