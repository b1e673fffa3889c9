#pragma once
#include <cstdint>

#include "registry/template_source.hpp"

namespace dfp::registry {

/// A number that stands for an answer's content, as its position where a registry counts no changes. Never 0;
/// the same within one run of the program only.
std::uint64_t digest(const AnswerData& data);
/// The same of an AddressReport's owners.
std::uint64_t digest(const std::vector<model::Instance>& owners);

}  // namespace dfp::registry
