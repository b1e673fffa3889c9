#include "registry/embedded/database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/blocking.hpp"
#include "base/wait.hpp"
#include "registry/answer_digest.hpp"
#include "registry/embedded/instance_table.hpp"
#include "registry/embedded/kv_table.hpp"
#include "registry/embedded/schema.hpp"

namespace dfp::registry::embedded {
namespace {

/// How often a waiting reader looks for changes by other processes.
constexpr auto kPollInterval = std::chrono::milliseconds(75);
/// How often a reader of the health looks for changes.
constexpr auto kHealthInterval = std::chrono::milliseconds(500);
/// The same of a reader of all addresses, who looks rarer where there are so many that it takes its time.
constexpr auto kAddressInterval = std::chrono::milliseconds(200);
constexpr int kAddressCost = 50;

/// The connection on its own thread.
class Worker {
 public:
  explicit Worker(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  /// Runs `work(Connection&)`, which gives a Result, unless the deadline has passed by then.
  template <class Work>
  auto run(Work work, Deadline deadline) -> Task<std::invoke_result_t<Work, Connection&>> {
    auto job = [connection = connection_.get(), work = std::move(work),
                deadline]() mutable -> std::invoke_result_t<Work, Connection&> {
      if (deadline.passed()) return fail(Errc::Timeout, "embedded registry: no answer in time");
      connection->set_deadline(deadline);
      return work(*connection);
    };
    co_return co_await pool_.run(std::move(job));
  }

 private:
  std::unique_ptr<Connection> connection_;
  BlockingPool pool_{1};  // ends before the connection
};

class DatabaseCatalog : public Catalog {
 public:
  explicit DatabaseCatalog(Worker& worker) : worker_(worker) {}

  Task<Result<std::vector<model::Instance>>> instances(std::string service, Deadline deadline) override {
    auto work = [service = std::move(service)](Connection& c) {
      return instance_table::of_service(c, service);
    };
    co_return co_await worker_.run(std::move(work), deadline);
  }

  Task<Result<std::vector<std::string>>> services(Deadline deadline) override {
    co_return co_await worker_.run(&instance_table::services, deadline);
  }

  Task<Result<HealthReport>> health(std::uint64_t index, Deadline deadline) override {
    if (index != 0) co_await sleep_for(std::min<Clock::duration>(kHealthInterval, deadline.left()));
    if (deadline.passed())
      co_return fail(Errc::Timeout, "embedded registry: instance health was not read in time");
    auto instances = co_await worker_.run(&instance_table::not_passing, deadline);
    if (!instances) co_return std::unexpected(instances.error());
    HealthReport report{{}, 1};
    for (const auto& instance : *instances)
      report.findings.push_back({instance.node, instance.id, instance.health});
    co_return report;
  }

  Task<Result<AddressReport>> addresses(std::uint64_t index, Deadline deadline) override {
    for (;;) {
      auto pause = std::max<Clock::duration>(kAddressInterval, address_took_ * kAddressCost);
      if (index != 0) co_await sleep_for(std::min<Clock::duration>(pause, deadline.left()));
      if (deadline.passed()) co_return fail(Errc::Timeout, "embedded registry: no address changed in time");
      auto began = Clock::now();
      auto owners = co_await worker_.run(&instance_table::addresses, deadline);
      if (!owners) co_return std::unexpected(owners.error());
      address_took_ = Clock::now() - began;
      auto position = digest(*owners);
      if (position != index) co_return AddressReport{std::move(*owners), position};
    }
  }

 private:
  Worker& worker_;
  Clock::duration address_took_{};
};

class DatabaseRegistrar : public Registrar {
 public:
  explicit DatabaseRegistrar(Worker& worker) : worker_(worker) {}

  Task<Result<>> add(model::Instance instance, Deadline deadline) override {
    co_return co_await enroll({.instance = std::move(instance), .checks = {}, .lifetime = {}}, deadline);
  }

