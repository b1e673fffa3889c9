#include "api/tokens.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace dfp::api {
namespace {

constexpr std::size_t kShortest = 16;
constexpr std::string_view kDeploy = "deploy:";

/// Source: RFC 6750, section 2.1.
bool is_token(std::string_view text) {
  auto fits = [](char c) {
    bool alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    return alnum || std::string_view("-._~+/=").contains(c);
  };
  return text.size() >= kShortest && std::ranges::all_of(text, fits);
}

std::vector<std::string> words_of(std::string_view line) {
  std::string spaced(line.substr(0, line.find('#')));
  for (char& c : spaced)
    if (c == '\t' || c == '\r' || c == ',') c = ' ';
  auto words = text::split(spaced, ' ');
  std::erase(words, "");
  return words;
}

bool add_scope(Grant& grant, std::string_view scope) {
  if (scope == "admin") return grant.admin = true;
  if (scope == "read") return grant.read = true;
  if (!scope.starts_with(kDeploy) || scope.size() == kDeploy.size()) return false;
  auto name = scope.substr(kDeploy.size());
  if (name.substr(0, name.size() - 1).contains('*')) return false;
  grant.deploy.emplace_back(name);
  return true;
}

}  // namespace

bool Grant::allows(Scope scope, std::string_view service) const {
  if (scope == Scope::Open || admin) return true;
  if (scope == Scope::Read) return read;
  if (scope == Scope::Admin) return false;
  return std::ranges::any_of(deploy, [&](std::string_view name) {
    return name.ends_with('*') ? service.starts_with(name.substr(0, name.size() - 1)) : service == name;
  });
}

Tokens::Digest Tokens::digest_of(std::string_view token) {
  Digest digest;
  ::SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

Result<Tokens> Tokens::parse(std::string_view text) {
  Tokens tokens;
  int number = 0;
  for (const auto& line : text::split(text, '\n')) {
    ++number;
    auto words = words_of(line);
    if (words.empty()) continue;
    auto refuse = [&](std::string_view why) {
      return fail(Errc::InvalidArgument, fmt::format("line {}: {}", number, why));
    };
    if (!is_token(words[0]))
      return refuse(
          "a token is 16 or more letters, digits or any of -._~+/= (openssl rand -hex 32 makes one)");
    if (words.size() == 1)
      return refuse("the token has no scope: admin, read, deploy:NAME or deploy:PREFIX*");
    if (tokens.find(words[0])) return refuse("the token was given before");
    Entry entry{digest_of(words[0]), {}};
    for (std::size_t i = 1; i < words.size(); ++i)
      if (!add_scope(entry.grant, words[i]))
        return refuse(
            fmt::format("{} is none of admin, read, deploy:NAME, deploy:PREFIX*", text::shown(words[i])));
    tokens.entries_.push_back(std::move(entry));
  }
  if (tokens.entries_.empty()) return fail(Errc::InvalidArgument, "there is no token in it");
  return tokens;
}

const Grant* Tokens::find(std::string_view token) const {
  auto digest = digest_of(token);
  const Grant* found = nullptr;
  for (const auto& entry : entries_)  // all of them: how long it takes says nothing
    if (::CRYPTO_memcmp(digest.data(), entry.digest.data(), digest.size()) == 0) found = &entry.grant;
  return found;
}

Result<TokenFile> TokenFile::open(std::filesystem::path file) {
  TokenFile tokens(std::move(file));
  if (auto ok = tokens.read(); !ok) return std::unexpected(ok.error());
  return tokens;
}

std::optional<TokenFile::Version> TokenFile::version() const {
  std::error_code error;
  Version version{std::filesystem::last_write_time(file_, error), 0};
  if (!error) version.size = std::filesystem::file_size(file_, error);
  if (error) return std::nullopt;
  return version;
}

Result<> TokenFile::read() {
  auto present = version();
  auto text = file::read(file_);
  if (!text) return fail(Errc::InvalidArgument, "api-token-file: " + text.error().what);
  auto tokens = Tokens::parse(*text);
  if (!tokens)
    return fail(Errc::InvalidArgument,
                fmt::format("api-token-file: {}: {}", file_.string(), tokens.error().what));
  tokens_ = std::move(*tokens);
  read_ = present;
  return {};
}

const Grant* TokenFile::find(std::string_view token) {
  auto present = version();
  if (present != read_) {
    auto again = read();
    if (again)
      log::info("api.tokens_read", {{"file", file_.string()}});
    else
      log::error("api.tokens_not_read", {{"error", again.error().what}, {"in_force", "those of before"}});
    read_ = present;  // said once for each version
  }
  return tokens_.find(token);
}

}  // namespace dfp::api
