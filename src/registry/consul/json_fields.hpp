#pragma once
#include <simdjson.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.hpp"

/// How Consul's answers are read: a field that is missing, null or of another type leaves its target as it
/// is, as in the answers of old agents.
namespace dfp::registry::consul::fields {

namespace json = simdjson::ondemand;

inline void read(json::value value, std::string& target) {
  std::string_view text;
  auto error = value.get_string().get(text);
  if (error == simdjson::SUCCESS) target = text;
  if (error == simdjson::STRING_ERROR) throw simdjson::simdjson_error(error);
}

inline void read(json::value value, std::int64_t& target) {
  std::int64_t number;
  if (value.get_int64().get(number) == simdjson::SUCCESS) target = number;
}

inline void read(json::value value, bool& target) {
  bool yes;
  if (value.get_bool().get(yes) == simdjson::SUCCESS) target = yes;
}

/// Calls `take(key, value)` for each field of an object; nothing for anything else.
template <class Take>
void for_each_field(json::value value, Take take) {
  json::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return;
  for (auto field : object) {
    std::string_view key = field.unescaped_key();
    take(key, json::value(field.value()));
  }
}

template <class Take>
void for_each_item(json::value value, Take take) {
  json::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return;
  for (auto item : array) take(item.value());
}

inline void read(json::value value, std::vector<std::string>& texts) {
  for_each_item(value, [&](json::value item) {
    std::string text;
    read(item, text);
    texts.push_back(std::move(text));
  });
}

inline void read(json::value value, std::map<std::string, std::string>& texts) {
  for_each_field(value, [&](std::string_view key, json::value field) {
    std::string name(key);
    read(field, texts[std::move(name)]);
  });
}

/// Runs `read_document(document)` over a body; simdjson reports a malformed text by an exception.
/// @param what for the error: "the names of services"
template <class Read>
auto parse(std::string& body, std::string_view what, Read read_document)
    -> Result<std::invoke_result_t<Read, json::document&>> {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  try {
    json::parser parser;
    json::document document = parser.iterate(body.data(), body.size(), body.capacity());
    return read_document(document);
  } catch (const simdjson::simdjson_error& error) {
    return fail(Errc::Rejected,
                std::string("consul: ") + std::string(what) + ": not the expected JSON: " + error.what());
  }
}

}  // namespace dfp::registry::consul::fields
