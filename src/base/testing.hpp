#pragma once
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>

#include "base/task.hpp"

/// For tests only: runs one coroutine to its end on a fresh executor.
namespace dfp::testing {

/// Calls `body(executor)`, runs the task it returns and gives its value. Other tasks of the executor are
/// dropped then.
template <class Body>
auto run(Body body) {
  using TaskType = std::invoke_result_t<Body, Executor>;
  using T = typename TaskType::value_type;
  boost::asio::io_context context(1);
  std::exception_ptr failure;
  bool done = false;
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(context, body(context.get_executor()), [&](std::exception_ptr e) {
      failure = e;
      done = true;
      context.stop();
    });
    context.run();
    if (failure) std::rethrow_exception(failure);
    if (!done) throw std::runtime_error("the coroutine never finished");
  } else {
    std::optional<T> value;
    boost::asio::co_spawn(context, body(context.get_executor()), [&](std::exception_ptr e, T v) {
      failure = e;
      if (!e) value.emplace(std::move(v));
      done = true;
      context.stop();
    });
    context.run();
    if (failure) std::rethrow_exception(failure);
    if (!done) throw std::runtime_error("the coroutine never finished");
    return std::move(*value);
  }
}

}  // namespace dfp::testing
