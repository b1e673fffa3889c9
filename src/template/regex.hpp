#pragma once
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace dfp::tmpl {

/// A compiled expression of Go's package regexp. @return Go's message of what is wrong
std::expected<std::unique_ptr<const re2::RE2>, std::string> compile_regex(std::string_view pattern);

}  // namespace dfp::tmpl
