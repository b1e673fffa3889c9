#include "haproxy/process/landlock.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>

namespace dfp::haproxy::process {
namespace {

// The interface as of version 6: Debian 12's header ends at version 2.
struct Ruleset {
  std::uint64_t files;
  std::uint64_t network;  // from version 4
  std::uint64_t scopes;   // from version 6
};
struct [[gnu::packed]] PathBeneath {
  std::uint64_t allowed;
  std::int32_t parent;
};
constexpr int kPathBeneath = 1;
constexpr unsigned kAskVersion = 1;
constexpr std::uint64_t kExecute = 1U << 0;
constexpr std::uint64_t kWriteFile = 1U << 1;
constexpr std::uint64_t kReadFile = 1U << 2;
constexpr std::uint64_t kReadFolder = 1U << 3;
constexpr std::uint64_t kFirstFiles = (1U << 13) - 1;
constexpr std::uint64_t kRefer = 1U << 13;     // from version 2
constexpr std::uint64_t kTruncate = 1U << 14;  // from version 3
constexpr std::uint64_t kIoctl = 1U << 15;     // from version 5
constexpr std::uint64_t kTcp = 3;              // bind, connect
constexpr std::uint64_t kScopes = 3;           // abstract sockets, signals

std::uint64_t handled_files(int version) {
  return kFirstFiles | (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0) |
         (version >= 5 ? kIoctl : 0);
}

int create_ruleset(int version) {
  Ruleset ruleset{handled_files(version), version >= 4 ? kTcp : 0, version >= 6 ? kScopes : 0};
  std::size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  return static_cast<int>(::syscall(SYS_landlock_create_ruleset, &ruleset, size, 0));
}

/// @return 0 or errno
int allow(int ruleset, const std::vector<std::string>& paths, std::uint64_t folder_rights) {
  for (const auto& path : paths) {
    int descriptor = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    if (descriptor < 0) continue;  // nothing to allow
    PathBeneath rule{folder_rights, descriptor};
    long added = ::syscall(SYS_landlock_add_rule, ruleset, kPathBeneath, &rule, 0);
    if (added != 0 && errno == EINVAL) {  // a file has no rights of a folder
      rule.allowed = folder_rights & ~kReadFolder;
      added = ::syscall(SYS_landlock_add_rule, ruleset, kPathBeneath, &rule, 0);
    }
    int error = added == 0 ? 0 : errno;
    ::close(descriptor);
    if (error != 0) return error;
  }
  return 0;
}

}  // namespace

FileRules rules_of_program(const std::string& program) {
  namespace fs = std::filesystem;
  FileRules rules;
  rules.programs = {program, "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"};
  auto folder = fs::path(program).parent_path();
  if (folder.filename() == "bin" || folder.filename() == "sbin")  // as /opt/haproxy/sbin
    for (const auto* libraries : {"lib", "lib64"})
      rules.programs.push_back((folder.parent_path() / libraries).string());
  rules.readable = {
      "/etc/ld.so.cache",        "/etc/localtime",     "/etc/resolv.conf", "/etc/hosts",
      "/etc/host.conf",          "/etc/nsswitch.conf", "/etc/gai.conf",    "/etc/services",
      "/etc/protocols",          "/etc/passwd",        "/etc/group",       "/etc/ssl/openssl.cnf",
      "/etc/ssl/certs",          "/dev/urandom",       "/dev/random",      "/sys/devices/system/cpu",
      "/sys/devices/system/node"};
  rules.devices = {"/dev/null"};
  return rules;
}

int restrict_files(const FileRules& rules, int& version) {
  version = static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, kAskVersion));
  if (version < 0) {
    version = 0;
    return errno;
  }
  int ruleset = create_ruleset(version);
  if (ruleset < 0) return errno;
  int error = allow(ruleset, rules.programs, kExecute | kReadFile | kReadFolder);
  if (error == 0) error = allow(ruleset, rules.readable, kReadFile | kReadFolder);
  if (error == 0) error = allow(ruleset, rules.devices, kReadFile | kWriteFile);
  if (error == 0 && ::syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) error = errno;
  ::close(ruleset);
  return error;
}

}  // namespace dfp::haproxy::process
