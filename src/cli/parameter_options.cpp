#include "cli/parameter_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/parse.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/help.hpp"
#include "model/destination.hpp"

namespace dfp::cli {
namespace {

using Values = ParameterTexts::Values;

/// "--service-path.2,--servicePath.2"
std::string flags_of(std::string_view name, const std::string& index = {}) {
  auto kebab = kebab_case(name);
  auto flags = "--" + kebab + index;
  return kebab == name ? flags : fmt::format("{},--{}{}", flags, name, index);
}

/// An optional value would take the word behind it, whatever it is.
std::string refuse_no_boolean(const std::string& text) {
  if (parse::boolean(text)) return {};
  return fmt::format("{} is not true or false; put the switch after the arguments, or write it with =true",
                     text::shown(text));
}

CLI::Option* add_option(CLI::App& command, const parameters::ParameterInfo& info, const std::string& names,
                        Values& values, const std::string& help) {
  if (info.type == parameters::ParameterType::Bool) {
    auto take = [&values](const std::string& text) { values = {text}; };
    return command.add_option_function<std::string>(names, take, help)
        ->expected(0, 1)
        ->check(refuse_no_boolean)
        ->default_str("true")
        ->option_text("[true|false]");
  }
  bool is_list = info.type == parameters::ParameterType::List;
  auto* option = command.add_option(names, values, help)->allow_extra_args(false);
  option->option_text(is_list ? "TEXT[,TEXT] (may be repeated)" : "TEXT");
  if (!is_list) option->expected(1);
  return option;
}

void add_parameter(CLI::App& command, const api::Endpoint& endpoint, const parameters::ParameterInfo& info,
                   Values& values, ParameterTexts& texts) {
  auto help = describe(info.meaning, info.allowed, info.fallback);
  if (info.indexed) help += fmt::format("\nOf one of several destinations: --{}.2", kebab_case(info.name));
  bool is_word = std::ranges::find(endpoint.words, info.name) != endpoint.words.end();
  auto word = is_word ? std::string(info.name) + "," : std::string();
  add_option(command, info, word + flags_of(info.name), values, help);
  for (unsigned index = 1; info.indexed && index <= model::kMaxDestinations; ++index) {
    auto suffix = fmt::format(".{}", index);
    auto& indexed = texts.indexed[std::string(info.name) + suffix];
    add_option(command, info, flags_of(info.name, suffix), indexed, "")->group("");  // not in the help
  }
}

/// An empty value counts as not given, as the API has it; one with an index as given.
bool is_given(const net::QueryPairs& query, std::string_view name) {
  return std::ranges::any_of(query, [&](const auto& pair) {
    return parameters::split_name(pair.first).name == name && !pair.second.empty();
  });
}

std::string flag_of(std::string_view name) { return "--" + kebab_case(name); }

std::vector<std::string> flags_of_all(std::span<const std::string_view> names) {
  std::vector<std::string> flags;
  for (auto name : names) flags.push_back(flag_of(name));
  return flags;
}

}  // namespace

void add_parameter_options(CLI::App& command, const api::Endpoint& endpoint, ParameterTexts& texts) {
  texts.values.resize(endpoint.parameters.size());
  for (std::size_t i = 0; i < endpoint.parameters.size(); ++i)
    add_parameter(command, endpoint, endpoint.parameters[i], texts.values[i], texts);
}

Result<> check_required(const api::Endpoint& endpoint, const ParameterTexts& texts) {
  auto query = query_of(endpoint, texts);
  auto given = [&](std::string_view name) { return is_given(query, name); };
  auto refuse = [&](const std::string& what) {
    return fail(Errc::InvalidArgument, fmt::format("{0}: {1}; for example: docker-flow-proxy {0} {2}",
                                                   endpoint.command, what, endpoint.example));
  };
  std::vector<std::string> missing;
  for (auto name : endpoint.required)
    if (!given(name)) missing.push_back(flag_of(name));
  if (!missing.empty()) return refuse(fmt::format("missing {}", fmt::join(missing, ", ")));
  if (endpoint.one_of.empty() || std::ranges::any_of(endpoint.one_of, given)) return {};
  return refuse(fmt::format("missing one of {}", fmt::join(flags_of_all(endpoint.one_of), ", ")));
}

net::QueryPairs query_of(const api::Endpoint& endpoint, const ParameterTexts& texts) {
  net::QueryPairs query;
  for (std::size_t i = 0; i < endpoint.parameters.size(); ++i)
    if (!texts.values[i].empty())
      query.emplace_back(endpoint.parameters[i].name, fmt::format("{}", fmt::join(texts.values[i], ",")));
  for (const auto& [name, values] : texts.indexed)
    if (!values.empty()) query.emplace_back(name, fmt::format("{}", fmt::join(values, ",")));
  return query;
}

}  // namespace dfp::cli
