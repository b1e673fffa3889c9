#include "haproxy/worker/worker_link.hpp"

#include <fmt/format.h>

#include <utility>

#include "haproxy/config/policy/policies.hpp"
#include "haproxy/runtime/commands.hpp"

namespace dfp::haproxy {
namespace {

constexpr std::size_t kPayloadBytes = 8 * 1024;  // of one command; HAProxy takes 16 kB

Result<> check(const Command& command, const std::string& reply) {
  switch (command.answer) {
    case Command::Answer::Nothing:
      return runtime::check_quiet(command.text, reply);
    case Command::Answer::ServerAdded:
      return runtime::check_reply(command.text, reply, runtime::kServerAdded);
    case Command::Answer::ServerDeleted:
      return runtime::check_reply(command.text, reply, runtime::kServerDeleted);
    case Command::Answer::BackendPublished:
      return runtime::check_reply(command.text, reply, runtime::kBackendPublished);
    case Command::Answer::Anything:
      return {};
  }
  return {};
}

/// "New version created: 2".
Result<std::string> parse_new_version(const std::string& reply) {
  constexpr std::string_view kText = "New version created: ";
  auto at = reply.find(kText);
  if (at == std::string::npos) return fail(Errc::Rejected, "haproxy refused 'prepare map': " + reply);
  return reply.substr(at + kText.size());
}

/// `add map` with payloads: one entry per line, several commands when there are many.
std::vector<std::string> payload_commands(const std::string& version,
                                          const std::vector<runtime::MapEntry>& entries) {
  std::vector<std::string> commands;
  std::string head = fmt::format("add map @{} {} <<\n", version, config::kPatternsMap);
  std::string text;
  for (const auto& entry : entries) {
    if (text.size() > kPayloadBytes) commands.push_back(head + std::exchange(text, {}));
    text += entry.key + " " + entry.value + "\n";
  }
  if (!text.empty()) commands.push_back(head + text);
  return commands;
}

}  // namespace

WorkerLink::WorkerLink(Master& master) : master_(master) {}

Task<Result<>> WorkerLink::connect(Deadline deadline) {
  if (session_ && session_->alive()) co_return Result<>{};
  auto session = co_await master_.open_session(deadline);
  if (!session) co_return std::unexpected(session.error());
  session_ = std::move(*session);
  co_return Result<>{};
}

Task<Result<std::vector<std::string>>> WorkerLink::ask(std::vector<std::string> commands, Deadline deadline) {
  auto connected = co_await connect(deadline);
  if (!connected) co_return std::unexpected(connected.error());
  auto replies = co_await session_->run(std::move(commands), deadline);
  co_return std::move(replies);
}

Task<Result<>> WorkerLink::run(Commands commands, Deadline deadline) {
  for (std::size_t next = 0; next < commands.size();) {
    if (commands[next].patterns) {
      auto done = co_await rewrite_patterns(std::move(*commands[next++].patterns), deadline);
      if (!done) co_return done;
      continue;
    }
    std::vector<std::string> texts;
    auto begin = next;
    for (; next < commands.size() && !commands[next].patterns; ++next) texts.push_back(commands[next].text);
    auto replies = co_await ask(std::move(texts), deadline);
    if (!replies) co_return std::unexpected(replies.error());
    for (std::size_t i = 0; i < replies->size(); ++i)
      if (auto ok = check(commands[begin + i], (*replies)[i]); !ok) co_return ok;
  }
  co_return Result<>{};
}

Task<Result<>> WorkerLink::rewrite_patterns(std::vector<runtime::MapEntry> entries, Deadline deadline) {
  auto prepared = co_await ask({fmt::format("prepare map {}", config::kPatternsMap)}, deadline);
  if (!prepared) co_return std::unexpected(prepared.error());
  auto version = parse_new_version(prepared->front());
  if (!version) co_return std::unexpected(version.error());
  auto commands = payload_commands(*version, entries);
  auto added = co_await ask(std::move(commands), deadline);
  if (!added) co_return std::unexpected(added.error());
  for (const auto& reply : *added)
    if (auto ok = runtime::check_quiet("add map patterns.map", reply); !ok) co_return ok;
  auto commit = fmt::format("commit map @{} {}", *version, config::kPatternsMap);
  auto committed = co_await ask({commit}, deadline);
  if (!committed) co_return std::unexpected(committed.error());
  co_return runtime::check_quiet(commit, committed->front());
}

Task<Result<LiveState>> read_live_state(std::unique_ptr<runtime::Session> session, Deadline deadline) {
  std::vector<std::string> commands = {"show info",
                                       fmt::format("show map {}", config::kFlagsMap),
                                       fmt::format("show map {}", config::kRoutesMap),
                                       fmt::format("show map {}", config::kPatternsMap),
                                       fmt::format("show map {}", config::kBackendsMap),
                                       "show servers state",
                                       "show backend"};
  auto policies = commands.size();
  for (auto map : config::kPolicyMaps) commands.push_back(fmt::format("show map {}", map));
  auto replies = co_await session->run(std::move(commands), deadline);
  if (!replies) co_return std::unexpected(replies.error());
  auto info = runtime::parse_info((*replies)[0]);
  if (!info) co_return std::unexpected(info.error());
  LiveState live;
  live.info = std::move(*info);
  std::vector<runtime::MapEntry> flags;
  std::vector<runtime::MapEntry>* maps[] = {&flags, &live.routes, &live.patterns, &live.backends};
  for (std::size_t i = 0; i < std::size(maps); ++i) {
    auto entries = runtime::parse_map((*replies)[i + 1]);
    if (!entries) co_return std::unexpected(entries.error());
    *maps[i] = std::move(*entries);
  }
  if (!flags.empty()) live.flags = flags.front().value;
  auto servers = runtime::parse_servers((*replies)[5]);
  if (!servers) co_return std::unexpected(servers.error());
  live.servers = std::move(*servers);
  live.backend_names = runtime::parse_names((*replies)[6]);
  for (auto map : config::kPolicyMaps) {
    const auto& reply = (*replies)[policies++];
    if (reply.starts_with("Unknown map")) continue;  // a worker of files that did not have it yet
    auto entries = runtime::parse_map(reply);
    if (!entries) co_return std::unexpected(entries.error());
    live.policies.emplace(map, std::move(*entries));
  }
  co_return std::move(live);
}

}  // namespace dfp::haproxy
