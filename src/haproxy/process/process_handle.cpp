#include "haproxy/process/process_handle.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <iterator>
#include <set>

#include "haproxy/process/confined.hpp"
#include "haproxy/process/environment.hpp"

namespace dfp::haproxy::process {
namespace asio = boost::asio;
namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

/// Children that a handle will reap; reap_orphans leaves them alone. Only the one executor touches it.
std::set<pid_t>& own_children() {
  static std::set<pid_t> children;
  return children;
}

using Descriptor = asio::posix::stream_descriptor;

void wake(Descriptor& descriptor) {
  boost::system::error_code ignored;
  descriptor.cancel(ignored);
}

/// Wakes who waits for `descriptor` at the deadline, unless one of both is gone by then.
void wake_at(asio::steady_timer& timer, const std::shared_ptr<Descriptor>& descriptor, Deadline deadline) {
  if (deadline.at == Clock::time_point::max()) return;
  timer.expires_at(deadline.at);
  timer.async_wait([weak = std::weak_ptr(descriptor)](const boost::system::error_code& error) {
    if (auto waited = weak.lock(); waited && !error) wake(*waited);
  });
}

}  // namespace

std::string ExitStatus::text() const {
  return fmt::format("{} {}", by_signal ? "signal" : "exit code", code);
}

struct ProcessHandle::Impl {
  Impl(Executor executor, pid_t p, int fd) : pid(p), descriptor(std::make_shared<Descriptor>(executor, fd)) {}
  ~Impl() { own_children().erase(pid); }

  void note_end() {
    pollfd state{descriptor->native_handle(), POLLIN, 0};  // readable once it has ended, reaped or not
    if (ended || ::poll(&state, 1, 0) <= 0) return;
    ended = true;
    siginfo_t info{};
    if (::waitid(P_PIDFD, static_cast<id_t>(descriptor->native_handle()), &info, WEXITED | WNOHANG) == 0)
      status = ExitStatus{info.si_code != CLD_EXITED, info.si_status};
    own_children().erase(pid);
  }
  bool has_ended() {
    note_end();
    return ended;
  }
  void interrupt() {
    ++interrupts;
    wake(*descriptor);
  }
  static Task<bool> wait(std::shared_ptr<Impl> self, Deadline deadline);

  pid_t pid;
  std::shared_ptr<Descriptor> descriptor;
  std::optional<ExitStatus> status;
  bool ended = false;
  unsigned interrupts = 0;
};

/// Several may wait, and the handle may be gone before they have noticed.
Task<bool> ProcessHandle::Impl::wait(std::shared_ptr<Impl> self, Deadline deadline) {
  auto interrupts = self->interrupts;
  asio::steady_timer timer(self->descriptor->get_executor());
  wake_at(timer, self->descriptor, deadline);
  while (!self->has_ended() && !deadline.passed() && interrupts == self->interrupts)
    co_await self->descriptor->async_wait(Descriptor::wait_read, kNoThrow);
  co_return self->ended;
}

ProcessHandle::ProcessHandle(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
ProcessHandle::~ProcessHandle() { interrupt(); }
pid_t ProcessHandle::pid() const { return impl_->pid; }
std::optional<ExitStatus> ProcessHandle::status() const { return impl_->status; }

Result<std::unique_ptr<ProcessHandle>> ProcessHandle::open(Executor executor, pid_t pid) {
  int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0)
    return fail(errno == ESRCH ? Errc::NotFound : Errc::Internal,
                fmt::format("process {}: {}", pid, std::strerror(errno)));
  return std::unique_ptr<ProcessHandle>(
      new ProcessHandle(std::make_shared<Impl>(std::move(executor), pid, fd)));
}

bool ProcessHandle::signal(int number) {
  return ::syscall(SYS_pidfd_send_signal, impl_->descriptor->native_handle(), number, nullptr, 0) == 0;
}

bool ProcessHandle::ended() const { return impl_->has_ended(); }
void ProcessHandle::interrupt() { impl_->interrupt(); }
Task<bool> ProcessHandle::wait(Deadline deadline) { return Impl::wait(impl_, deadline); }

