#include "template/strings.hpp"

#include "template/limits.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl::strings {
namespace {

std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto size = unicode::decode(text).size;
    out.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out;
}

void insert_everywhere(Sink& out, std::string_view text, std::string_view what, std::int64_t count) {
  for (; count != 0; --count) {
    out.put(what);
    if (text.empty()) return;
    auto size = unicode::decode(text).size;
    out.put(text.substr(0, size));
    text.remove_prefix(size);
  }
  out.put(text);
}

std::string mapped(std::string_view text, char32_t (*change)(char32_t)) {
  std::string out;
  while (!text.empty()) {
    auto rune = unicode::decode(text);
    unicode::append(out, change(rune.code));
    text.remove_prefix(rune.size);
  }
  return out;
}

}  // namespace

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  if (separator.empty()) return characters(text);
  std::vector<std::string> parts;
  for (auto at = text.find(separator); at != text.npos; at = text.find(separator)) {
    parts.emplace_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.emplace_back(text);
  return parts;
}

void replace(Sink& out, std::string_view text, std::string_view from, std::string_view to,
             std::int64_t count) {
  if (from.empty()) return insert_everywhere(out, text, to, count);
  for (auto at = text.find(from); count != 0 && at != text.npos; at = text.find(from), --count) {
    out.put(text.substr(0, at));
    out.put(to);
    text.remove_prefix(at + from.size());
  }
  out.put(text);
}

std::string to_lower(std::string_view text) { return mapped(text, unicode::to_lower); }
std::string to_upper(std::string_view text) { return mapped(text, unicode::to_upper); }

}  // namespace dfp::tmpl::strings
