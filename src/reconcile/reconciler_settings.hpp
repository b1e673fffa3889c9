#pragma once
#include <chrono>
#include <string>

#include "reconcile/renderer.hpp"
#include "reconcile/watcher.hpp"
#include "registry/template_source.hpp"

namespace dfp::reconcile {

struct ReconcilerSettings {
  std::string last_known_file;  ///< copy of the applied state for a start without the registry; "" keeps none
  /// For one request, its wait for its turn included; what waits for health has that wait in addition.
  std::chrono::milliseconds request_timeout = std::chrono::seconds(30);
  bool follow_health = false;  ///< keep the health of pinned instances as the registry tells it
  std::chrono::milliseconds watch_span = std::chrono::seconds(55);  ///< length of one blocking query
  std::chrono::milliseconds retry_first =
      std::chrono::milliseconds(250);                               ///< back-off of the watch: first pause
  std::chrono::milliseconds retry_last = std::chrono::seconds(10);  ///< and the longest
  /// How long services are served on that the registry has lost (shrink_guard.hpp).
  std::chrono::milliseconds shrink_hold = std::chrono::hours(24);
  /// At the start: what a registry that can be read says is all there is, however little; an operator's
  /// order.
  bool accept_registry = false;
  WatchSettings watch;  ///< of services with `watch`
};

/// What a proxy has for templates and watches; all must outlive the reconciler.
struct TemplateParts {
  Renderer* renderer = nullptr;  ///< nullptr: definitions with a template are refused
  registry::TemplateSource* source =
      nullptr;  ///< tells when instances change; nullptr: they are read every second where they are watched
};

}  // namespace dfp::reconcile
