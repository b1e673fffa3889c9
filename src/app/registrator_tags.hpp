#pragma once
#include "docker/registrator/desired.hpp"
#include "docker/registrator/options.hpp"

namespace dfp::app {

/// The template of the registrator's option `tags`; empty for plain tags.
/// @return InvalidArgument for one that cannot be parsed, with the place.
Result<docker::registrator::TagsTemplate> tags_template(const docker::registrator::Options& options);

}  // namespace dfp::app
