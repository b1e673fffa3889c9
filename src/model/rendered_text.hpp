#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "model/definition.hpp"

namespace dfp::model {

/// One text of what a pair of templates gave: the frontend's rules, a comment that names the second template,
/// and the backends.
std::string join_rendered(std::string rules, std::string_view backends_template, std::string_view backends);

/// Where a line of `Service::rendered` comes from.
struct RenderedPlace {
  std::string template_name;  ///< as the definition names it; empty when it names none
  std::size_t line = 0;       ///< of what that template gave, from 1

  bool operator==(const RenderedPlace&) const = default;
};
/// @param line of `rendered`, from 1
RenderedPlace rendered_place(const Definition& definition, std::string_view rendered, std::size_t line);

}  // namespace dfp::model
