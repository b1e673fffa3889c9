#include "haproxy/worker/hand_over_key.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/file.hpp"
#include "base/log.hpp"
#include "haproxy/config/base_text.hpp"
#include "haproxy/process/environment.hpp"
#include "haproxy/process/survivors.hpp"

namespace dfp::haproxy {
namespace {

constexpr std::string_view kFile = "hand-over";
constexpr std::string_view kVariable = "DFP_HAND_OVER";
constexpr std::string_view kSocketPrefix = "dfp-";
constexpr std::size_t kNameBytes = 8;
constexpr std::size_t kSecretBytes = 16;

/// Hexadecimal digits; "" where the kernel has no random bytes, so that nothing is believed.
template <std::size_t Bytes>
std::string random_hex() {
  std::array<unsigned char, Bytes> bytes;
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
  std::string text;
  for (auto byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

bool is_hex(std::string_view text, std::size_t bytes) {
  return text.size() == 2 * bytes &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::optional<config::HandOver> parse_hand_over(std::string_view text) {
  if (!text.starts_with(kSocketPrefix)) return std::nullopt;
  auto space = std::min(text.find(' '), text.size());
  auto name = text.substr(0, space);
  auto secret = text.substr(std::min(space + 1, text.size()));
  if (!is_hex(name.substr(kSocketPrefix.size()), kNameBytes) || !is_hex(secret, kSecretBytes))
    return std::nullopt;
  return config::HandOver{std::string(name), std::string(secret)};
}

std::string text_of(const config::HandOver& hand_over) {
  return fmt::format("{} {}", hand_over.socket, hand_over.secret);
}

/// Of the master of this run directory that was started last.
std::optional<config::HandOver> hand_over_of_master(const std::filesystem::path& run_dir) {
  for (auto master : process::find_survivors(run_dir / config::kMasterSocket).masters)
    if (auto found = parse_hand_over(process::environment_of(master, kVariable))) return found;
  return std::nullopt;
}

}  // namespace

config::HandOver load_hand_over(const std::filesystem::path& run_dir) {
  if (auto text = file::read(run_dir / kFile); text && text->ends_with('\n'))
    if (auto found = parse_hand_over(text->substr(0, text->size() - 1))) return *std::move(found);
  if (auto found = hand_over_of_master(run_dir)) return *std::move(found);
  auto made = new_hand_over();
  keep_hand_over(run_dir, made);
  return made;
}

config::HandOver new_hand_over() {
  return {fmt::format("{}{}", kSocketPrefix, random_hex<kNameBytes>()), random_hex<kSecretBytes>()};
}

std::string hand_over_environment(const config::HandOver& hand_over) {
  return fmt::format("{}={}", kVariable, text_of(hand_over));
}

void keep_hand_over(const std::filesystem::path& run_dir, const config::HandOver& hand_over) {
  auto text = text_of(hand_over) + '\n';
  if (auto present = file::read(run_dir / kFile); present && *present == text) return;
  if (auto kept = file::write_atomic(run_dir / kFile, text, false, 0600); !kept)
    log::warn("haproxy.hand_over_not_kept", {{"error", kept.error().what}});
}

}  // namespace dfp::haproxy
