#include "base/private_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace dfp::file {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr uid_t kOther = 65534;

class PrivateFiles : public ::testing::Test {
 protected:
  PrivateFiles() {
    char name[] = "/tmp/dfp-private-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~PrivateFiles() override { fs::remove_all(folder_); }

  static unsigned mode(const fs::path& path) {
    struct stat status{};
    ::lstat(path.c_str(), &status);
    return status.st_mode & 07777;
  }
  static std::string refused(const Result<>& result) { return result ? "" : result.error().what; }

  fs::path folder_;
};

TEST_F(PrivateFiles, AFolderIsMadeForUsAlone) {
  auto folder = folder_ / "a/b";
  EXPECT_TRUE(make_private_folder(folder, "run-dir"));
  EXPECT_EQ(mode(folder), 0700U);
}

TEST_F(PrivateFiles, AFolderOfOursIsClosedToOthers) {
  auto folder = folder_ / "open";
  fs::create_directory(folder);
  ::chmod(folder.c_str(), 0777);
  EXPECT_TRUE(make_private_folder(folder, "run-dir"));
  EXPECT_EQ(mode(folder), 0700U);
}

TEST_F(PrivateFiles, AFolderOfSomebodyElseIsRefusedWithTheWayOut) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  auto folder = folder_ / "theirs";
  fs::create_directory(folder);
  std::ofstream(folder / "current") << "theirs";
  ASSERT_EQ(::chown(folder.c_str(), kOther, kOther), 0);
  auto why = refused(make_private_folder(folder, "run-dir"));
  EXPECT_THAT(why, HasSubstr("run-dir: " + folder.string() + " belongs to user 65534, not to user 0"));
  EXPECT_THAT(why, HasSubstr("chown -R 0 "));
}

TEST_F(PrivateFiles, RootTakesAnEmptyFolderOver) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  auto folder = folder_ / "prepared";
  fs::create_directory(folder);
  ASSERT_EQ(::chown(folder.c_str(), kOther, kOther), 0);
  EXPECT_EQ(refused(make_private_folder(folder, "run-dir")), "");
  struct stat status{};
  ::stat(folder.c_str(), &status);
  EXPECT_EQ(status.st_uid, 0U);
  EXPECT_EQ(mode(folder), 0700U);
}

TEST_F(PrivateFiles, AFolderBelowSomebodyElsesIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a folder away";
  fs::create_directories(folder_ / "theirs/ours");
  ASSERT_EQ(::chown((folder_ / "theirs").c_str(), kOther, kOther), 0);
  EXPECT_THAT(refused(make_private_folder(folder_ / "theirs/ours", "run-dir")),
              HasSubstr("theirs belongs to user 65534, who can exchange what is below it"));
  ASSERT_EQ(::chown((folder_ / "theirs").c_str(), 0, 0), 0);
  ::chmod((folder_ / "theirs").c_str(), 0777);
  EXPECT_THAT(refused(make_private_folder(folder_ / "theirs/ours", "run-dir")),
              HasSubstr("can be written by everybody"));
  ::chmod((folder_ / "theirs").c_str(), 01777);
  EXPECT_EQ(refused(make_private_folder(folder_ / "theirs/ours", "run-dir")), "");
}

TEST_F(PrivateFiles, ALinkToAFolderIsRefused) {
  fs::create_directory_symlink(folder_, folder_ / "link");
  EXPECT_THAT(refused(make_private_folder(folder_ / "link", "state-dir")), HasSubstr("is a link"));
}

TEST_F(PrivateFiles, AFileIsMadeOrClosedToOthers) {
  auto file = folder_ / "registry.db";
  EXPECT_TRUE(make_private_file(file, "registry"));
  EXPECT_EQ(mode(file), 0600U);
  std::ofstream(file) << "content";
  ::chmod(file.c_str(), 0644);
  EXPECT_TRUE(make_private_file(file, "registry"));
  EXPECT_EQ(mode(file), 0600U);
  EXPECT_EQ(fs::file_size(file), 7U);
}

TEST_F(PrivateFiles, AFileThatIsALinkOrHasAnotherNameOrOwnerIsRefused) {
  std::ofstream(folder_ / "target") << "content";
  fs::create_symlink(folder_ / "target", folder_ / "link");
  EXPECT_THAT(refused(make_private_file(folder_ / "link", "registry")), HasSubstr("is a link"));
  fs::create_symlink(folder_ / "nowhere", folder_ / "dangling");
  EXPECT_THAT(refused(make_private_file(folder_ / "dangling", "registry")), HasSubstr("is a link"));
  EXPECT_FALSE(fs::exists(folder_ / "nowhere"));
  fs::create_hard_link(folder_ / "target", folder_ / "second");
  EXPECT_THAT(refused(make_private_file(folder_ / "second", "registry")), HasSubstr("second name"));
  EXPECT_THAT(refused(make_private_file(folder_, "registry")), HasSubstr("is not a regular file"));
  if (::geteuid() != 0) return;
  std::ofstream(folder_ / "theirs") << "content";
  ASSERT_EQ(::chown((folder_ / "theirs").c_str(), kOther, kOther), 0);
  EXPECT_THAT(refused(make_private_file(folder_ / "theirs", "registry")), HasSubstr("belongs to user 65534"));
}

}  // namespace
}  // namespace dfp::file
