#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "base/task.hpp"

namespace dfp {

/// A few threads for libraries that block (SQLite, files, name lookups). Everything else stays on the one
/// executor.
class BlockingPool {
 public:
  explicit BlockingPool(unsigned threads);
  /// Waits for running work.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  /// Runs `work` on a pool thread and resumes on the caller's executor. `work` must own what it uses and must
  /// not throw.
  template <class F>
  auto run(F work) -> Task<std::invoke_result_t<F>> {
    using T = std::invoke_result_t<F>;
    auto result = std::make_shared<std::optional<T>>();
    std::function<void()> erased = [work = std::make_shared<F>(std::move(work)), result] {
      result->emplace((*work)());
    };
    co_await run_erased(std::move(erased));
    co_return std::move(**result);
  }

 private:
  Task<> run_erased(std::function<void()> work);
  struct Threads;
  std::unique_ptr<Threads> threads_;
};

}  // namespace dfp
