#include "registry/consul/kv_json.hpp"

#include <simdjson.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/base64.hpp"
#include "base/text.hpp"

namespace dfp::registry::consul {
namespace {
namespace ondemand = simdjson::ondemand;
namespace json = boost::json;

std::unexpected<Error> malformed(std::string_view problem) {
  return fail(Errc::Rejected, "consul: keys: not the expected JSON: " + std::string(problem));
}

/// An empty value is null in Consul's answers.
std::string read_value(ondemand::value value) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return {};
  auto bytes = base64::decode(text);
  if (!bytes) throw simdjson::simdjson_error(simdjson::STRING_ERROR);
  return std::move(*bytes);
}

void read_number(ondemand::value value, std::uint64_t& target) {
  std::uint64_t number;
  if (value.get_uint64().get(number) == simdjson::SUCCESS) target = number;
}

std::string read_text(ondemand::value value) {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

// simdjson's exceptions end in parse_key_records.
KeyRecord read_record(ondemand::object object) {
  KeyRecord record;
  for (auto field : object) {
    std::string_view key = field.unescaped_key();
    if (key == "Key") record.key = std::string_view(field.value());
    if (key == "Value") record.value = read_value(field.value());
    if (key == "Session") record.session = read_text(field.value());
    if (key == "Flags") read_number(field.value(), record.flags);
    if (key == "CreateIndex") read_number(field.value(), record.create_index);
    if (key == "ModifyIndex") record.modify_index = std::uint64_t(field.value());
    if (key == "LockIndex") read_number(field.value(), record.lock_index);
  }
  return record;
}

// ---------------------------------------------------------------------------------------- transactions

json::object render(const Put& op) {
  return {{"Verb", "set"}, {"Key", op.key}, {"Value", base64::encode(op.value)}};
}
json::object render(const PutIfVersion& op) {
  return {{"Verb", "cas"}, {"Key", op.key}, {"Value", base64::encode(op.value)}, {"Index", op.version}};
}
json::object render(const Delete& op) { return {{"Verb", "delete"}, {"Key", op.key}}; }
json::object render(const DeleteTree& op) { return {{"Verb", "delete-tree"}, {"Key", op.prefix}}; }
json::object render(const CheckVersion& op) {
  if (op.version == 0) return {{"Verb", "check-not-exists"}, {"Key", op.key}};
  return {{"Verb", "check-index"}, {"Key", op.key}, {"Index", op.version}};
}

json::value parse_object(std::string_view body) {
  boost::system::error_code error;
  auto value = json::parse(body, error);
  return error || !value.is_object() ? json::value(json::object()) : value;
}

const json::array* list_in(const json::value& object, std::string_view name) {
  auto* list = object.get_object().if_contains(name);
  return list ? list->if_array() : nullptr;
}

std::uint64_t modify_index(const json::value& result) {
  boost::system::error_code error;
  auto* index = result.find_pointer("/KV/ModifyIndex", error);
  return index ? index->to_number<std::uint64_t>(error) : 0;
}

}  // namespace

std::string key_path(std::string_view key) { return "/v1/kv/" + text::percent_encode(key, "/"); }

Result<std::vector<KeyRecord>> parse_key_records(std::string& body) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  try {
    ondemand::parser parser;
    ondemand::document document = parser.iterate(body.data(), body.size(), body.capacity());
    std::vector<KeyRecord> records;
    for (auto item : document.get_array()) records.push_back(read_record(item.get_object()));
    // Consul's order is ours; a proxy in between may not know that.
    if (!std::ranges::is_sorted(records, {}, &KeyRecord::key))
      std::ranges::sort(records, {}, &KeyRecord::key);
    auto incomplete = [](const KeyRecord& record) { return record.key.empty() || record.modify_index == 0; };
    if (std::ranges::any_of(records, incomplete)) return malformed("a key without its name or index");
    return records;
  } catch (const simdjson::simdjson_error& error) {
    return malformed(error.what());
  }
}

Result<std::vector<Entry>> parse_kv_answer(std::string& body) {
  auto records = parse_key_records(body);
  if (!records) return std::unexpected(std::move(records).error());
  std::vector<Entry> entries;
  entries.reserve(records->size());
  for (auto& record : *records)
    entries.push_back({std::move(record.key), std::move(record.value), record.modify_index});
  return entries;
}

std::string render_transaction(const std::vector<Operation>& operations) {
  json::array out;
  for (const auto& operation : operations)
    out.push_back({{"KV", std::visit([](const auto& op) { return render(op); }, operation)}});
  return json::serialize(out);
}

Result<std::uint64_t> parse_transaction_answer(std::string_view body) {
  auto answer = parse_object(body);
  auto* results = list_in(answer, "Results");
  if (!results) return malformed("a transaction without results");
  std::uint64_t highest = 0;
  for (const auto& result : *results) highest = std::max(highest, modify_index(result));
  return highest;
}

Error parse_transaction_refusal(std::string_view body) {
  auto answer = parse_object(body);
  std::string words;
  bool denied = false;
  if (auto* errors = list_in(answer, "Errors"))
    for (const auto& error : *errors) {
      boost::system::error_code missing;
      auto* what = error.find_pointer("/What", missing);
      if (!what || !what->is_string()) continue;
      std::string text(what->get_string());
      denied = denied || text.contains("Permission denied");
      if (!words.contains(text)) words += (words.empty() ? "" : "; ") + text;
    }
  if (words.empty()) words = "no reason given";
  if (denied) return {Errc::Rejected, "consul: write keys: " + words + " (check the ACL token)"};
  return {Errc::Conflict, "consul: " + words};
}

}  // namespace dfp::registry::consul
