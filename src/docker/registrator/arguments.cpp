#include "docker/registrator/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/nearest.hpp"
#include "base/parse.hpp"
#include "base/text.hpp"

namespace dfp::docker::registrator {
namespace {

constexpr std::uint64_t kMostSeconds = 30 * 24 * 3600;

template <auto Field>
Result<> set_text(Options& options, std::string_view text) {
  options.*Field = std::string(text);
  return {};
}
template <auto Field>
std::string get_text(const Options& options) {
  return options.*Field;
}

template <auto Field>
Result<> set_switch(Options& options, std::string_view text) {
  auto value = parse::boolean(text);
  if (!value) return std::unexpected(value.error());
  options.*Field = *value;
  return {};
}
template <auto Field>
std::string get_switch(const Options& options) {
  return options.*Field ? "true" : "false";
}

template <auto Field>
Result<> set_seconds(Options& options, std::string_view text) {
  auto value = parse::number(text, 0, kMostSeconds);
  if (!value) return std::unexpected(value.error());
  options.*Field = std::chrono::seconds(*value);
  return {};
}
template <auto Field>
std::string get_seconds(const Options& options) {
  return std::to_string((options.*Field).count());
}

Result<> set_ip(Options& options, std::string_view text) {
  if (!parse::is_ip_address(text))
    return fail(Errc::InvalidArgument, text::shown(text) + " is not an IP address");
  options.ip = std::string(text);
  return {};
}

Result<> set_tags(Options& options, std::string_view text) {
  bool is_template = text.contains("{{");
  options.tags_template = is_template ? std::string(text) : std::string();
  options.tags = is_template ? std::vector<std::string>() : parse_tags(text);
  return {};
}
std::string get_tags(const Options& options) {
  return options.tags_template.empty() ? text::join(options.tags, ",") : options.tags_template;
}

Result<> set_deregister(Options& options, std::string_view text) {
  auto value = parse_deregister(text);
  if (!value) return std::unexpected(value.error());
  options.deregister = *value;
  return {};
}
std::string get_deregister(const Options& options) {
  return options.deregister == Deregister::Always ? "always" : "on-success";
}

/// The original's 0 means never; here a look in an hour does no harm.
Result<> set_resync(Options& options, std::string_view text) {
  auto value = parse::number(text, 0, kMostSeconds);
  if (!value) return std::unexpected(value.error());
  options.resync = *value == 0 ? std::chrono::hours(1) : std::chrono::seconds(*value);
  return {};
}

Result<> set_attempts(Options& options, std::string_view text) {
  auto value = parse::number(text == "-1" ? "0" : text, 0, 1'000'000);
  if (!value) return std::unexpected(value.error());
  options.retry_attempts = text == "-1" ? -1 : static_cast<int>(*value);
  return {};
}
std::string get_attempts(const Options& options) { return std::to_string(options.retry_attempts); }

Result<> set_interval(Options& options, std::string_view text) {
  auto value = parse::number(text, 1, 3'600'000);
  if (!value) return std::unexpected(value.error());
  options.retry_interval = std::chrono::milliseconds(*value);
  return {};
}
std::string get_interval(const Options& options) { return std::to_string(options.retry_interval.count()); }

constexpr std::array kArguments = {
    Argument{
        "ip", "ADDRESS",
        "Address of what is published on every address of the host. None: the engine's address in its swarm, "
        "else "
        "the one this process sends from when it runs in the host's network; nothing is guessed inside of a "
        "container.",
        set_ip, get_text<&Options::ip>},
    Argument{"internal", "", "Register containers' own addresses and ports instead of published ones.",
             set_switch<&Options::internal>, get_switch<&Options::internal>},
    Argument{"network", "NAME", "With internal: take the address in this network. New.",
             set_text<&Options::network>, get_text<&Options::network>},
    Argument{"use-ip-from-label", "LABEL", "A label whose value is the address (a mask is cut off).",
             set_text<&Options::use_ip_from_label>, get_text<&Options::use_ip_from_label>, "useIpFromLabel"},
    Argument{"explicit", "", "Only containers that name a service (SERVICE_NAME).",
             set_switch<&Options::explicit_only>, get_switch<&Options::explicit_only>},
    Argument{
        "tags", "LIST",
        "Tags for every entry, separated by commas (\\, is a comma). May be a template over the inspected "
        "container: id={{strSlice .ID 0 12}}.",
        set_tags, get_tags},
    Argument{"deregister", "always|on-success",
             "When a container ends: remove its entries, or only when it did not fail (exit status 0, or "
             "ended by a "
             "signal).",
             set_deregister, get_deregister},
    Argument{"cleanup", "", "Also remove entries that a Registrator left for this host (HOSTNAME:NAME:PORT).",
             set_switch<&Options::cleanup>, get_switch<&Options::cleanup>},
    Argument{"ttl", "SECONDS", "An entry that is not renewed for so long is not used any more; 0: for ever.",
             set_seconds<&Options::ttl>, get_seconds<&Options::ttl>},
    Argument{"ttl-refresh", "SECONDS", "Entries are renewed so often; shorter than ttl.",
             set_seconds<&Options::refresh>, get_seconds<&Options::refresh>},
    Argument{"resync", "SECONDS",
             "Engine and registry are compared so often even without an event; 0: every hour.", set_resync,
             get_seconds<&Options::resync>},
    Argument{"retry-attempts", "NUMBER", "How often the first comparison is tried; -1: without end.",
             set_attempts, get_attempts},
    Argument{"retry-interval", "MILLISECONDS", "Between two of these attempts.", set_interval, get_interval},
    Argument{"hostname", "NAME",
             "First part of ids, and the mark of own entries. None: the engine's name. New.",
             set_text<&Options::hostname>, get_text<&Options::hostname>},
};

/// "-ip", "--ip" and what is behind a '='.
struct Word {
  std::string_view name;
  std::optional<std::string_view> value;
};

Word split_word(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('-'), word.size()));
  auto equals = word.find('=');
  if (equals == std::string_view::npos) return {word, std::nullopt};
  return {word.substr(0, equals), word.substr(equals + 1)};
}

