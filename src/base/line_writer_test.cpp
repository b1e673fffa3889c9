#include "base/line_writer.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

namespace dfp {
namespace {
using namespace std::chrono_literals;

std::string told(std::uint64_t dropped) { return "dropped " + std::to_string(dropped) + "\n"; }

/// A pipe with a reader that reads only when asked.
struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    for (int end : ends) ::close(end);
  }
  /// Nothing can be written until somebody reads. @return the bytes it took
  std::size_t fill() const {
    auto size = static_cast<std::size_t>(::fcntl(ends[1], F_SETPIPE_SZ, 4096));
    std::string bytes(size, '.');
    EXPECT_EQ(::write(ends[1], bytes.data(), size), static_cast<ssize_t>(size));
    return size;
  }
  std::string read_until(const std::string& last) const {
    std::string text;
    std::array<char, 4096> buffer{};
    while (!text.ends_with(last)) {
      auto count = ::read(ends[0], buffer.data(), buffer.size());
      if (count <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  std::array<int, 2> ends{};
};

TEST(LineWriter, WritesLinesInOrder) {
  Pipe pipe;
  LineWriter writer(pipe.ends[1], 1024, told);
  for (int i = 0; i < 5; ++i) writer.put(std::to_string(i) + "\n");
  EXPECT_TRUE(writer.flush(5s));
  EXPECT_EQ(pipe.read_until("4\n"), "0\n1\n2\n3\n4\n");
}

TEST(LineWriter, NeverWaitsForAReaderAndTellsWhatIsMissing) {
  Pipe pipe;
  auto filled = pipe.fill();
  LineWriter writer(pipe.ends[1], 10'000, told);
  auto begin = std::chrono::steady_clock::now();
  const std::string line(99, 'x');
  for (int i = 0; i < 1000; ++i) writer.put(line + "\n");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
  EXPECT_FALSE(writer.flush(20ms));
  auto missing = writer.dropped();
  EXPECT_EQ(missing, 900U);
  auto last = "dropped " + std::to_string(missing) + "\n";
  auto text = pipe.read_until(last);
  EXPECT_TRUE(text.ends_with(last));
  EXPECT_EQ(text.size() - last.size(), filled + (1000 - missing) * 100);
  writer.put("again\n");
  EXPECT_EQ(pipe.read_until("again\n"), "again\n");
}

TEST(LineWriter, LeavesTheFlagsOfASharedDescriptorAlone) {
  Pipe pipe;
  auto before = ::fcntl(pipe.ends[1], F_GETFL);
  LineWriter writer(pipe.ends[1], 1024, told);
  writer.put("x\n");
  EXPECT_TRUE(writer.flush(5s));
  EXPECT_EQ(::fcntl(pipe.ends[1], F_GETFL), before);
}

TEST(LineWriter, WaitsItselfWhereSomebodyElseMadeTheDescriptorNonBlocking) {
  Pipe pipe;
  ::fcntl(pipe.ends[1], F_SETPIPE_SZ, 4096);
  ::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK);
  LineWriter writer(pipe.ends[1], 100'000, told);
  for (int i = 0; i < 200; ++i) writer.put(std::string(99, 'x') + "\n");
  writer.put("end\n");
  EXPECT_EQ(pipe.read_until("end\n").size(), 20'004U);
  EXPECT_EQ(writer.dropped(), 0U);
}

TEST(LineWriter, GivesUpWhatCannotBeWritten) {
  LineWriter writer(-1, 1024, told);
  writer.put("x\n");
  EXPECT_TRUE(writer.flush(5s));
}

}  // namespace
}  // namespace dfp
