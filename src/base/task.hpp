#pragma once
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

namespace dfp {

using Executor = boost::asio::any_io_executor;

/// A coroutine on the program's one executor. Lazy: it runs when awaited or spawned.
template <class T = void>
using Task = boost::asio::awaitable<T>;

/// Starts a coroutine that nobody awaits. An exception that leaves it is a bug: it is logged with `name`
/// at level error and the coroutine ends; the program goes on.
void spawn(Executor executor, Task<> task, std::string name);

}  // namespace dfp
