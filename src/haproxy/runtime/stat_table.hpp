#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace dfp::haproxy::runtime {

/// The command for the statistics of one proxy, or of all. @param types a mask: 1 frontends, 2 backends,
/// 4 servers
std::string show_stat(std::string_view proxy, int types);

/// The reply to `show stat`, row by row, read by the names of its columns: a later HAProxy has more. Source:
/// management guide 2.6, section 9.1. Belongs to the reply's text. About 3 us a row.
class StatTable {
 public:
  /// Its first line. @return Rejected for anything else
  static Result<StatTable> parse(std::string_view reply);

  /// Goes to the next row. @return false at the end
  bool next();
  bool has(std::string_view column) const { return columns_.contains(column); }
  /// Of the present row; empty where it, or the column, has nothing.
  std::string text(std::string_view column) const;
  /// 0 for anything but a number.
  std::uint64_t number(std::string_view column) const;

 private:
  std::string_view field(std::string_view column) const;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<std::string_view> row_;  // as written: quoted fields with their quotes
  std::string_view rest_;
};

}  // namespace dfp::haproxy::runtime
