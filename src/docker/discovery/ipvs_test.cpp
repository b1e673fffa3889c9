#include "docker/discovery/ipvs.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace dfp::docker::discovery {
namespace {
namespace fs = std::filesystem;

/// A root folder of its own.
class Ipvses : public testing::Test {
 protected:
  Ipvses() {
    auto pattern = (fs::temp_directory_path() / "dfp-ipvs-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~Ipvses() override { fs::remove_all(root_); }
  void write(const std::string& path, const std::string& text = "") {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  Ipvs find() const { return find_ipvs(root_, "6.1"); }
  fs::path root_;
};

TEST_F(Ipvses, LoadedIsPresent) {
  write("proc/net/ip_vs");
  EXPECT_EQ(find(), Ipvs::Present);
}
TEST_F(Ipvses, BuiltInIsPresent) {
  write("lib/modules/6.1/modules.builtin", "kernel/net/netfilter/ipvs/ip_vs.ko\n");
  EXPECT_EQ(find(), Ipvs::Present);
}
TEST_F(Ipvses, LoadableIsPresent) {
  write("proc/modules");
  write("lib/modules/6.1/modules.dep", "kernel/net/netfilter/ipvs/ip_vs.ko.xz: kernel/x.ko\n");
  EXPECT_EQ(find(), Ipvs::Present);
}
TEST_F(Ipvses, AKernelWithoutModulesHasNone) { EXPECT_EQ(find(), Ipvs::Absent); }
TEST_F(Ipvses, AListOfModulesWithoutItIsAbsent) {
  write("proc/modules");
  write("lib/modules/6.1/modules.dep", "kernel/x.ko:\n");
  EXPECT_EQ(find(), Ipvs::Absent);
}
TEST_F(Ipvses, WithoutAListNothingIsKnown) {
  write("proc/modules");
  EXPECT_EQ(find(), Ipvs::Unknown);
}

}  // namespace
}  // namespace dfp::docker::discovery
