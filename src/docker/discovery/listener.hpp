#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "docker/discovery/follower.hpp"
#include "net/http_message.hpp"

namespace dfp::docker::discovery {

/// Where the endpoints of the original's Swarm Listener are.
constexpr std::string_view kListenerPrefix = "/v1/docker-flow-swarm-listener/";

/// get-services: what the original would send to the proxy for every labelled service with a running copy, as
/// a JSON list of flat objects.
std::string render_services(const View& view, const LabelRules& rules);
/// get-nodes: the nodes of the swarm with their com.df labels.
std::string render_nodes(const View& view);

/// Answers notify-services, get-services, get-nodes and ping; nullopt for any other path.
/// 503 while the engine could not be read yet.
std::optional<net::HttpResponse> answer_listener(std::string_view path, Follower& follower);

}  // namespace dfp::docker::discovery
