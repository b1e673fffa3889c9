#pragma once
#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

namespace dfp::net {

/// Bytes that have arrived and were not used yet. Grows while reads fill it, up to what a head may hold.
class ReadBuffer {
 public:
  std::string_view unread() const { return {bytes_.data() + begin_, end_ - begin_}; }
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  /// Room for the next read; invalidates unread().
  std::pair<char*, std::size_t> prepare() {
    if (begin_ > 0) {
      std::copy(bytes_.data() + begin_, bytes_.data() + end_, bytes_.data());
      end_ -= begin_;
      begin_ = 0;
    }
    bool crowded = bytes_.size() - end_ < kInitial / 2 || (was_filled_ && bytes_.size() < kBulk);
    if (crowded) bytes_.resize(std::max(kInitial, bytes_.size() * 2));
    return {bytes_.data() + end_, bytes_.size() - end_};
  }
  void commit(std::size_t count) {
    end_ += count;
    was_filled_ = end_ == bytes_.size();
  }

 private:
  static constexpr std::size_t kInitial = 4 * 1024;
  static constexpr std::size_t kBulk = 64 * 1024;
  std::vector<char> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool was_filled_ = false;
};

}  // namespace dfp::net
