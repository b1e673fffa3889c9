// Plays the corpus of a fuzzer once, each file as a case: NAME_replay FOLDER. The fuzzer itself decides what
// is wrong (it aborts); the sanitizers see the rest.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {
namespace fs = std::filesystem;

class Replay : public testing::Test {
 public:
  explicit Replay(fs::path file) : file_(std::move(file)) {}
  void TestBody() override {
    std::ifstream in(file_, std::ios::binary);
    ASSERT_TRUE(in) << file_;
    std::vector<char> bytes((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), 0);
  }

 private:
  fs::path file_;
};

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  auto files = files_in(argc == 2 ? argv[1] : "");
  if (files.empty()) {
    std::fprintf(stderr, "usage: %s FOLDER: a folder with at least one input\n", argv[0]);
    return 1;
  }
  for (const auto& file : files)
    testing::RegisterTest("Corpus", file.filename().c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [file]() -> Replay* { return new Replay(file); });
  return RUN_ALL_TESTS();
}