  Task<Result<>> enroll(Registration registration, Deadline deadline) override {
    auto work = [r = std::move(registration)](Connection& c) {
      return instance_table::enroll(c, r.instance, r.lifetime);
    };
    co_return co_await worker_.run(std::move(work), deadline);
  }

  Task<Result<>> renew(Registration registration, Deadline deadline) override {
    auto work = [r = std::move(registration)](Connection& c) {
      return instance_table::renew(c, r.instance, r.lifetime);
    };
    co_return co_await worker_.run(std::move(work), deadline);
  }

  Task<Result<std::vector<model::Instance>>> registered(Deadline deadline) override {
    auto work = [](Connection& c) { return instance_table::all(c); };
    co_return co_await worker_.run(std::move(work), deadline);
  }

  Task<Result<>> remove(std::string service, std::string node, std::string id, Deadline deadline) override {
    auto work = [service = std::move(service), node = std::move(node), id = std::move(id)](Connection& c) {
      return instance_table::remove(c, service, node, id);
    };
    co_return co_await worker_.run(std::move(work), deadline);
  }

 private:
  Worker& worker_;
};

class DatabaseKeyValue : public KeyValue {
 public:
  DatabaseKeyValue(Executor executor, Worker& worker) : worker_(worker), changed_(std::move(executor)) {}

  bool consecutive_versions() const override { return true; }

  Task<Result<std::optional<Entry>>> get(std::string key, Deadline deadline) override {
    auto work = [key = std::move(key)](Connection& c) { return kv_table::get(c, key); };
    co_return co_await worker_.run(std::move(work), deadline);
  }

  Task<Result<Tree>> list(std::string prefix, Deadline deadline) override {
    auto work = [prefix = std::move(prefix)](Connection& c) { return kv_table::list(c, prefix); };
    co_return co_await worker_.run(std::move(work), deadline);
  }

  Task<Result<std::uint64_t>> wait(std::string prefix, std::uint64_t index, Deadline deadline) override {
    auto began_at = cancellations_;
    while (cancellations_ == began_at) {
      auto work = [prefix, index](Connection& c) { return kv_table::changed_since(c, prefix, index); };
      auto changed = co_await worker_.run(std::move(work), deadline);
      if (!changed) co_return std::unexpected(changed.error());
      if (*changed) co_return **changed;
      co_await changed_.wait(deadline.min(Deadline::after(kPollInterval)));
    }
    co_return fail(Errc::Cancelled, fmt::format("wait for {}: cancelled", prefix));
  }

  void cancel() {
    ++cancellations_;
    changed_.notify_all();
  }

  Task<Result<std::uint64_t>> transact(std::vector<Operation> operations, Deadline deadline) override {
    auto work = [operations = std::move(operations)](Connection& c) {
      return kv_table::transact(c, operations);
    };
    auto written = co_await worker_.run(std::move(work), deadline);
    if (written) changed_.notify_all();
    co_return written;
  }

 private:
  Worker& worker_;
  Signal changed_;
  std::uint64_t cancellations_ = 0;
};

}  // namespace

struct Database::State {
  State(Executor executor, std::unique_ptr<Connection> connection)
      : worker(std::move(connection)),
        catalog(worker),
        key_value(std::move(executor), worker),
        registrar(worker) {}
  Worker worker;
  DatabaseCatalog catalog;
  DatabaseKeyValue key_value;
  DatabaseRegistrar registrar;
};

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(Executor executor, const std::filesystem::path& file) {
  auto connection = open_database(file);
  if (!connection) return std::unexpected(connection.error());
  auto state = std::make_unique<State>(std::move(executor), std::move(*connection));
  return std::unique_ptr<Database>(new Database(std::move(state)));
}

Catalog& Database::catalog() { return state_->catalog; }
KeyValue& Database::key_value() { return state_->key_value; }
Registrar& Database::registrar() { return state_->registrar; }
void Database::cancel() { state_->key_value.cancel(); }

}  // namespace dfp::registry::embedded
