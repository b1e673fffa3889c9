#include "haproxy/process/syscall_filter.hpp"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace dfp::haproxy::process {
namespace {

#if defined(__x86_64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the system calls of this architecture are not known: add its AUDIT_ARCH"
#endif

constexpr unsigned kRefuse = SECCOMP_RET_ERRNO | EPERM;
constexpr unsigned kSocketTypes = 0xF;  // without SOCK_CLOEXEC and SOCK_NONBLOCK
constexpr unsigned kRequestFamily = 0xFF00;
constexpr unsigned kSocketRequests = 0x8900;    // SIOC...
constexpr unsigned kForeignCalls = 0x40000000;  // x32: the same calls by other numbers

// Debian 12's headers know those up to Linux 6.1; later ones reach nothing that these do not.
constexpr long kRefused[] = {
    // network
    SYS_socketpair, SYS_bind, SYS_connect, SYS_listen, SYS_accept, SYS_accept4, SYS_sendto, SYS_sendmsg,
    SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_io_uring_setup, SYS_io_uring_enter,
    SYS_io_uring_register,
#ifdef SYS_fork
    SYS_fork, SYS_vfork,
#endif
    // other processes
    SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_pidfd_open,
    SYS_pidfd_send_signal, SYS_pidfd_getfd, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
    SYS_process_madvise, SYS_process_mrelease, SYS_kcmp, SYS_move_pages, SYS_migrate_pages, SYS_setpriority,
    SYS_ioprio_set, SYS_sched_setaffinity, SYS_sched_setattr, SYS_sched_setparam, SYS_sched_setscheduler,
    // what processes share by names
    SYS_shmget, SYS_shmat, SYS_shmctl, SYS_msgget, SYS_semget, SYS_mq_open, SYS_mq_unlink, SYS_add_key,
    SYS_request_key, SYS_keyctl,
    // the system
    SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount,
    SYS_fsopen, SYS_fsmount, SYS_fspick, SYS_mount_setattr, SYS_open_by_handle_at, SYS_fanotify_init, SYS_bpf,
    SYS_perf_event_open, SYS_userfaultfd, SYS_personality, SYS_syslog, SYS_init_module, SYS_finit_module,
    SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl};

class Program {
 public:
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<unsigned>(offset)); }
  void answer(unsigned verdict) { add(BPF_RET | BPF_K, verdict); }
  /// `verdict` where what was loaded stands in this relation to `value`; otherwise the next line.
  void answer_if(unsigned short relation, unsigned value, unsigned verdict) {
    lines.push_back({static_cast<unsigned short>(BPF_JMP | BPF_K | relation), 0, 1, value});
    answer(verdict);
  }
  /// This call is allowed where its first argument stands in this relation to `value`, and refused otherwise.
  void only_where(long call, unsigned short relation, unsigned value) {
    lines.push_back({BPF_JMP | BPF_K | BPF_JEQ, 0, 4, static_cast<unsigned>(call)});
    load(offsetof(seccomp_data, args));  // its lower half: both architectures are little-endian
    answer_if(relation, value, SECCOMP_RET_ALLOW);
    answer(kRefuse);
  }
  /// Sockets that can send to nobody, as they can neither be bound nor connected and all ways to send are
  /// refused: UDP. HAProxy makes one for each nameserver of a `resolvers` section, and accepts no
  /// configuration without.
  void only_idle_sockets() {
    lines.push_back({BPF_JMP | BPF_K | BPF_JEQ, 0, 10, SYS_socket});
    load(offsetof(seccomp_data, args[1]));
    lines.push_back({BPF_ALU | BPF_AND | BPF_K, 0, 0, kSocketTypes});
    lines.push_back({BPF_JMP | BPF_K | BPF_JEQ, 1, 0, SOCK_DGRAM});
    answer(kRefuse);
    load(offsetof(seccomp_data, args[0]));
    answer_if(BPF_JEQ, AF_INET, SECCOMP_RET_ALLOW);
    answer_if(BPF_JEQ, AF_INET6, SECCOMP_RET_ALLOW);
    answer(kRefuse);
  }
  /// Nothing that asks a socket for the machine's networks.
  void no_socket_questions() {
    lines.push_back({BPF_JMP | BPF_K | BPF_JEQ, 0, 5, SYS_ioctl});
    load(offsetof(seccomp_data, args[1]));
    lines.push_back({BPF_ALU | BPF_AND | BPF_K, 0, 0, kRequestFamily});
    answer_if(BPF_JEQ, kSocketRequests, kRefuse);
    answer(SECCOMP_RET_ALLOW);
  }
  std::vector<sock_filter> lines;

 private:
  void add(unsigned short code, unsigned k) { lines.push_back({code, 0, 0, k}); }
};

}  // namespace

std::vector<sock_filter> syscall_filter() {
  Program program;
  program.load(offsetof(seccomp_data, arch));
  program.lines.push_back({BPF_JMP | BPF_K | BPF_JEQ, 1, 0, kArchitecture});
  program.answer(SECCOMP_RET_KILL_PROCESS);
  program.load(offsetof(seccomp_data, nr));
  program.answer_if(BPF_JGE, kForeignCalls, kRefuse);
  for (long call : kRefused) program.answer_if(BPF_JEQ, static_cast<unsigned>(call), kRefuse);
  // Its arguments are in memory, where a filter cannot look; C libraries then use clone.
  program.answer_if(BPF_JEQ, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
  program.only_where(SYS_clone, BPF_JSET, CLONE_THREAD);  // threads, no processes
  program.only_where(SYS_prlimit64, BPF_JEQ, 0);          // its own limits
  program.only_idle_sockets();
  program.no_socket_questions();
  program.answer(SECCOMP_RET_ALLOW);
  return program.lines;
}

int install_filter(const std::vector<sock_filter>& filter) {
  sock_fprog program{static_cast<unsigned short>(filter.size()), const_cast<sock_filter*>(filter.data())};
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0 ? 0 : errno;
}

int filter_available() {
  unsigned action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ? 0 : errno;
}

}  // namespace dfp::haproxy::process
