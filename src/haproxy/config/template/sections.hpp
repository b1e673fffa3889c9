#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

/// Text in the grammar of haproxy.cfg, split as HAProxy splits it. Knows lines, words and sections, not
/// keywords.
/// Source: HAProxy configuration manual 2.6, sections 2.1 (format), 2.2 (quoting and escaping), 2.3
/// (environment variables), 2.4 (conditional blocks).
namespace dfp::haproxy::config {

/// One word of a line, as HAProxy's keyword parsers see it.
struct Word {
  std::string text;       ///< without quotes, escapes resolved; may be empty ("")
  std::size_t begin = 0;  ///< where it stands in the line's `raw`
  std::size_t end = 0;

  bool operator==(const Word&) const = default;
};

/// A line that is neither empty nor only a comment.
struct Line {
  std::size_t number = 0;   ///< in the text, from 1
  std::string raw;          ///< as written, from its first word to its last: no indentation, no comment
  std::vector<Word> words;  ///< at least one; the first is not empty

  /// A word, "" behind the last one.
  std::string_view word(std::size_t n) const {
    return n < words.size() ? std::string_view(words[n].text) : "";
  }
  /// What the line is about: its first word, or the second one after "no" and "default".
  std::string_view keyword() const;

  bool operator==(const Line&) const = default;
};

struct Section {
  Line header;  ///< without words for lines that stand before any header
  std::vector<Line> lines;

  std::string_view type() const { return header.word(0); }
  std::string_view name() const { return header.word(1); }

  bool operator==(const Section&) const = default;
};

/// Whether a line that begins with this word opens a section, in any version of HAProxy known today.
bool opens_section(std::string_view word) noexcept;

/// Splits a text into sections. Lines before the first header make a section without header.
/// What would let the text mean something else in HAProxy than here, or depend on the machine, is refused:
/// control characters, environment variables ("$NAME" in double quotes), conditional blocks (".if").
/// @return InvalidArgument: "line 7: a quote is not closed".
Result<std::vector<Section>> parse_sections(std::string_view text);

/// An error about one line: "line 7 (use_backend x): REASON".
std::unexpected<Error> refuse_line(const Line& line, std::string_view reason);

}  // namespace dfp::haproxy::config
