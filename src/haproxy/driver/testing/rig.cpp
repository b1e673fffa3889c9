#include "haproxy/driver/testing/rig.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "haproxy/process/ports.hpp"
#include "haproxy/runtime/replies.hpp"
#include "haproxy/runtime/session.hpp"

namespace dfp::haproxy::testing {
using namespace std::chrono_literals;
namespace {

std::string private_address() {
  static std::mt19937 random(std::random_device{}() ^ static_cast<unsigned>(::getpid()));
  for (;;) {
    auto address = fmt::format("127.{}.{}.{}", 64 + random() % 64, random() % 256, 1 + random() % 254);
    if (process::check_port_free(address, 8000)) return address;
  }
}

}  // namespace

Rig::Rig() : address(private_address()) {
  char folder[] = "/tmp/dfp-test-XXXXXX";
  settings.run_dir = ::mkdtemp(folder);
  settings.http = {{address, port}};
  settings.spare_backends = 8;
  settings.threads = 1;
  settings.maxconn = 1000;
  settings.checks.interval = 200ms;
  settings.hard_stop_after = 5s;
}

Rig::Rig(Settings settings_)
    : settings(std::move(settings_)), address(settings.http[0].address), owns_directory_(false) {}

Rig::~Rig() {
  auto pid = driver_ || !started_ ? 0 : master();
  if (driver_) stop();
  if (pid > 0) ::kill(pid, SIGTERM);
  if (owns_directory_) std::filesystem::remove_all(settings.run_dir);
}

void Rig::launch_context() {
  started_ = true;
  context_ = std::make_unique<boost::asio::io_context>(1);
  work_ = std::make_unique<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>>(
      context_->get_executor());
  driver_ = std::make_unique<Driver>(context_->get_executor(), settings);
  thread_ = std::thread([this] { context_->run(); });
}

void Rig::drop_context() {
  if (!context_) return;
  context_->stop();
  thread_.join();
  driver_.reset();
  work_.reset();
  context_.reset();
}

void Rig::restart_control_plane() {
  boost::asio::co_spawn(*context_, driver_->detach(), boost::asio::use_future).get();
  drop_context();
}

Result<> Rig::start(model::DesiredState state) {
  if (!context_) launch_context();
  return run(driver_->start(std::move(state), Deadline::after(30s)));
}

Result<model::Plan> Rig::apply(model::Change change) {
  return run(driver_->apply(std::move(change), Deadline::after(30s)));
}
Result<model::Plan> Rig::put(const model::Service& service) {
  return apply({{service.definition.service, service}});
}
Result<> Rig::reload(bool recreate) {
  return run(driver_->reload(recreate, {.deadline = Deadline::after(20s)}));
}
model::Plan Rig::plan(const model::Change& change) {
  return inspect([&] { return driver_->plan(change); });
}
model::DesiredState Rig::applied() {
  return inspect([this] { return driver_->applied(); });
}
std::string Rig::config() {
  return inspect([this] { return driver_->config(); });
}
std::vector<std::string> Rig::unhealthy(const std::string& service) {
  return inspect([&] { return driver_->unhealthy(service); });
}
Result<> Rig::check(model::Instance instance, model::HealthCheck check) {
  return run(driver_->check(std::move(instance), std::move(check), Deadline::after(5s)));
}
Result<model::Plan> Rig::remove(const std::string& service) { return apply({{service, std::nullopt}}); }

void Rig::stop() {
  if (!driver_) return;
  boost::asio::co_spawn(*context_, driver_->stop(Deadline::after(2s)), boost::asio::use_future).get();
  drop_context();
}

Answer Rig::get(const std::string& host, const std::string& path) const {
  return testing::get(address, port, host, path);
}

Client Rig::client(const std::string& path, bool keep_alive) const {
  return Client(address, port, "localhost", path, keep_alive);
}

std::string Rig::ask(const std::string& command) {
  boost::asio::io_context context;
  auto task = [](Executor executor, std::string socket, std::string text) -> Task<std::string> {
    auto session = co_await runtime::Session::open(executor, socket, Deadline::after(5s));
    if (!session) co_return session.error().what;
    auto reply = co_await (*session)->ask(text, Deadline::after(5s));
    co_return reply ? *reply : reply.error().what;
  };
  auto socket = (settings.run_dir / config::kRuntimeSocket).string();
  auto reply =
      boost::asio::co_spawn(context, task(context.get_executor(), socket, command), boost::asio::use_future);
  context.run();
  return reply.get();
}

std::string Rig::ask_once(std::string_view socket_name, const std::string& line) {
  boost::asio::io_context context;
  auto task = [](Executor executor, std::string socket, std::string text) -> Task<std::string> {
    auto reply = co_await runtime::ask_master(executor, socket, text, Deadline::after(5s));
    co_return reply ? *reply : "";
  };
  auto socket = (settings.run_dir / socket_name).string();
  auto reply =
      boost::asio::co_spawn(context, task(context.get_executor(), socket, line), boost::asio::use_future);
  context.run();
  return reply.get();
}
std::string Rig::ask_master(const std::string& command) { return ask_once(config::kMasterSocket, command); }
std::string Rig::ask_together(const std::string& first, const std::string& second) {
  return ask_once(config::kRuntimeSocket, first + ";" + second);
}

runtime::ProcessList Rig::processes() {
  Result<runtime::ProcessList> list;
  eventually([&] {
    return (list = runtime::parse_process_list(ask_master("show proc"))) && !list->workers.empty();
  });
  return list.value_or(runtime::ProcessList{});
}

pid_t Rig::master() { return processes().master; }

pid_t Rig::worker() {
  auto list = processes();
  return list.workers.empty() ? 0 : list.workers.front();
}

}  // namespace dfp::haproxy::testing
