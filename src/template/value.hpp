#pragma once
#include <complex>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "template/type.hpp"

namespace dfp::tmpl {

class Object;
struct MapEntry;

/// A Go value as a template sees it: a type and an immutable content, cheap to copy. It also knows what Go's
/// reflection knows of the place it was read from: an interface slot (where the static type is `interface {}`
/// or `error`) and whether it could be addressed (so that methods on pointers are found).
class Value {
 public:
  enum class Slot : std::uint8_t { None, Any, Error };

  /// Nothing: an absent map entry, a nil without a type. Prints as "<no value>".
  Value() noexcept = default;
  Value(const Value& other) noexcept;
  Value(Value&& other) noexcept;
  Value& operator=(Value other) noexcept;
  ~Value();

  static Value of(bool value);
  static Value of(int value) { return integer(value); }
  static Value of(std::int64_t value) { return integer(value); }
  static Value of(double value);
  static Value of(std::complex<double> value);
  static Value of(std::string value) { return string(std::move(value), types::kString); }
  static Value of(std::string_view value) { return of(std::string(value)); }
  static Value of(const char* value) { return of(std::string(value)); }
  static Value of(const std::vector<std::string>& values);

  static Value integer(std::int64_t value, const Type& type = types::kInt);
  static Value unsigned_integer(std::uint64_t value, const Type& type = types::kUint);
  static Value string(std::string value, const Type& type);
  static Value list(std::vector<Value> items, const Type& type = types::kAnyList);
  /// Sorts the entries by key; of equal keys the last one wins.
  static Value map(std::vector<MapEntry> entries, const Type& type = types::kAnyMap);
  /// @param type a struct, or a pointer to one; one value per field.
  static Value structure(std::vector<Value> fields, const Type& type);
  static Value function(Function function);
  /// Gives `queued` and then what `next` makes, until it gives nothing.
  using Generator = std::function<std::optional<Value>()>;
  static Value channel(std::vector<Value> queued, const Type& type, Generator next = {});
  /// Go's zero value; for slices, maps, pointers, functions, channels and interfaces that is nil.
  static Value zero(const Type& type);

  /// False for "nothing" only; a nil pointer or a nil in an interface slot is a value.
  bool valid() const noexcept { return type_ != nullptr || slot_ != Slot::None; }
  /// Interface when the value was read from such a slot.
  Kind kind() const noexcept { return slot_ != Slot::None ? Kind::Interface : held_kind(); }
  /// The kind without regard to the slot; Invalid for a nil in a slot.
  Kind held_kind() const noexcept { return type_ ? type_->kind : Kind::Invalid; }
  /// nullptr when there is nothing.
  const Type* type() const noexcept { return type_; }
  /// The slot's type if there is one.
  const Type* static_type() const noexcept;
  Slot slot() const noexcept { return slot_; }
  bool addressable() const noexcept { return addressable_; }

  /// The same content as read from a place of this static type: interfaces become slots.
  Value as(const Type& static_type) const&;
  Value as(const Type& static_type) &&;
  /// Taken out of its slot.
  Value held() const&;
  Value held() &&;
  Value with_addressable(bool addressable) const;

  // The content; the kind must fit.
  bool as_bool() const noexcept { return bits_.boolean; }
  std::int64_t as_int() const noexcept { return bits_.integer; }
  std::uint64_t as_uint() const noexcept { return bits_.natural; }
  double as_double() const noexcept { return bits_.number; }
  std::complex<double> as_complex() const noexcept;
  std::string_view as_string() const noexcept;
  std::span<const Value> items() const noexcept;
  std::span<const MapEntry> entries() const noexcept;
  /// Of a struct, or of what a pointer that is not nil points to.
  std::span<const Value> fields() const noexcept;
  const Function& as_function() const noexcept;
  /// Takes the next element of a channel; nothing at its end.
  std::optional<Value> receive() const;

  /// A nil pointer, slice, map, function, channel, or an empty slot. False for every other kind.
  bool is_nil() const noexcept;
  /// What a pointer that is not nil points to; addressable.
  Value pointee() const;
  /// The pointer to an addressable struct.
  Value address() const { return {*type_->pointer, bits_.object}; }
  /// Elements of a slice, array, map or channel, bytes of a string. 0 for other kinds.
  std::size_t length() const noexcept;
  /// Go's template truth of what is held: false for nothing, nil, false, 0, "" and empty containers.
  bool truth() const noexcept;
  /// Looks an entry of a map up; nullptr when absent.
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
  /// Where the content lives: identity of pointers.
  const Object* identity() const noexcept { return counted_ ? bits_.object : nullptr; }
  /// How many containers are nested in it; 0 for scalars.
  std::uint32_t nesting() const noexcept;

 private:
  Value(const Type& type, Object* object) noexcept;
  bool holds_nil() const noexcept;

  union Bits {
    bool boolean;
    std::int64_t integer;
    std::uint64_t natural = 0;
    double number;
    Object* object;
  };
  const Type* type_ = nullptr;
  Bits bits_;
  Slot slot_ = Slot::None;
  bool addressable_ = false;
  bool counted_ = false;
};

struct MapEntry {
  Value key;
  Value value;
};

/// The order in which Go prints and ranges over map keys: strings bytewise, numbers by value.
bool key_less(const Value& a, const Value& b);

}  // namespace dfp::tmpl
