#include "haproxy/process/environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "base/file.hpp"
#include "base/text.hpp"

namespace dfp::haproxy::process {
namespace {

constexpr std::array<std::string_view, 6> kHandedOn = {"LD_LIBRARY_PATH", "OPENSSL_CONF",  "OPENSSL_MODULES",
                                                       "SSL_CERT_DIR",    "SSL_CERT_FILE", "TZ"};

constexpr std::string_view kPathName = "PATH=";

/// Our PATH.
std::string_view search_path() {
  for (char** entry = environ; entry && *entry; ++entry)
    if (std::string_view text = *entry; text.starts_with(kPathName)) return text.substr(kPathName.size());
  return kPath;
}

}  // namespace

std::vector<std::string> program_environment() {
  std::vector<std::string> out = {fmt::format("{}{}", kPathName, search_path())};
  for (char** entry = environ; entry && *entry; ++entry) {
    std::string_view text = *entry;
    auto name = text.substr(0, text.find('='));
    if (std::ranges::find(kHandedOn, name) != kHandedOn.end()) out.emplace_back(text);
  }
  return out;
}

std::string environment_of(pid_t pid, std::string_view name) {
  auto text = file::read(fmt::format("/proc/{}/environ", pid));
  if (!text) return {};
  for (const auto& entry : text::split(*text, '\0'))
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return entry.substr(name.size() + 1);
  return {};
}

std::string find_executable(const std::string& name) {
  namespace fs = std::filesystem;
  auto resolved = [](const fs::path& file) {
    std::error_code error;
    auto real = fs::canonical(file, error);
    return error || ::access(real.c_str(), X_OK) != 0 ? std::string() : real.string();
  };
  if (name.contains('/')) return resolved(name);
  for (const auto& folder : text::split(search_path(), ':'))
    if (auto found = resolved(fs::path(folder) / name); !found.empty()) return found;
  return {};
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (auto& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace dfp::haproxy::process
