#include "template/consul/time_layout.hpp"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <vector>

namespace dfp::tmpl::consul {
namespace {

using namespace std::chrono;

constexpr std::array<const char*, 12> kMonths = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};
constexpr std::array<const char*, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                              "Thursday", "Friday", "Saturday"};

struct Parts {
  int year, month, day, day_of_year, weekday;
  long hour, minute, second, nanosecond;

  explicit Parts(system_clock::time_point time) {
    auto date = floor<days>(time);
    year_month_day calendar(date);
    year = static_cast<int>(calendar.year());
    month = static_cast<int>(static_cast<unsigned>(calendar.month()));
    day = static_cast<int>(static_cast<unsigned>(calendar.day()));
    day_of_year = static_cast<int>((date - sys_days(calendar.year() / January / 1)).count()) + 1;
    weekday = static_cast<int>(std::chrono::weekday(date).c_encoding());
    auto rest = duration_cast<nanoseconds>(time - date).count();
    nanosecond = rest % 1'000'000'000;
    second = rest / 1'000'000'000 % 60;
    minute = rest / 60'000'000'000 % 60;
    hour = rest / 3'600'000'000'000;
  }
  long hour12() const { return hour % 12 == 0 ? 12 : hour % 12; }
};

struct Element {
  std::string_view layout;
  std::string (*write)(const Parts&);
};

/// Longer elements stand before those that they begin with.
const std::vector<Element>& elements() {
  static const std::vector<Element> all = {
      {"January", [](const Parts& p) { return std::string(kMonths[static_cast<std::size_t>(p.month - 1)]); }},
      {"Jan",
       [](const Parts& p) {
         return std::string(kMonths[static_cast<std::size_t>(p.month - 1)]).substr(0, 3);
       }},
      {"Monday", [](const Parts& p) { return std::string(kDays[static_cast<std::size_t>(p.weekday)]); }},
      {"Mon",
       [](const Parts& p) { return std::string(kDays[static_cast<std::size_t>(p.weekday)]).substr(0, 3); }},
      {"MST", [](const Parts&) { return std::string("UTC"); }},
      {"2006", [](const Parts& p) { return fmt::format("{:04}", p.year); }},
      {"__2", [](const Parts& p) { return fmt::format("{:3}", p.day_of_year); }},
      {"_2", [](const Parts& p) { return fmt::format("{:2}", p.day); }},
      {"002", [](const Parts& p) { return fmt::format("{:03}", p.day_of_year); }},
      {"01", [](const Parts& p) { return fmt::format("{:02}", p.month); }},
      {"02", [](const Parts& p) { return fmt::format("{:02}", p.day); }},
      {"03", [](const Parts& p) { return fmt::format("{:02}", p.hour12()); }},
      {"04", [](const Parts& p) { return fmt::format("{:02}", p.minute); }},
      {"05", [](const Parts& p) { return fmt::format("{:02}", p.second); }},
      {"06", [](const Parts& p) { return fmt::format("{:02}", p.year % 100); }},
      {"15", [](const Parts& p) { return fmt::format("{:02}", p.hour); }},
      {"1", [](const Parts& p) { return fmt::to_string(p.month); }},
      {"2", [](const Parts& p) { return fmt::to_string(p.day); }},
      {"3", [](const Parts& p) { return fmt::to_string(p.hour12()); }},
      {"4", [](const Parts& p) { return fmt::to_string(p.minute); }},
      {"5", [](const Parts& p) { return fmt::to_string(p.second); }},
      {"PM", [](const Parts& p) { return std::string(p.hour >= 12 ? "PM" : "AM"); }},
      {"pm", [](const Parts& p) { return std::string(p.hour >= 12 ? "pm" : "am"); }},
      {"-07:00:00", [](const Parts&) { return std::string("+00:00:00"); }},
      {"-07:00", [](const Parts&) { return std::string("+00:00"); }},
      {"-070000", [](const Parts&) { return std::string("+000000"); }},
      {"-0700", [](const Parts&) { return std::string("+0000"); }},
      {"-07", [](const Parts&) { return std::string("+00"); }},
      {"Z07:00:00", [](const Parts&) { return std::string("Z"); }},
      {"Z07:00", [](const Parts&) { return std::string("Z"); }},
      {"Z070000", [](const Parts&) { return std::string("Z"); }},
      {"Z0700", [](const Parts&) { return std::string("Z"); }},
      {"Z07", [](const Parts&) { return std::string("Z"); }},
  };
  return all;
}

/// ".000" or ".999" behind the seconds, with a comma as well. @return its length in the layout, 0 when it is
/// none
std::size_t write_fraction(std::string& out, std::string_view layout, const Parts& parts) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',') || (layout[1] != '0' && layout[1] != '9'))
    return 0;
  auto end = layout.find_first_not_of(layout[1], 1);
  auto size = end == layout.npos ? layout.size() : end;
  if (end != layout.npos && layout[end] >= '0' && layout[end] <= '9') return 0;
  auto digits = fmt::format("{:09}", parts.nanosecond);
  digits.resize(size - 1, '0');
  if (layout[1] == '9') digits.erase(digits.find_last_not_of('0') + 1);
  if (!digits.empty()) out += layout[0] + digits;
  return size;
}

/// "Jan" is not an element at the front of "January"'s lower case neighbours, e.g. "Janus".
bool is_word_inside(const Element& element, std::string_view layout) {
  bool word = element.layout == "Jan" || element.layout == "Mon";
  return word && layout.size() > 3 && layout[3] >= 'a' && layout[3] <= 'z';
}

}  // namespace

std::string format_time(system_clock::time_point time, std::string_view layout) {
  Parts parts(time);
  std::string out;
  while (!layout.empty()) {
    if (auto size = write_fraction(out, layout, parts)) {
      layout.remove_prefix(size);
      continue;
    }
    const Element* found = nullptr;
    for (const auto& element : elements())
      if (layout.starts_with(element.layout) && !is_word_inside(element, layout)) {
        found = &element;
        break;
      }
    out += found ? found->write(parts) : std::string(layout.substr(0, 1));
    layout.remove_prefix(found ? found->layout.size() : 1);
  }
  return out;
}

}  // namespace dfp::tmpl::consul
