#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/base64.hpp"
#include "template/bind.hpp"
#include "template/consul/functions.hpp"
#include "template/consul/toml.hpp"
#include "template/consul/yaml.hpp"
#include "template/json.hpp"
#include "template/limits.hpp"

namespace dfp::tmpl::consul {
namespace {

using Failing = std::expected<std::string, std::string>;

/// What a parsed JSON text takes for each of its bytes at most.
constexpr std::size_t kJsonWeight = 16;

std::string_view without_end(std::string_view text) {
  auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == text.npos ? 0 : last + 1);
}

Outcome parse_json(Invocation& call, std::string_view text) {
  if (text.empty()) return Value::map({});
  call.budget().charge_bytes(text.size() * kJsonWeight);
  return json::parse(text, json::Numbers::Float);
}

Failing to_json(Invocation& call, const char* name, const Value& value, const json::WriteOptions& options) {
  Sink sink(call.budget());
  auto written = json::write(sink, value, options);
  if (!written) return std::unexpected(fmt::format("{}: {}", name, written.error()));
  return std::move(sink).take();
}

Function json_writer(const char* name, json::WriteOptions options) {
  return bind([=](Invocation& call, Value value) { return to_json(call, name, value, options); });
}

Outcome parse_yaml(Invocation& call, std::string_view text) {
  if (text.empty()) return Value::map({});
  return yaml::parse(text, call.budget());
}

Failing to_yaml(Invocation& call, const Value& value) {
  Sink sink(call.budget());
  auto written = yaml::write(sink, value);
  if (!written) return std::unexpected("toYAML: " + written.error());
  return std::string(without_end(sink.view()));
}

Failing to_toml(Invocation& call, const Value& value) {
  Sink sink(call.budget());
  auto written = toml::write(sink, value);
  if (!written) return std::unexpected("toTOML: " + written.error());
  return std::string(without_end(sink.view()));
}

std::string hex(std::span<const unsigned char> bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); }

std::string digest(const EVP_MD* algorithm, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), out.data(), &size, algorithm, nullptr);
  return hex(std::span(out).first(size));
}

std::string hmac_sha256(std::string_view message, std::string_view key) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), out.data(), &size);
  return hex(std::span(out).first(size));
}

std::string translated(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  for (char& c : out)
    if (auto at = from.find(c); at != from.npos) c = to[at];
  return out;
}

int base64_digit(char c) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  auto at = kDigits.find(c);
  return at == kDigits.npos ? -1 : static_cast<int>(at);
}

/// Go's decoder: line breaks are skipped, the padding is needed, what is left over in the last digit is not
/// looked at.
Failing decode_base64(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int digits = 0;
  int padding = 0;
  auto illegal = [](std::size_t at) {
    return std::unexpected(fmt::format("illegal base64 data at input byte {}", at));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\r' || c == '\n') continue;
    if (c == '=' && digits >= 2 && digits + padding < 4) {
      ++padding;
      continue;
    }
    int digit = base64_digit(c);
    if (digit < 0 || padding > 0) return illegal(i);
    bits = bits << 6 | static_cast<unsigned>(digit);
    if (++digits < 4) continue;
    for (int shift = 16; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 0xFF);
    bits = 0;
    digits = 0;
  }
  if (digits == 0 && padding == 0) return out;
  if (digits + padding != 4)
    return illegal(text.size() - (padding > 0 ? 0 : static_cast<std::size_t>(digits)));
  bits <<= 6 * padding;
  out += static_cast<char>(bits >> 16 & 0xFF);
  if (padding == 1) out += static_cast<char>(bits >> 8 & 0xFF);
  return out;
}

Failing decoded(const char* name, const std::string& text) {
  auto bytes = decode_base64(text);
  if (!bytes) return std::unexpected(fmt::format("{}: {}", name, bytes.error()));
  return bytes;
}

void add_base64(FunctionMap& functions) {
  using Text = std::string_view;
  functions["base64Encode"] = bind([](Text text) { return base64::encode(text); });
  functions["base64Decode"] = bind([](Text text) { return decoded("base64Decode", std::string(text)); });
  functions["base64URLEncode"] = bind([](Text text) { return translated(base64::encode(text), "+/", "-_"); });
  functions["base64URLDecode"] = bind([](Text text) {
    // The characters of the other alphabet are not digits here.
    return decoded("base64URLDecode", translated(text, "-_+/", "+/##"));
  });
}

}  // namespace

void add_encoding_functions(FunctionMap& functions) {
  using Text = std::string_view;
  add_base64(functions);
  functions["parseJSON"] = bind([](Invocation& call, Text text) { return parse_json(call, text); });
  functions["toJSON"] = json_writer("toJSON", {});
  functions["toJSONPretty"] = json_writer("toJSONPretty", {.pretty = true});
  functions["toUnescapedJSON"] = json_writer("toUnescapedJSON", {.escape_html = false});
  functions["toUnescapedJSONPretty"] =
      json_writer("toUnescapedJSONPretty", {.escape_html = false, .pretty = true});
  functions["parseYAML"] = bind([](Invocation& call, Text text) { return parse_yaml(call, text); });
  functions["toYAML"] = bind([](Invocation& call, Value value) { return to_yaml(call, value); });
  functions["toTOML"] = bind([](Invocation& call, Value value) { return to_toml(call, value); });
  functions["sha256Hex"] = bind([](Text text) { return digest(EVP_sha256(), text); });
  functions["md5sum"] = bind([](Text text) { return digest(EVP_md5(), text); });
  functions["hmacSHA256Hex"] = bind([](Text message, Text key) { return hmac_sha256(message, key); });
}

}  // namespace dfp::tmpl::consul
