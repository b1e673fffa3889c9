#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dfp::docker {

/// A look at a JSON value that may be absent: a missing member, null, or another type reads as empty.
class JsonView {
 public:
  explicit JsonView(const boost::json::value* value) : value_(value) {}

  JsonView operator[](std::string_view key) const {
    auto* object = value_ ? value_->if_object() : nullptr;
    return JsonView(object ? object->if_contains(key) : nullptr);
  }
  bool is_object() const { return value_ && value_->is_object(); }

  std::string text() const {
    auto* string = value_ ? value_->if_string() : nullptr;
    return string ? std::string(*string) : std::string();
  }
  bool flag() const { return value_ && value_->is_bool() && value_->get_bool(); }
  /// 0 for a negative one.
  std::uint64_t number() const {
    if (!value_) return 0;
    if (value_->is_uint64()) return value_->get_uint64();
    return value_->is_int64() && value_->get_int64() > 0 ? static_cast<std::uint64_t>(value_->get_int64())
                                                         : 0;
  }
  std::int64_t integer() const {
    if (value_ && value_->is_int64()) return value_->get_int64();
    return static_cast<std::int64_t>(number());
  }
  /// Calls `f(JsonView)` for each element of an array.
  template <class F>
  void each(F f) const {
    auto* array = value_ ? value_->if_array() : nullptr;
    if (!array) return;
    for (const auto& item : *array) f(JsonView(&item));
  }
  /// Calls `f(key, JsonView)` for each member of an object.
  template <class F>
  void each_member(F f) const {
    auto* object = value_ ? value_->if_object() : nullptr;
    if (!object) return;
    for (const auto& member : *object) f(std::string_view(member.key()), JsonView(&member.value()));
  }

 private:
  const boost::json::value* value_;
};

}  // namespace dfp::docker
