#pragma once
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "haproxy/config/testing.hpp"
#include "haproxy/driver/driver.hpp"
#include "haproxy/runtime/replies.hpp"

/// For integration tests: a driver with a real HAProxy on a private loopback address, and small origin
/// servers.
namespace dfp::haproxy::testing {

/// A server that answers every request with 200 and its name, those to /health and /ready with the status
/// that a test sets; keeps connections alive.
class Origin {
 public:
  /// A listening socket that already has its port.
  class Reserved {
   public:
    Reserved();
    std::uint16_t port() const { return port_; }

   private:
    friend class Origin;
    int listener_ = -1;
    std::uint16_t port_ = 0;
  };

  explicit Origin(std::string name) : Origin(std::move(name), Reserved()) {}
  Origin(std::string name, Reserved reserved);
  ~Origin();
  std::uint16_t port() const { return port_; }
  std::size_t requests() const { return requests_; }
  /// Waits this long before each answer.
  void set_delay(std::chrono::milliseconds delay) { delay_ = delay; }
  void set_health(int status) { health_ = status; }
  void set_ready(int status) { ready_ = status; }
  model::Instance instance() const;

 private:
  void serve(int fd);
  int status_of(std::string_view head) const;
  std::string name_;
  int listener_;
  std::uint16_t port_;
  std::atomic<std::size_t> requests_ = 0;
  std::atomic<std::chrono::milliseconds> delay_{};
  std::atomic<int> health_ = 200;
  std::atomic<int> ready_ = 200;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::set<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

struct Answer {
  int status = 0;  ///< 0: the exchange failed
  std::string body;
};

/// One request on a connection of its own.
Answer get(const std::string& address, std::uint16_t port, const std::string& host, const std::string& path);

/// A keep-alive client in a thread: asks again and again and counts what it gets.
class Client {
 public:
  Client(std::string address, std::uint16_t port, std::string host, std::string path, bool keep_alive);
  ~Client();
  /// Ends it. @return number of exchanges that were not a 200.
  std::size_t stop();
  std::size_t answered() const { return answered_; }
  std::string first_failure() const { return first_failure_; }

 private:
  void run();
  std::string address_;
  std::uint16_t port_;
  std::string request_;
  bool keep_alive_;
  std::string first_failure_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> answered_ = 0;
  std::atomic<std::size_t> failed_ = 0;
  std::thread thread_;
};

/// The service with these origins as instances.
inline model::Service with(model::Service service, std::initializer_list<const Origin*> origins) {
  for (auto* origin : origins) service.instances.push_back(origin->instance());
  return service;
}

/// A driver whose executor runs in a thread, so that a test reads top to bottom.
class Rig {
 public:
  Rig();
  /// On the run directory of another one, which it leaves as it is.
  explicit Rig(Settings settings);
  ~Rig();

  /// A new control plane on the same run directory; the old one is dropped without ending HAProxy.
  void restart_control_plane();
  Result<> start(model::DesiredState state = {});
  Result<model::Plan> apply(model::Change change);
  Result<model::Plan> put(const model::Service& service);
  Result<model::Plan> remove(const std::string& service);
  Result<> reload(bool recreate);
  void stop();
  // As of a moment between two steps of the driver.
  model::Plan plan(const model::Change& change);
  model::DesiredState applied();
  std::string config();
  std::vector<std::string> unhealthy(const std::string& service);
  Result<> check(model::Instance instance, model::HealthCheck check);

  Answer get(const std::string& host, const std::string& path) const;
  Client client(const std::string& path, bool keep_alive) const;
  /// Asks HAProxy itself, as an operator would.
  std::string ask(const std::string& command);
  /// Two commands between which nobody else is served. @return both answers.
  std::string ask_together(const std::string& first, const std::string& second);
  std::string ask_master(const std::string& command);
  pid_t master();
  pid_t worker();

  Settings settings;
  std::string address;
  std::uint16_t port = 8000;

 private:
  template <class T>
  T run(Task<T> task) {
    return boost::asio::co_spawn(*context_, std::move(task), boost::asio::use_future).get();
  }
  /// Where the driver lives.
  template <class Look>
  auto inspect(Look look) {
    return boost::asio::post(*context_, boost::asio::use_future(look)).get();
  }
  std::string ask_once(std::string_view socket_name, const std::string& line);
  runtime::ProcessList processes();
  void launch_context();
  void drop_context();
  std::unique_ptr<boost::asio::io_context> context_;
  std::unique_ptr<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  std::unique_ptr<Driver> driver_;
  bool started_ = false;
  bool owns_directory_ = true;
  std::thread thread_;
};

/// Waits until `condition` holds. @return false after `seconds`.
template <class Condition>
bool eventually(Condition condition, double seconds = 5) {
  auto deadline = Deadline::after(std::chrono::milliseconds(static_cast<int>(seconds * 1000)));
  while (!condition()) {
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace dfp::haproxy::testing
