#include "base/line_writer.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace dfp {

struct LineWriter::State {
  State(int fd, std::size_t limit_, std::string (*told_)(std::uint64_t))
      : descriptor(fd), limit(limit_), told(told_) {}

  void push(std::string line) {
    bytes += line.size();
    lines.push_back(std::move(line));
  }
  /// Where lines are missing, that is said.
  void push_told() {
    if (untold > 0) push(told(std::exchange(untold, 0)));
  }
  static void work(std::shared_ptr<State> self);
  static void write(int descriptor, std::string_view text);

  const int descriptor;
  const std::size_t limit;
  std::string (*const told)(std::uint64_t);
  std::mutex mutex;
  std::condition_variable arrived;
  std::condition_variable written;
  std::deque<std::string> lines;  ///< the first one is being written
  std::size_t bytes = 0;
  std::uint64_t dropped = 0;
  std::uint64_t untold = 0;  ///< dropped, and not said yet
  bool running = false;
  bool ended = false;
};

/// All of it, however long it takes; what cannot be written at all is given up.
void LineWriter::State::write(int descriptor, std::string_view text) {
  while (!text.empty()) {
    auto count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // somebody else who shares it made it non-blocking
      pollfd state{descriptor, POLLOUT, 0};
      ::poll(&state, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

void LineWriter::State::work(std::shared_ptr<State> self) {
  std::unique_lock lock(self->mutex);
  for (;;) {
    self->arrived.wait(lock, [&] { return self->ended || !self->lines.empty(); });
    if (self->ended) return;
    // Only this thread takes lines out, and a deque's elements stay where they are when others are appended.
    const std::string& line = self->lines.front();
    lock.unlock();
    write(self->descriptor, line);
    lock.lock();
    self->bytes -= self->lines.front().size();
    self->lines.pop_front();
    if (self->lines.empty()) self->push_told();
    if (self->lines.empty()) self->written.notify_all();
  }
}

LineWriter::LineWriter(int descriptor, std::size_t buffer_bytes, std::string (*told)(std::uint64_t))
    : state_(std::make_shared<State>(descriptor, buffer_bytes, told)) {}

LineWriter::~LineWriter() {
  std::lock_guard lock(state_->mutex);
  state_->ended = true;
  state_->arrived.notify_all();
}

void LineWriter::put(std::string line) {
  std::lock_guard lock(state_->mutex);
  if (state_->bytes + line.size() > state_->limit) {
    ++state_->dropped;
    ++state_->untold;
    return;
  }
  state_->push_told();
  state_->push(std::move(line));
  if (!std::exchange(state_->running, true)) {
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // the thread inherits it: signals are for the others
    std::thread(State::work, state_).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  state_->arrived.notify_one();
}

bool LineWriter::flush(std::chrono::milliseconds at_most) {
  std::unique_lock lock(state_->mutex);
  return state_->written.wait_for(lock, at_most, [&] { return state_->lines.empty(); });
}

std::uint64_t LineWriter::dropped() const {
  std::lock_guard lock(state_->mutex);
  return state_->dropped;
}

}  // namespace dfp
