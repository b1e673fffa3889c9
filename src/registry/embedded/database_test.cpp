#include "registry/embedded/database.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/testing.hpp"
#include "base/wait.hpp"
#include "registry/testing/conformance.hpp"

namespace dfp::registry::embedded {
namespace {
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::must, testing::soon;
namespace fs = std::filesystem;

/// A folder of its own for each object, removed with it.
class TempFolder {
 public:
  TempFolder() {
    auto pattern = (fs::temp_directory_path() / "dfp-embedded-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempFolder() { fs::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  fs::path file(std::string name = "registry.db") const { return path_ / name; }

 private:
  fs::path path_;
};

std::unique_ptr<Database> open_or_throw(Executor executor, const fs::path& file) {
  auto database = Database::open(std::move(executor), file);
  if (!database) throw std::runtime_error(database.error().what);
  return std::move(*database);
}

/// Runs a scenario to its end.
void play(const fs::path& file, Task<> (*scenario)(Executor, fs::path)) {
  dfp::testing::run([&](Executor executor) { return scenario(executor, file); });
}

// ------------------------------------------------------------------------------------------- conformance

class EmbeddedSubject : public testing::Subject {
 public:
  explicit EmbeddedSubject(Executor executor)
      : database_(open_or_throw(std::move(executor), folder_.file())) {}
  Catalog& catalog() override { return database_->catalog(); }
  KeyValue& key_value() override { return database_->key_value(); }
  Registrar& registrar() override { return database_->registrar(); }

 private:
  TempFolder folder_;
  std::unique_ptr<Database> database_;
};

testing::Backend embedded() {
  return {"embedded",
          [](Executor executor) { return std::make_unique<EmbeddedSubject>(std::move(executor)); }, "node-1",
          ""};
}

}  // namespace
}  // namespace dfp::registry::embedded

namespace dfp::registry::testing {
using embedded::embedded;
INSTANTIATE_TEST_SUITE_P(Embedded, CatalogConformance, ::testing::Values(embedded()), backend_name);
INSTANTIATE_TEST_SUITE_P(Embedded, DefinitionStoreConformance, ::testing::Values(embedded()), backend_name);
INSTANTIATE_TEST_SUITE_P(Embedded, KeyValueConformance, ::testing::Values(embedded()), backend_name);
INSTANTIATE_TEST_SUITE_P(Embedded, RegistrarConformance, ::testing::Values(embedded()), backend_name);
INSTANTIATE_TEST_SUITE_P(Embedded, RegistrationConformance, ::testing::Values(embedded()), backend_name);
}  // namespace dfp::registry::testing

namespace dfp::registry::embedded {
namespace {

// ------------------------------------------------------------------------------------------------ opening

Result<> try_open(const fs::path& file) {
  boost::asio::io_context context;
  auto database = Database::open(context.get_executor(), file);
  if (!database) return std::unexpected(database.error());
  return {};
}

void execute(const fs::path& file, const char* sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

TEST(Opening, AMissingFolderIsNamed) {
  auto opened = try_open("/nonexistent-folder/registry.db");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::Unavailable);
  EXPECT_THAT(opened.error().what, HasSubstr("/nonexistent-folder/registry.db: No such file or directory"));
}

TEST(Opening, AFileThatIsNoDatabaseIsLeftAlone) {
  TempFolder folder;
  std::string text(5000, 'x');
  std::ofstream(folder.file()) << text;
  auto opened = try_open(folder.file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::Rejected);
  EXPECT_THAT(opened.error().what, HasSubstr("is not an SQLite database"));
  EXPECT_EQ(fs::file_size(folder.file()), text.size());
}

TEST(Opening, ADatabaseOfAnotherProgramIsRefused) {
  TempFolder folder;
  execute(folder.file(), "CREATE TABLE theirs (x)");
  auto opened = try_open(folder.file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::Rejected);
  EXPECT_THAT(opened.error().what, HasSubstr("belongs to another program"));
}

TEST(Opening, ANewerSchemaIsRefused) {
  TempFolder folder;
  ASSERT_TRUE(try_open(folder.file()));
  execute(folder.file(), "PRAGMA user_version = 99");
  auto opened = try_open(folder.file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::Rejected);
  EXPECT_THAT(opened.error().what, HasSubstr("schema 99"));
}

TEST(Opening, AnOlderSchemaIsBroughtUpToDate) {
  TempFolder folder;
  play(folder.file(), [](Executor executor, fs::path file) -> Task<> {
    auto database = open_or_throw(executor, file);
    model::Instance instance{.service = "app",
                             .node = "n",
                             .id = "old",
                             .address = "127.0.0.1",
                             .port = 80,
                             .tags = {},
                             .meta = {}};
    co_await must(database->registrar().add(instance, soon()));
  });
  execute(folder.file(), "ALTER TABLE instances DROP COLUMN expires_at; PRAGMA user_version = 1");
  play(folder.file(), [](Executor executor, fs::path file) -> Task<> {
    auto database = open_or_throw(executor, file);
    auto found = co_await must(database->catalog().instances("app", soon()));
    EXPECT_EQ(found.size(), 1u);
  });
}

TEST(Opening, ADirectoryIsRefused) {
  TempFolder folder;
  fs::create_directory(folder.file());
  auto opened = try_open(folder.file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Errc::Unavailable);
}

// -------------------------------------------------------------------------------------- several processes

Task<> put_later(KeyValue* kv) {
  co_await sleep_for(50ms);
  std::vector<Operation> one{Put{"a", "1"}};
  co_await must(kv->transact(std::move(one), soon()));
}

TEST(Sharing, AChangeByAnotherProcessWakesAWaiterWithin200Ms) {
  TempFolder folder;
  play(folder.file(), [](Executor executor, fs::path file) -> Task<> {
    auto mine = open_or_throw(executor, file);
    auto theirs = open_or_throw(executor, file);
    auto tree = co_await must(mine->key_value().list("", soon()));
    auto began = Clock::now();
    spawn(executor, put_later(&theirs->key_value()), "put_later");
    co_await must(mine->key_value().wait("", tree.index, soon()));
    EXPECT_LT(Clock::now() - began, 250ms);
    auto found = co_await must(mine->key_value().get("a", soon()));
    EXPECT_TRUE(found);
  });
}

Task<> cancel_later(Database* database) {
  co_await sleep_for(50ms);
  database->cancel();
}

TEST(Database, AWaiterEndsWhenItIsCancelled) {
  TempFolder folder;
  play(folder.file(), [](Executor executor, fs::path file) -> Task<> {
    auto database = open_or_throw(executor, file);
    auto tree = co_await must(database->key_value().list("", soon()));
    spawn(executor, cancel_later(database.get()), "cancel_later");
    auto code = co_await testing::must_fail(database->key_value().wait("", tree.index, soon()));
    EXPECT_EQ(code, Errc::Cancelled);
  });
}

Task<int> read_number(std::unique_ptr<Database> database, std::string key) {
  auto entry = co_await must(database->key_value().get(std::move(key), soon()));
  co_return entry ? std::stoi(entry->value) : 0;
}

int number_in(const fs::path& file, std::string key) {
  return dfp::testing::run(
      [&](Executor executor) { return read_number(open_or_throw(executor, file), key); });
}

Task<> count_up(std::unique_ptr<Database> database, int times) {
  auto* kv = &database->key_value();
  for (int done = 0; done < times;) {
    auto entry = co_await must(kv->get("counter", soon()));
    int value = entry ? std::stoi(entry->value) : 0;
    std::vector<Operation> swap{
        PutIfVersion{"counter", std::to_string(value + 1), entry ? entry->version : 0}};
    auto swapped = co_await kv->transact(std::move(swap), soon());
    if (swapped)
      ++done;
    else if (swapped.error().code != Errc::Conflict)
      throw std::runtime_error(swapped.error().what);
  }
}

/// Opens the file in a child process, runs `scenario(database, argument)` there and gives its process id.
using ChildScenario = Task<> (*)(std::unique_ptr<Database>, int);
pid_t in_child(const fs::path& file, ChildScenario scenario, int argument) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  int status = 1;
  try {
    dfp::testing::run([&](Executor executor) { return scenario(open_or_throw(executor, file), argument); });
    status = 0;
  } catch (const std::exception& error) {
    fprintf(stderr, "child: %s\n", error.what());
  }
  _exit(status);
}

TEST(Sharing, FourProcessesLoseNoUpdateAndMayCreateTheFileAtOnce) {
  TempFolder folder;
  constexpr int kProcesses = 4, kTimes = 50;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) children.push_back(in_child(folder.file(), count_up, kTimes));
  for (auto pid : children) {
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(number_in(folder.file(), "counter"), kProcesses * kTimes);
}

Task<> report_puts(std::unique_ptr<Database> database, int pipe) {
  for (int i = 1;; ++i) {
    std::vector<Operation> one{Put{"last", std::to_string(i)}};
    co_await must(database->key_value().transact(std::move(one), soon()));
    if (write(pipe, &i, sizeof i) != sizeof i) co_return;
  }
}

TEST(Sharing, WhatWasAcknowledgedSurvivesAKill) {
  TempFolder folder;
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  pid_t pid = in_child(folder.file(), report_puts, ends[1]);
  close(ends[1]);
  int acknowledged = 0;
  while (acknowledged < 100 && read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
  }
  kill(pid, SIGKILL);
  while (read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
  }
  waitpid(pid, nullptr, 0);
  close(ends[0]);
  ASSERT_GE(acknowledged, 100);
  EXPECT_GE(number_in(folder.file(), "last"), acknowledged);
}

TEST(Sharing, ALockedDatabaseIsATimeoutAtTheDeadline) {
  TempFolder folder;
  play(folder.file(), [](Executor executor, fs::path file) -> Task<> {
    auto database = open_or_throw(executor, file);
    sqlite3* other = nullptr;
    sqlite3_open(file.c_str(), &other);
    sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    std::vector<Operation> one{Put{"a", "1"}};
    auto began = Clock::now();
    auto written = co_await database->key_value().transact(one, Deadline::after(100ms));
    EXPECT_FALSE(written);
    if (!written) EXPECT_EQ(written.error().code, Errc::Timeout);
    EXPECT_LT(Clock::now() - began, 2s);
    sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
    sqlite3_close(other);
    co_await must(database->key_value().transact(one, soon()));
  });
}

TEST(Sharing, AChangeElsewhereWakesNobody) {
  TempFolder folder;
  play(folder.file(), [](Executor executor, fs::path file) -> Task<> {
    auto database = open_or_throw(executor, file);
    auto& kv = database->key_value();
    auto tree = co_await must(kv.list("mine/", soon()));
    std::vector<Operation> one{Put{"mine", "1"}, Put{"mine0", "1"}, Put{"min/x", "1"}};
    co_await must(kv.transact(std::move(one), soon()));
    auto code = co_await testing::must_fail(kv.wait("mine/", tree.index, Deadline::after(200ms)));
    EXPECT_EQ(code, Errc::Timeout);
  });
}

}  // namespace
}  // namespace dfp::registry::embedded
