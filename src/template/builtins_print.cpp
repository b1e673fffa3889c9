#include <fmt/format.h>

#include "template/builtins.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl {
namespace {

/// The text of several arguments as one: a single text as it is, else as by print.
void put_arguments(Sink& sink, Invocation& invocation, std::span<const Value> arguments) {
  if (arguments.size() == 1 && arguments[0].type() == &types::kString)
    return sink.put(arguments[0].as_string());
  std::vector<Value> shown;
  for (const auto& argument : arguments) shown.push_back(printable(argument).value_or(argument));
  Printer(sink, invocation).print(shown);
}

void escape_html(Sink& sink, char c) {
  switch (c) {
    case '\0':
      return sink.put("\xEF\xBF\xBD");
    case '"':
      return sink.put("&#34;");
    case '\'':
      return sink.put("&#39;");
    case '&':
      return sink.put("&amp;");
    case '<':
      return sink.put("&lt;");
    case '>':
      return sink.put("&gt;");
    default:
      return sink.put(c);
  }
}

void html(Sink& sink, std::string_view text) {
  for (char c : text) escape_html(sink, c);
}

void js(Sink& sink, std::string_view text) {
  while (!text.empty()) {
    auto rune = unicode::decode(text);
    auto raw = text.substr(0, rune.size);
    text.remove_prefix(rune.size);
    switch (rune.code) {
      case '\\':
      case '\'':
      case '"':
        sink.put('\\');
        sink.put(raw);
        break;
      case '<':
      case '>':
      case '&':
      case '=':
        sink.put(fmt::format("\\u{:04X}", static_cast<unsigned>(rune.code)));
        break;
      default:
        if (rune.code < 0x80 ? rune.code >= ' ' : unicode::is_print(rune.code))
          sink.put(raw);
        else
          sink.put(fmt::format("\\u{:04X}", static_cast<unsigned>(rune.code)));
    }
  }
}

void urlquery(Sink& sink, std::string_view text) {
  for (char c : text) {
    bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == '_' ||
                 c == '.' || c == '~';
    if (plain)
      sink.put(c);
    else if (c == ' ')
      sink.put('+');
    else
      sink.put(fmt::format("%{:02X}", static_cast<unsigned char>(c)));
  }
}

Function escaper(void (*escape)(Sink&, std::string_view)) {
  return {{{&types::kAny}, true, &types::kString},
          [escape](Invocation& invocation, std::span<const Value> arguments) -> Outcome {
            Sink text(invocation.budget());
            put_arguments(text, invocation, arguments);
            Sink escaped(invocation.budget());
            escape(escaped, text.view());
            return Value::of(std::move(escaped).take());
          }};
}

template <class F>
Function printing(Signature signature, F write) {
  return {std::move(signature), [write](Invocation& invocation, std::span<const Value> arguments) -> Outcome {
            Sink sink(invocation.budget());
            Printer printer(sink, invocation);
            write(printer, arguments);
            return Value::of(std::move(sink).take());
          }};
}

}  // namespace

void add_printing(FunctionMap& functions) {
  const Signature anything{{&types::kAny}, true, &types::kString};
  functions["print"] = printing(anything, [](Printer& printer, auto arguments) { printer.print(arguments); });
  functions["println"] =
      printing(anything, [](Printer& printer, auto arguments) { printer.print_line(arguments); });
  functions["printf"] = printing({{&types::kString, &types::kAny}, true, &types::kString},
                                 [](Printer& printer, auto arguments) {
                                   printer.print_format(arguments[0].as_string(), arguments.subspan(1));
                                 });
  functions["html"] = escaper(html);
  functions["js"] = escaper(js);
  functions["urlquery"] = escaper(urlquery);
}

}  // namespace dfp::tmpl
