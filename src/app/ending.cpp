#include "app/ending.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <exception>
#include <utility>

#include "app/process_setup.hpp"
#include "app/server.hpp"
#include "base/log.hpp"

namespace dfp::app {
namespace asio = boost::asio;

Ending::IgnoresAfterwards::~IgnoresAfterwards() { ignore_signals(); }

Ending::Ending(Executor executor)
    : executor_(executor), signals_(executor, SIGTERM, SIGINT), changed_(executor) {}

void Ending::watch(const std::shared_ptr<Ending>& ending) {
  spawn(ending->executor_, note_signal(ending), "server.signals");
}

void Ending::run(const std::shared_ptr<Ending>& ending, Task<int> start) {
  spawn(ending->executor_, note_start(ending, std::move(start)), "server.start");
}

Task<> Ending::note_signal(std::shared_ptr<Ending> ending) {
  auto outcome = co_await ending->signals_.async_wait(asio::as_tuple(asio::use_awaitable));
  auto [error, number] = outcome;
  if (error) co_return;
  ending->signal_ = number;
  ending->changed_.notify_all();
}

Task<> Ending::note_start(std::shared_ptr<Ending> ending, Task<int> start) {
  int code = kFailed;
  try {
    code = co_await std::move(start);
  } catch (const std::exception& error) {
    log::error("server.start_failed", {{"error", error.what()}});
  }
  ending->started_ = code;
  ending->changed_.notify_all();
}

Task<> Ending::wait_for_signal() {
  while (!signal_) co_await changed_.wait(Deadline::never());
}

Task<> Ending::wait_for_signal_or_start() {
  while (!signal_ && !started_) co_await changed_.wait(Deadline::never());
}

Task<> Ending::wait_for_start(Deadline deadline) {
  while (!started_ && !deadline.passed()) co_await changed_.wait(deadline);
}

}  // namespace dfp::app
