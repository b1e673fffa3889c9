#include "base/confined_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace dfp::file {
namespace {

namespace fs = std::filesystem;

class ConfinedFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("dfp_confined_" + std::to_string(::getpid()));
    fs::create_directories(root_ / "inside/sub");
    write(root_ / "secret", "secret");
    write(root_ / "inside/a", "content");
    write(root_ / "inside/sub/b", "below");
  }
  void TearDown() override { fs::remove_all(root_); }

  static void write(const fs::path& path, const std::string& content) { std::ofstream(path) << content; }
  Result<std::string> read(std::string_view path) {
    return ConfinedFolder::open(root_ / "inside")->read(path);
  }
  Errc refusal(std::string_view path) {
    auto content = read(path);
    return content ? Errc::Internal : content.error().code;
  }

  fs::path root_;
};

TEST_F(ConfinedFolderTest, ReadsWhatIsBelow) {
  EXPECT_EQ(read("a"), "content");
  EXPECT_EQ(read("sub/b"), "below");
  EXPECT_EQ(read("sub/../a"), "content");
  EXPECT_EQ(read((root_ / "inside/sub/b").string()), "below");
}

TEST_F(ConfinedFolderTest, RefusesWaysOut) {
  fs::create_symlink(root_ / "secret", root_ / "inside/absolute");
  fs::create_symlink("../secret", root_ / "inside/relative");
  fs::create_symlink("..", root_ / "inside/up");
  for (auto path : {"../secret", "sub/../../secret", "absolute", "relative", "up/secret"})
    EXPECT_EQ(refusal(path), Errc::Rejected) << path;
  EXPECT_EQ(refusal((root_ / "secret").string()), Errc::Rejected);
  EXPECT_EQ(refusal("/etc/passwd"), Errc::Rejected);
}

TEST_F(ConfinedFolderTest, FollowsLinksThatStayInside) {
  fs::create_symlink("sub/b", root_ / "inside/link");
  EXPECT_EQ(read("link"), "below");
}

TEST_F(ConfinedFolderTest, ReadsRegularFilesOnly) {
  ASSERT_EQ(::mkfifo((root_ / "inside/pipe").c_str(), 0600), 0);
  EXPECT_EQ(refusal("pipe"), Errc::Rejected);
  EXPECT_EQ(refusal("sub"), Errc::Rejected);
  EXPECT_EQ(refusal("none"), Errc::NotFound);
  EXPECT_EQ(refusal("a/b"), Errc::NotFound);
  EXPECT_EQ(refusal(""), Errc::NotFound);
}

TEST_F(ConfinedFolderTest, RefusesFilesThatAreTooLarge) {
  write(root_ / "inside/large", std::string(ConfinedFolder::kLargestFile + 1, 'x'));
  EXPECT_EQ(refusal("large"), Errc::Rejected);
}

TEST(ConfinedFolder, NeedsAFolder) {
  EXPECT_EQ(ConfinedFolder::open("/nonexistent").error().code, Errc::NotFound);
}

}  // namespace
}  // namespace dfp::file