Result<std::unique_ptr<ProcessHandle>> spawn_process(Executor executor, SpawnOptions options) {
  if (options.confinement) {
    auto confined = spawn_confined(options, *options.confinement, options.report);
    if (!confined) return std::unexpected(confined.error());
    own_children().insert(*confined);
    return ProcessHandle::open(std::move(executor), *confined);
  }
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawn_file_actions_init(&actions);
  sigset_t none;
  sigset_t all;
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (options.own_session ? POSIX_SPAWN_SETSID : 0);
  ::posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, options.output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, options.output, STDERR_FILENO);
  auto known = program_environment();
  std::ranges::move(options.environment, std::back_inserter(known));
  auto arguments = pointers_to(options.arguments);
  auto environment = pointers_to(known);
  pid_t pid = 0;
  int error = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0)
    return fail(error == ENOENT ? Errc::NotFound : Errc::Unavailable,
                fmt::format("start {}: {}", options.arguments[0], std::strerror(error)));
  own_children().insert(pid);
  return ProcessHandle::open(std::move(executor), pid);
}

namespace {

Task<Result<ProgramOutput>> run_spawned(Executor executor, SpawnOptions options, Deadline deadline) {
  constexpr std::size_t kMaxOutput = 1 << 20;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) co_return fail(Errc::Unavailable, std::strerror(errno));
  auto name = options.arguments[0];
  options.output = ends[1];
  auto output = std::make_shared<Descriptor>(executor, ends[0]);
  auto child = spawn_process(executor, std::move(options));
  ::close(ends[1]);
  if (!child) co_return std::unexpected(child.error());
  ProgramOutput result;
  asio::steady_timer timer(executor);
  wake_at(timer, output, deadline);
  std::string buffer(16384, '\0');
  for (;;) {
    auto outcome = co_await output->async_read_some(asio::buffer(buffer), kNoThrow);
    auto [error, size] = outcome;
    if (error) break;
    if (result.text.size() < kMaxOutput) result.text.append(buffer, 0, size);
  }
  timer.cancel();
  if (deadline.passed()) (*child)->signal(SIGKILL);
  auto ended = co_await (*child)->wait(Deadline::after(std::chrono::seconds(5)));
  if (deadline.passed()) co_return fail(Errc::Timeout, fmt::format("{} did not end in time", name));
  if (!ended || !(*child)->status())
    co_return fail(Errc::Internal, fmt::format("{}: its end was not seen", name));
  result.status = *(*child)->status();
  co_return std::move(result);
}

}  // namespace

Task<Result<ProgramOutput>> run_program(Executor executor, std::vector<std::string> arguments,
                                        Deadline deadline) {
  SpawnOptions options{.arguments = std::move(arguments)};
  auto output = co_await run_spawned(executor, std::move(options), deadline);
  co_return std::move(output);
}

namespace {

/// A pipe whose ends are closed with it.
struct Pipe {
  Pipe() { open = ::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0; }
  ~Pipe() {
    for (int end : ends)
      if (end >= 0) ::close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int ends[2] = {-1, -1};
  bool open = false;
};

}  // namespace

Task<Result<ProgramOutput>> run_confined(Executor executor, std::vector<std::string> arguments,
                                         std::string input, Confinement confinement, Deadline deadline) {
  Pipe report;
  if (!report.open) co_return fail(Errc::Unavailable, fmt::format("a pipe: {}", std::strerror(errno)));
  auto file = open_text(input);
  if (!file) co_return std::unexpected(file.error());
  auto name = arguments[0];
  SpawnOptions options{.arguments = std::move(arguments),
                       .input = *file,
                       .confinement = &confinement,
                       .report = report.ends[1]};
  auto output = co_await run_spawned(executor, std::move(options), deadline);
  ::close(*file);
  if (!output) co_return std::unexpected(output.error());
  if (::read(report.ends[0], &output->held, sizeof(Held)) != sizeof(Held))
    co_return fail(Errc::Unavailable, fmt::format("{} was not started: {}", name, output->status.text()));
  co_return std::move(output);
}

Task<> reap_orphans(Executor executor) {
  if (::getpid() != 1) co_return;
  asio::signal_set signals(executor, SIGCHLD);
  for (;;) {
    // A child of ours that has ended hides what comes after it; its handle reaps it at once.
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
      if (own_children().contains(info.si_pid)) break;
      ::waitpid(info.si_pid, nullptr, WNOHANG);
      info = {};
    }
    asio::steady_timer again(executor, std::chrono::seconds(1));
    again.async_wait([&signals](const boost::system::error_code& error) {
      if (!error) signals.cancel();
    });
    auto outcome = co_await signals.async_wait(kNoThrow);
    auto [error, number] = outcome;
    if (error && error != asio::error::operation_aborted) co_return;
  }
}

}  // namespace dfp::haproxy::process
