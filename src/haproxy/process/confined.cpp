#include "haproxy/process/confined.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "haproxy/process/environment.hpp"
#include "haproxy/process/landlock.hpp"
#include "haproxy/process/syscall_filter.hpp"

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

/// All that the child needs, made before the fork.
struct Plan {
  Confinement confinement;
  User user;
  bool change_user = false;
  FileRules files;
  std::vector<sock_filter> filter;
  pid_t parent = 0;
};

Plan make_plan(const std::string& program, const Confinement& confinement) {
  Plan plan;
  plan.confinement = confinement;
  plan.files = rules_of_program(program);
  if (confinement.any_file) plan.files.programs = {"/"};
  plan.filter = syscall_filter();
  plan.change_user = !confinement.any_file && ::geteuid() == 0;
  if (plan.change_user) plan.user = nobody();
  plan.parent = ::getpid();
  return plan;
}

// From here to exec: another thread may have held any lock at the time of the fork, so only system calls.

int result_of(long returned) { return returned == 0 ? 0 : errno; }

/// The first of two results that is not 0.
int both(int first, int second) { return first != 0 ? first : second; }

int limit(__rlimit_resource resource, rlim_t value) {
  rlimit wanted{value, value};
  return result_of(::setrlimit(resource, &wanted));
}

void reset_signals() {
  struct sigaction by_default{};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &by_default, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// Descriptors of ours all are close-on-exec; this holds for those of libraries too.
int mark_descriptors() {
  int marked = result_of(::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC));
  if (marked != ENOSYS && marked != EINVAL) return marked;
  constexpr int kMost = 65536;
  for (int descriptor = 3; descriptor < kMost; ++descriptor) ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return 0;
}

int set_limits(const Confinement& confinement) {
  int result = limit(RLIMIT_CPU, confinement.cpu_seconds);
  result = both(result, limit(RLIMIT_AS, confinement.memory_bytes));
  result = both(result, limit(RLIMIT_NOFILE, confinement.files));
  result = both(result, limit(RLIMIT_FSIZE, 0));
  return both(result, limit(RLIMIT_CORE, 0));
}

/// A network namespace needs rights that only root has, or a user namespace, which many containers refuse;
/// the latter is tried only where there is no filter, which needs nothing and refuses all sockets.
int leave_network() {
  int result = result_of(::unshare(CLONE_NEWNET));
  if (result == 0 || filter_available() == 0) return result;
  return result_of(::unshare(CLONE_NEWUSER | CLONE_NEWNET));
}

int become(const User& user) {
  int result = result_of(::setgroups(0, nullptr));
  result = both(result, result_of(::setresgid(user.gid, user.gid, user.gid)));
  return both(result, result_of(::setresuid(user.uid, user.uid, user.uid)));
}

/// After the change of users, which would take it back.
void end_with(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(125);  // it ended meanwhile
}

Held confine(const Plan& plan) {
  Held held;
  held.any_file = plan.confinement.any_file;
  held.descriptors = mark_descriptors();
  held.limits = set_limits(plan.confinement);
  held.own_network = leave_network();
  if (plan.change_user) held.other_user = become(plan.user);
  held.no_new_privileges = result_of(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  end_with(plan.parent);
  held.files = restrict_files(plan.files, held.files_version);
  held.filter = install_filter(plan.filter);
  return held;
}

[[noreturn]] void run(const SpawnOptions& options, char** arguments, char** environment, const Plan& plan,
                      int report) {
  reset_signals();
  if (::dup2(options.input, STDIN_FILENO) < 0 || ::dup2(options.output, STDOUT_FILENO) < 0 ||
      ::dup2(options.output, STDERR_FILENO) < 0 || ::chdir("/") != 0)
    ::_exit(126);
  auto held = confine(plan);
  bool told = ::write(report, &held, sizeof held) == sizeof held;
  if (!told || (plan.confinement.required && !held.confined())) ::_exit(125);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

}  // namespace

Result<pid_t> spawn_confined(const SpawnOptions& options, const Confinement& confinement, int report) {
  auto words = options.arguments;
  if (auto program = find_executable(words[0]); !program.empty()) words[0] = program;
  auto plan = make_plan(words[0], confinement);
  std::vector<std::string> known = {std::string("PATH=") + kPath};
  auto arguments = pointers_to(words);
  auto environment = pointers_to(known);
  auto pid = ::fork();
  if (pid == 0) run(options, arguments.data(), environment.data(), plan, report);
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
