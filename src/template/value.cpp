#include "template/value.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "template/function.hpp"
#include "template/object.hpp"

namespace dfp::tmpl {
Value::Value(const Type& type, Object* object) noexcept : type_(&type), counted_(true) {
  bits_.object = object;
  intrusive_ptr_add_ref(object);
}

Value::Value(const Value& other) noexcept
    : type_(other.type_),
      bits_(other.bits_),
      slot_(other.slot_),
      addressable_(other.addressable_),
      counted_(other.counted_) {
  if (counted_) intrusive_ptr_add_ref(bits_.object);
}

Value::Value(Value&& other) noexcept
    : type_(other.type_),
      bits_(other.bits_),
      slot_(other.slot_),
      addressable_(other.addressable_),
      counted_(std::exchange(other.counted_, false)) {
  other.type_ = nullptr;
  other.slot_ = Slot::None;
}

Value& Value::operator=(Value other) noexcept {
  std::swap(type_, other.type_);
  std::swap(bits_, other.bits_);
  std::swap(slot_, other.slot_);
  std::swap(addressable_, other.addressable_);
  std::swap(counted_, other.counted_);
  return *this;
}

Value::~Value() {
  if (counted_) intrusive_ptr_release(bits_.object);
}

Value Value::of(bool value) {
  Value out;
  out.type_ = &types::kBool;
  out.bits_.boolean = value;
  return out;
}

Value Value::of(double value) {
  Value out;
  out.type_ = &types::kFloat64;
  out.bits_.number = value;
  return out;
}

Value Value::of(std::complex<double> value) { return {types::kComplex128, new ComplexObject(value)}; }

Value Value::of(const std::vector<std::string>& values) {
  std::vector<Value> items;
  items.reserve(values.size());
  for (const auto& value : values) items.push_back(of(value));
  return list(std::move(items), types::kStringList);
}

Value Value::integer(std::int64_t value, const Type& type) {
  Value out;
  out.type_ = &type;
  out.bits_.integer = value;
  return out;
}

Value Value::unsigned_integer(std::uint64_t value, const Type& type) {
  Value out;
  out.type_ = &type;
  out.bits_.natural = value;
  return out;
}

Value Value::string(std::string value, const Type& type) {
  return {type, new StringObject(std::move(value))};
}
Value Value::list(std::vector<Value> items, const Type& type) {
  return {type, new ListObject(std::move(items))};
}
Value Value::map(std::vector<MapEntry> entries, const Type& type) {
  return {type, new MapObject(std::move(entries))};
}
Value Value::structure(std::vector<Value> fields, const Type& type) {
  return {type, new ListObject(std::move(fields))};
}
Value Value::channel(std::vector<Value> queued, const Type& type, Generator next) {
  return {type, new ChannelObject(std::move(queued), std::move(next))};
}

Value Value::function(Function function) {
  auto* object = new FunctionObject(std::move(function));
  return {object->type, object};
}

Value Value::zero(const Type& type) {
  Value out;
  switch (type.kind) {
    case Kind::Interface:
      out.slot_ = type.is_signature ? Slot::Error : Slot::Any;
      return out;
    case Kind::String:
      return string({}, type);
    case Kind::Complex:
      return of(std::complex<double>());
    case Kind::Struct: {
      std::vector<Value> fields;
      for (const auto& field : type.fields) fields.push_back(zero(*field.type));
      return structure(std::move(fields), type);
    }
    default:
      out.type_ = &type;
      return out;
  }
}

const Type* Value::static_type() const noexcept {
  switch (slot_) {
    case Slot::Any:
      return &types::kAny;
    case Slot::Error:
      return &types::kError;
    case Slot::None:
      break;
  }
  return type_;
}

Value Value::as(const Type& static_type) const& { return Value(*this).as(static_type); }

Value Value::as(const Type& static_type) && {
  if (static_type.kind == Kind::Interface) slot_ = static_type.is_signature ? Slot::Error : Slot::Any;
  return std::move(*this);
}

Value Value::held() const& { return Value(*this).held(); }

Value Value::held() && {
  if (slot_ != Slot::None) {
    slot_ = Slot::None;
    addressable_ = false;
  }
  return std::move(*this);
}

Value Value::with_addressable(bool addressable) const {
  Value out = *this;
  out.addressable_ = addressable;
  return out;
}

std::complex<double> Value::as_complex() const noexcept {
  return static_cast<const ComplexObject*>(bits_.object)->number;
}

std::string_view Value::as_string() const noexcept {
  return static_cast<const StringObject*>(bits_.object)->text;
}

std::span<const Value> Value::items() const noexcept {
  if (!counted_) return {};
  return static_cast<const ListObject*>(bits_.object)->items;
}

std::span<const MapEntry> Value::entries() const noexcept {
  if (!counted_) return {};
  return static_cast<const MapObject*>(bits_.object)->entries;
}

std::span<const Value> Value::fields() const noexcept { return items(); }

const Function& Value::as_function() const noexcept {
  return static_cast<const FunctionObject*>(bits_.object)->function;
}

std::optional<Value> Value::receive() const {
  if (!counted_) return std::nullopt;
  auto& channel = static_cast<ChannelObject&>(*bits_.object);
  std::optional<Value> out;
  if (!channel.queue.empty()) {
    out = std::move(channel.queue.front());
    channel.queue.pop_front();
  } else if (channel.next) {
    out = channel.next();
  }
  if (out) out = std::move(*out).as(*type_->element);
  return out;
}

bool Value::is_nil() const noexcept { return slot_ == Slot::None ? holds_nil() : type_ == nullptr; }

bool Value::holds_nil() const noexcept {
  switch (held_kind()) {
    case Kind::Invalid:
      return true;
    case Kind::Slice:
    case Kind::Map:
    case Kind::Pointer:
    case Kind::Channel:
      return !counted_;
    case Kind::Func:
      return !counted_ || !as_function().body;
    default:
      return false;
  }
}

Value Value::pointee() const {
  Value out(*type_->element, bits_.object);
  out.addressable_ = true;
  return out;
}

std::size_t Value::length() const noexcept {
  switch (held_kind()) {
    case Kind::String:
      return as_string().size();
    case Kind::Slice:
    case Kind::Array:
      return items().size();
    case Kind::Map:
      return entries().size();
    case Kind::Channel:
      return counted_ ? static_cast<const ChannelObject*>(bits_.object)->queue.size() : 0;
    default:
      return 0;
  }
}

bool Value::truth() const noexcept {
  switch (held_kind()) {
    case Kind::Invalid:
      return false;
    case Kind::Bool:
      return as_bool();
    case Kind::Int:
    case Kind::Uint:
      return bits_.natural != 0;
    case Kind::Float:
      return as_double() != 0;
    case Kind::Complex:
      return as_complex() != std::complex<double>();
    case Kind::String:
    case Kind::Slice:
    case Kind::Array:
    case Kind::Map:
      return length() > 0;
    case Kind::Struct:
      return true;
    default:
      return !holds_nil();
  }
}

const Value* Value::find(const Value& key) const {
  auto all = entries();
  auto at = std::ranges::lower_bound(all, key, key_less, &MapEntry::key);
  return at == all.end() || key_less(key, at->key) ? nullptr : &at->value;
}

const Value* Value::find(std::string_view key) const {
  if (type_->key->kind == Kind::Interface) return find(of(key));
  auto all = entries();
  auto at =
      std::ranges::lower_bound(all, key, {}, [](const MapEntry& entry) { return entry.key.as_string(); });
  return at == all.end() || at->key.as_string() != key ? nullptr : &at->value;
}

std::uint32_t Value::nesting() const noexcept { return counted_ ? bits_.object->nesting : 0; }

bool key_less(const Value& a, const Value& b) {
  if (a.held_kind() != b.held_kind()) return a.held_kind() < b.held_kind();
  switch (a.held_kind()) {
    case Kind::Bool:
      return !a.as_bool() && b.as_bool();
    case Kind::Int:
      return a.as_int() < b.as_int();
    case Kind::Uint:
      return a.as_uint() < b.as_uint();
    case Kind::Float:
      return a.as_double() < b.as_double() || (std::isnan(a.as_double()) && !std::isnan(b.as_double()));
    case Kind::String:
      return a.as_string() < b.as_string();
    default:
      return a.identity() < b.identity();
  }
}

}  // namespace dfp::tmpl
