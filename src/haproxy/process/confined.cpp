#include "haproxy/process/confined.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace dfp::haproxy::process {
namespace {

constexpr uid_t kOverflowUser = 65534;  // what "nobody" is where nothing else is said

struct User {
  uid_t uid = kOverflowUser;
  gid_t gid = kOverflowUser;
};

User nobody() {
  auto* entry = ::getpwnam("nobody");
  return entry ? User{entry->pw_uid, entry->pw_gid} : User{};
}

void limit(__rlimit_resource resource, rlim_t value) {
  rlimit both{value, value};
  ::setrlimit(resource, &both);
}

// From here to exec: another thread may have held any lock at the time of the fork, so only system calls.

void reset_signals() {
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &by_default, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void confine(const Confinement& confinement, const User* user) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CPU, confinement.cpu_seconds);
  limit(RLIMIT_AS, confinement.memory_bytes);
  limit(RLIMIT_NOFILE, confinement.files);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
  ::unshare(CLONE_NEWNET);
  if (user) {
    (void)!::setgroups(0, nullptr);
    (void)!::setresgid(user->gid, user->gid, user->gid);
    (void)!::setresuid(user->uid, user->uid, user->uid);
  }
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

[[noreturn]] void run(const SpawnOptions& options, char** arguments, char** environment,
                      const Confinement& confinement, const User* user) {
  reset_signals();
  if (::dup2(options.input, STDIN_FILENO) < 0 || ::dup2(options.output, STDOUT_FILENO) < 0 ||
      ::dup2(options.output, STDERR_FILENO) < 0)
    ::_exit(126);
  confine(confinement, user);
  ::execvpe(arguments[0], arguments, environment);
  ::_exit(127);
}

}  // namespace

Result<pid_t> spawn_confined(const SpawnOptions& options, const Confinement& confinement) {
  std::vector<char*> arguments;
  for (const auto& argument : options.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char* environment[] = {path, nullptr};
  auto user = nobody();
  bool drop_user = confinement.drop_user && ::geteuid() == 0;
  auto pid = ::fork();
  if (pid == 0) run(options, arguments.data(), environment, confinement, drop_user ? &user : nullptr);
  if (pid < 0)
    return fail(Errc::Unavailable, fmt::format("start {}: {}", options.arguments[0], std::strerror(errno)));
  return pid;
}

Result<int> open_text(std::string_view text) {
  int file = ::memfd_create("text", MFD_CLOEXEC);
  while (file >= 0 && !text.empty()) {
    auto size = ::write(file, text.data(), text.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  if (file >= 0 && text.empty() && ::lseek(file, 0, SEEK_SET) == 0) return file;
  auto reason = fmt::format("a file in memory: {}", std::strerror(errno));
  if (file >= 0) ::close(file);
  return fail(Errc::Unavailable, reason);
}

}  // namespace dfp::haproxy::process
