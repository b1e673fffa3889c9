#pragma once
#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/scope.hpp"
#include "base/result.hpp"

namespace dfp::api {

/// What a token allows.
struct Grant {
  bool admin = false;
  bool read = false;
  std::vector<std::string> deploy = {};  ///< service names; one that ends in '*' stands for all that begin so

  /// @param service for Scope::Deploy: the one that would change. `admin` allows everything; `deploy` does
  /// not imply `read`.
  bool allows(Scope scope, std::string_view service) const;
};

/// The tokens of a file: one a line, followed by its scopes, separated by spaces or commas; '#' begins a
/// comment.
///
///     6d1f0a0c9b6e4f3f  admin
///     a-token-of-a-team read deploy:team-a-*
///
/// Only digests are kept. Comparing takes the same time whatever the presented token is.
class Tokens {
 public:
  /// @return InvalidArgument naming the line, never the token: a token of less than 16 characters or with
  /// other characters than those of RFC 6750's b64token, no or an unknown scope, a token twice, or no token
  /// at all.
  static Result<Tokens> parse(std::string_view text);
  /// nullptr for an unknown one.
  const Grant* find(std::string_view token) const;

 private:
  using Digest = std::array<unsigned char, 32>;
  static Digest digest_of(std::string_view token);
  struct Entry {
    Digest digest;
    Grant grant;
  };
  std::vector<Entry> entries_;
};

/// Tokens in a file that its owner may replace at any time: it is read again when it has changed (looked at
/// on use, one system call). A file that cannot be used any more leaves the tokens that were read before in
/// force, and is logged.
class TokenFile {
 public:
  /// @return InvalidArgument naming the setting, the file and what is wrong.
  static Result<TokenFile> open(std::filesystem::path file);
  const Grant* find(std::string_view token);

 private:
  struct Version {
    std::filesystem::file_time_type changed;
    std::uintmax_t size = 0;
    bool operator==(const Version&) const = default;
  };
  explicit TokenFile(std::filesystem::path file) : file_(std::move(file)) {}
  std::optional<Version> version() const;
  Result<> read();

  std::filesystem::path file_;
  std::optional<Version> read_;
  Tokens tokens_;
};

}  // namespace dfp::api
