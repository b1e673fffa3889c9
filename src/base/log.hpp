#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"

/// Event name + fields, one line each, to standard error.
/// error: someone must act. warn: degraded. info: state changed. debug: the rest. No secrets, no bodies.
namespace dfp::log {

enum class Level { Debug, Info, Warn, Error };
enum class Format { Text, Json };

struct Field {
  using Value = std::variant<std::string, std::int64_t, double, bool>;
  template <class T>
  Field(std::string_view k, T v) : key(k), value(convert(std::move(v))) {}
  std::string_view key;
  Value value;

 private:
  template <class T>
  static Value convert(T v) {
    if constexpr (std::is_same_v<T, bool>)
      return v;
    else if constexpr (std::is_integral_v<T>)
      return static_cast<std::int64_t>(v);
    else if constexpr (std::is_floating_point_v<T>)
      return static_cast<double>(v);
    else
      return std::string(std::move(v));
  }
};
using Fields = std::initializer_list<Field>;

/// debug, info, warn, error.
Result<Level> parse_level(std::string_view text);
std::string_view to_string(Level level) noexcept;
/// text, json.
Result<Format> parse_format(std::string_view text);
std::string_view to_string(Format format) noexcept;

void configure(Level level, Format format);
/// Can be changed at run time.
void set_level(Level level);

void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warn(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

/// One line without the time, as written: for tests.
std::string render_line(Level level, std::string_view event, Fields fields, Format format);

}  // namespace dfp::log
