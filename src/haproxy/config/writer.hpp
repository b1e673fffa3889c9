#pragma once
#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "haproxy/config/template/template_texts.hpp"

namespace dfp::haproxy::config {

/// A piece of HAProxy's grammar. Only a literal of this program's text can become one ("option
/// redispatch"_k): a value that came from outside does not compile here.
class Keyword {
 public:
  constexpr std::string_view text() const { return text_; }

 private:
  friend consteval Keyword operator""_k(const char* text, std::size_t size);
  consteval explicit Keyword(std::string_view text) : text_(text) {}
  std::string_view text_;
};
consteval Keyword operator""_k(const char* text, std::size_t size) { return Keyword({text, size}); }

/// The name of a section or a server: letters, digits, '.', ':', '_' and '-' (HAProxy's own rule).
struct Name {
  std::string_view text;
};

/// Any text without control characters; written in strong quotes, where nothing is special to HAProxy.
/// Source: configuration manual 2.6, section 2.2, "Quoting and escaping".
struct Quoted {
  std::string_view text;
};

/// A literal IP address, with a port where that is given; written as 1.2.3.4:80 or [::1]:80.
struct Address {
  std::string_view ip;
  std::optional<unsigned> port;
};

/// An address or a network: 10.0.0.1, 10.0.0.0/8, fd00::/8.
struct Network {
  std::string_view text;
};

/// Joins the parts on both sides without a space.
struct Glue {};
inline constexpr Glue kGlue;

bool is_name(std::string_view text);
bool is_ip_address(std::string_view text);
bool is_network(std::string_view text);

/// The only way in which bytes get into haproxy.cfg: typed tokens, each written so that it stays one token.
/// A value that cannot be written makes `finish` fail; nothing of it appears in the text.
class ConfigWriter {
 public:
  /// A line that opens a section, e.g. section("backend"_k, Name{"x"}, "from dfp:base"_k).
  template <class... Parts>
  void section(const Parts&... parts) {
    text_ += '\n';
    words(parts...);
    end_line();
  }

  /// A line inside a section.
  template <class... Parts>
  void line(const Parts&... parts) {
    text_ += "  ";
    words(parts...);
    end_line();
  }

  /// More tokens of the line that is being written.
  template <class... Parts>
  void words(const Parts&... parts) {
    (token(parts), ...);
  }
  void end_line();

  void comment(Keyword text);

  /// @return Internal naming the value that does not fit its type.
  /// Whole lines of custom templates; see template_texts.hpp.
  void template_text(const TemplateText& text) { text_ += text.lines(); }

  Result<std::string> finish() &&;

 private:
  void token(Keyword keyword);
  void token(Name name);
  void token(Quoted quoted);
  void token(Address address);
  void token(Network network);
  void token(std::chrono::milliseconds span);
  void token(Glue) { first_ = true; }
  template <std::integral Number>
  void token(Number number) {
    space();
    text_ += std::to_string(number);
  }

  void space();
  void refuse(std::string_view kind, std::string_view value);

  std::string text_;
  std::optional<Error> error_;
  bool first_ = true;
};

}  // namespace dfp::haproxy::config
