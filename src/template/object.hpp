#pragma once
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <complex>
#include <deque>
#include <string>
#include <vector>

#include "template/function.hpp"
#include "template/value.hpp"

/// The counted contents behind a Value; private to value.cpp and the few that need identity.
namespace dfp::tmpl {

class Object : public boost::intrusive_ref_counter<Object> {
 public:
  virtual ~Object() = default;
  /// 1 + the deepest element. Kept so that a value whose destruction would nest too deeply is never used
  /// further.
  std::uint32_t nesting = 0;

 protected:
  Object() = default;
};

struct StringObject final : Object {
  explicit StringObject(std::string t) : text(std::move(t)) {}
  std::string text;
};

struct ComplexObject final : Object {
  explicit ComplexObject(std::complex<double> n) : number(n) {}
  std::complex<double> number;
};

/// Slices, arrays, and the fields of structs.
struct ListObject final : Object {
  explicit ListObject(std::vector<Value> v);
  std::vector<Value> items;
};

struct MapObject final : Object {
  explicit MapObject(std::vector<MapEntry> e);
  std::vector<MapEntry> entries;  ///< sorted by key_less
};

struct FunctionObject final : Object {
  explicit FunctionObject(tmpl::Function f);
  tmpl::Function function;
  Type type;
};

struct ChannelObject final : Object {
  ChannelObject(std::vector<Value> v, Value::Generator n) : queue(v.begin(), v.end()), next(std::move(n)) {}
  std::deque<Value> queue;
  Value::Generator next;  ///< asked when the queue is empty; may be none
};

}  // namespace dfp::tmpl
