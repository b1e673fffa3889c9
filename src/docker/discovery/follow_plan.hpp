#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "docker/discovery/labels.hpp"
#include "docker/discovery/view.hpp"
#include "model/desired_state.hpp"

namespace dfp::docker::discovery {

/// What all labels of a view order.
struct Orders {
  std::map<std::string, model::Definition> definitions;  ///< by service name
  std::map<std::string, std::string> problems;           ///< service name -> why its labels are not followed
  std::vector<std::string> notes;  ///< "service shop_web: unknown label com.df.x (ignored)"
  std::set<std::string> waiting;   ///< ordered, but no copy is usable yet
};

Orders orders_of(const View& view, const LabelRules& rules);

/// What to ask of the proxy.
struct FollowPlan {
  std::map<std::string, model::Definition> reconfigure;
  std::set<std::string> repin;
  std::map<std::string, std::set<std::string>>
      unpin;                     ///< ids of instances whose addresses may be others' now
  std::set<std::string> remove;  ///< some of them to be configured anew at once
};

struct FollowSituation {
  const View& view;
  const Orders& orders;
  const model::DesiredState& served;
  const std::map<std::string, model::Definition>& given;  ///< orders that were passed on, since the start
  std::string author;   ///< changed_by of services that labels of this source ordered
  std::string network;  ///< see instances_of()
};

/// An order is passed on when it is new or changed; what the API did to the service after that stays until
/// the labels change. A service that a label ordered is removed when the label is gone; one whose labels
/// became unreadable keeps its last good state. Every service that Docker knows, by whomever it was
/// configured, gets the instances that it has now.
/// @param problems of instances that cannot be found are added by service name
FollowPlan follow_plan(const FollowSituation& situation, std::map<std::string, std::string>& problems);

}  // namespace dfp::docker::discovery
