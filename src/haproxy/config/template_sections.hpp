#pragma once
#include <chrono>
#include <string>

#include "haproxy/config/hand_over.hpp"
#include "haproxy/config/template_texts.hpp"

namespace dfp::haproxy::config {

/// What holds for sections that templates bring, whatever they say themselves.
struct SectionGuard {
  HandOver hand_over;
  std::chrono::milliseconds lifetime;  ///< of a worker that was replaced
  int connections = 0;                 ///< that one section may take; 0: as many as there are
};

/// The sections of templates with the proxy's own lines in them: a frontend or listen section of HTTP on a
/// port of its own hands its requests over after a reload, as the shared frontend does. Not those that speak
/// TLS themselves (a certificate of a template needs an operator's permission), and not TCP, which has no
/// next request.
/// @return Internal when the text, which `fold` has let through, cannot be read.
Result<std::string> guarded_sections(const TemplateText& sections, const SectionGuard& guard);

/// The rule of a backend by which it has no more than so many requests at one time.
void write_share_of_backend(ConfigWriter& writer, int connections);

}  // namespace dfp::haproxy::config
