#include "base/blocking.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace dfp {
namespace asio = boost::asio;

struct BlockingPool::Threads {
  explicit Threads(unsigned count) : pool(count) {}
  asio::thread_pool pool;
};

BlockingPool::BlockingPool(unsigned threads) : threads_(std::make_unique<Threads>(threads)) {}
BlockingPool::~BlockingPool() { threads_->pool.join(); }

Task<> BlockingPool::run_erased(std::function<void()> work) {
  auto home = co_await asio::this_coro::executor;
  co_await asio::post(asio::bind_executor(threads_->pool, asio::use_awaitable));
  work();
  co_await asio::post(asio::bind_executor(home, asio::use_awaitable));
}

}  // namespace dfp