const Argument* find_argument(std::string_view name) {
  auto at = std::ranges::find_if(kArguments,
                                 [&](const Argument& a) { return a.name == name || a.original == name; });
  return name.empty() || at == kArguments.end() ? nullptr : &*at;
}

std::unexpected<Error> refuse_unknown(std::string_view word) {
  std::vector<std::string_view> known;
  for (const auto& argument : kArguments) known.push_back(argument.name);
  return fail(Errc::InvalidArgument, fmt::format("{} is no option of the registrator{}", text::shown(word),
                                                 text::suggestion(split_word(word).name, known)));
}

}  // namespace

std::span<const Argument> arguments() { return kArguments; }

Result<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  char quote = 0;
  bool within = false;  // a word, maybe an empty one
  for (char c : text) {
    bool space = !quote && std::string_view(" \t\r\n").contains(c);
    if (!space && !within) words.emplace_back();
    within = !space;
    if (c == quote)
      quote = 0;
    else if (!quote && (c == '\'' || c == '"'))
      quote = c;
    else if (!space)
      words.back() += c;
  }
  if (quote) return fail(Errc::InvalidArgument, fmt::format("a {} is not closed", quote));
  return words;
}

Result<Options> parse_arguments(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto word = split_word(words[i]);
    auto* argument = words[i].starts_with('-') ? find_argument(word.name) : nullptr;
    if (!argument) return refuse_unknown(words[i]);
    bool takes_next = !word.value && !argument->placeholder.empty();
    if (takes_next && i + 1 == words.size())
      return fail(Errc::InvalidArgument,
                  fmt::format("--{}: missing {}", argument->name, argument->placeholder));
    auto value = takes_next ? std::string_view(words[++i]) : word.value.value_or("true");
    if (auto ok = argument->set(options, value); !ok)
      return fail(Errc::InvalidArgument, fmt::format("--{}: {}", argument->name, ok.error().what));
  }
  if (auto ok = options.validate(); !ok) return std::unexpected(ok.error());
  return options;
}

}  // namespace dfp::docker::registrator
