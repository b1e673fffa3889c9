#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Go's text/template, native: values, parser, evaluator, built-in functions. Pure: no I/O.
/// (`template` is a C++ keyword, hence the short name.)
namespace dfp::tmpl {

/// Go's kinds, as far as a template can tell them apart. Invalid is "no value at all".
enum class Kind : std::uint8_t {
  Invalid,
  Bool,
  Int,
  Uint,
  Float,
  Complex,
  String,
  Slice,
  Array,
  Map,
  Struct,
  Pointer,
  Func,
  Channel,
  Interface,
};

struct Function;
struct Type;

struct Field {
  std::string name;
  const Type* type = nullptr;
  /// Go lets templates see only names that begin with an upper case letter.
  bool exported() const { return !name.empty() && name.front() >= 'A' && name.front() <= 'Z'; }
};

/// Methods by name. The first parameter of each is the receiver.
using Methods = std::map<std::string, std::shared_ptr<const Function>, std::less<>>;

/// What Go's reflection would say about a value. Types are compared by address and outlive every value,
/// so they are declared as constants.
struct Type {
  Kind kind = Kind::Invalid;
  std::string name;                  ///< as %T prints it: "map[string]interface {}"
  unsigned bits = 64;                ///< of integers
  const Type* key = nullptr;         ///< of maps
  const Type* element = nullptr;     ///< of slices, arrays, maps, channels, pointers
  const Type* underlying = nullptr;  ///< of a named slice or map: the plain type it may be assigned to
  const Type* pointer = nullptr;     ///< of a struct: the type of pointers to it, if there is one
  std::vector<Field> fields{};       ///< of structs
  Methods methods{};                 ///< on values
  Methods pointer_methods{};         ///< of structs: on pointers and addressable values only
  bool is_signature = false;         ///< an interface other than "interface {}", e.g. error

  /// Index into `fields`, or -1.
  int field_index(std::string_view field) const;
  const Function* method(std::string_view name) const;
  /// Those on pointers only; see find_method.
  const Function* pointer_method(std::string_view name) const;
  /// Go's rule for ==: slices, maps and functions cannot be compared, nor what contains them.
  bool comparable() const;
};

/// Go's predeclared types and the plain containers of JSON-like data.
namespace types {
inline const Type kAny{.kind = Kind::Interface, .name = "interface {}"};
inline const Type kError{.kind = Kind::Interface, .name = "error", .is_signature = true};
inline const Type kBool{.kind = Kind::Bool, .name = "bool"};
inline const Type kInt{.kind = Kind::Int, .name = "int"};
inline const Type kInt8{.kind = Kind::Int, .name = "int8", .bits = 8};
inline const Type kInt32{.kind = Kind::Int, .name = "int32", .bits = 32};
inline const Type kInt64{.kind = Kind::Int, .name = "int64"};
inline const Type kUint{.kind = Kind::Uint, .name = "uint"};
inline const Type kUint8{.kind = Kind::Uint, .name = "uint8", .bits = 8};
inline const Type kUint64{.kind = Kind::Uint, .name = "uint64"};
inline const Type kFloat64{.kind = Kind::Float, .name = "float64"};
inline const Type kComplex128{.kind = Kind::Complex, .name = "complex128", .bits = 128};
inline const Type kString{.kind = Kind::String, .name = "string"};
inline const Type kAnyList{.kind = Kind::Slice, .name = "[]interface {}", .element = &kAny};
inline const Type kStringList{.kind = Kind::Slice, .name = "[]string", .element = &kString};
inline const Type kIntList{.kind = Kind::Slice, .name = "[]int", .element = &kInt};
inline const Type kBytes{.kind = Kind::Slice, .name = "[]uint8", .element = &kUint8};
inline const Type kAnyMap{
    .kind = Kind::Map, .name = "map[string]interface {}", .key = &kString, .element = &kAny};
inline const Type kStringMap{
    .kind = Kind::Map, .name = "map[string]string", .key = &kString, .element = &kString};
/// Marks a parameter that takes a value as it is, without Go's conversion to a declared type.
inline const Type kRaw{.kind = Kind::Struct, .name = "reflect.Value"};
}  // namespace types

}  // namespace dfp::tmpl
