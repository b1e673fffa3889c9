#include "haproxy/worker/spare_room.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.hpp"

namespace dfp::haproxy {
namespace {
namespace fs = std::filesystem;

class SpareRooms : public testing::Test {
 protected:
  SpareRooms() {
    char name[] = "/tmp/dfp-spare-room-XXXXXX";
    dir = ::mkdtemp(name);
  }
  ~SpareRooms() override { fs::remove_all(dir); }
  std::uint64_t blocks() const {
    struct stat status{};
    return ::stat((dir / "room").c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) : 0;
  }
  fs::path dir;
};

TEST_F(SpareRooms, IsRealRoom) {
  SpareRoom room(dir / "room");
  EXPECT_FALSE(room.give_up());
  room.keep(1 << 16);
  if (!fs::exists(dir / "room")) GTEST_SKIP() << "this file system sets no room aside";
  EXPECT_GE(blocks() * 512, 1U << 16);
  room.keep(1 << 20);
  EXPECT_GE(blocks() * 512, 1U << 20) << "it grows";
  room.keep(1 << 12);
  EXPECT_LT(blocks() * 512, 1U << 20) << "and shrinks";
  EXPECT_TRUE(room.give_up());
  EXPECT_EQ(blocks(), 0U);
}

TEST_F(SpareRooms, IsAsLargeAsTheFilesAtLeast) {
  ASSERT_TRUE(file::write_atomic(dir / "a", std::string(10'000, 'x')));
  ASSERT_TRUE(file::write_atomic(dir / "b", "x"));
  EXPECT_GE(room_of(dir), 4U * 4096);
  EXPECT_LT(room_of(dir), 20U * 4096);
}

}  // namespace
}  // namespace dfp::haproxy
