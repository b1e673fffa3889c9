#include "base/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "base/log.hpp"

namespace dfp {

void spawn(Executor executor, Task<> task, std::string name) {
  boost::asio::co_spawn(executor, std::move(task), [name = std::move(name)](std::exception_ptr e) {
    if (!e) return;
    try {
      std::rethrow_exception(e);
    } catch (const std::exception& error) {
      log::error("task.failed", {{"task", name}, {"error", error.what()}});
    }
  });
}

}  // namespace dfp
