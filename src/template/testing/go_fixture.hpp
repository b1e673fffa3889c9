#pragma once
#include "template/function.hpp"
#include "template/value.hpp"

/// What the recorded cases of Go's engine were run with (tests/golden/template/gotemplate-fixture.md).
namespace dfp::tmpl::testing {

/// add, upper, join, fail, boom, ... beside the built-in functions.
const FunctionMap& go_functions();

/// The structs, maps, pointers and methods of the fixture `root`. Holds a channel that the first range
/// drains: call it once per case.
Value go_root();

}  // namespace dfp::tmpl::testing
