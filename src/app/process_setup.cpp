#include "app/process_setup.hpp"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "app/server.hpp"
#include "base/log.hpp"
#include "base/private_files.hpp"

namespace dfp::app {
namespace {

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// One thread allocates nearly everything: more arenas would only hold on to memory, and large buffers
/// (rendered files, answers of registries) are given back when they are freed.
void keep_memory_small() {
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

}  // namespace

void set_up_process() {
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  keep_memory_small();
}

void trim_memory() { ::malloc_trim(0); }

Result<> make_folders(const settings::Settings& settings) {
  ::umask(077);  // whatever is written from here on, by us or by HAProxy, is for our user alone
  auto made = file::make_private_folder(settings.state_dir, "state-dir");
  if (made) made = file::make_private_folder(settings.run_dir, "run-dir");
  return made;
}

void ignore_signals() {
  for (int number : {SIGTERM, SIGINT}) std::signal(number, SIG_IGN);
}

int fail_start(std::string_view step, const Error& error, int otherwise) {
  ignore_signals();
  log::error("server.start_failed", {{"step", step}, {"error", error.what}});
  return error.code == Errc::Conflict          ? kPortTaken
         : error.code == Errc::InvalidArgument ? kBadSettings
                                               : otherwise;
}

}  // namespace dfp::app
