#pragma once
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/wait.hpp"
#include "cli/cli.hpp"
#include "net/http_server.hpp"

/// For tests of the command line: an API to ask, and what a command printed.
namespace dfp::cli {

/// A server on a thread of its own that gives one answer and notes what it was asked.
class FakeApi {
 public:
  struct Silent {};
  static constexpr Silent kSilent{};
  /// Takes requests and never answers.
  explicit FakeApi(Silent) : FakeApi(net::HttpResponse(), true) {}
  explicit FakeApi(net::HttpResponse answer, bool silent = false)
      : answer_(std::move(answer)), silent_(silent) {
    thread_ = std::thread([this] { serve(); });
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return port_ != 0; });
  }
  ~FakeApi() {
    boost::asio::post(context_, [this] { context_.stop(); });
    thread_.join();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string target() {
    std::lock_guard lock(mutex_);
    return target_;
  }

 private:
  void serve() {
    net::HttpServer server(context_.get_executor(),
                           [this](net::HttpRequest request) { return note(std::move(request)); });
    ASSERT_TRUE(server.listen({"127.0.0.1", 0}));
    {
      std::lock_guard lock(mutex_);
      port_ = server.port();
    }
    ready_.notify_all();
    context_.run();
  }
  Task<net::HttpResponse> note(net::HttpRequest request) {
    {
      std::lock_guard lock(mutex_);
      target_ = request.target;
    }
    if (silent_) co_await sleep_for(std::chrono::hours(1));
    co_return answer_;
  }

  net::HttpResponse answer_;
  bool silent_;
  boost::asio::io_context context_{1};
  std::mutex mutex_;
  std::condition_variable ready_;
  std::uint16_t port_ = 0;
  std::string target_;
  std::thread thread_;
};

inline net::HttpResponse json_answer(int status, std::string body) {
  return {status, std::move(body), {{"Content-Type", "application/json"}}};
}

struct Ended {
  int status = -1;
  std::string output, errors;
};

inline Ended run_words(const std::vector<std::string>& words, Context context = {}) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ended ended;
  ended.status = run(words, context);
  std::fflush(stdout);
  ended.output = testing::internal::GetCapturedStdout();
  ended.errors = testing::internal::GetCapturedStderr();
  return ended;
}

}  // namespace dfp::cli
