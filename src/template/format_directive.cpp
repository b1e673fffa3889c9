#include <cmath>
#include <optional>
#include <utility>

#include "template/format.hpp"
#include "template/unicode.hpp"

namespace dfp::tmpl {
namespace {

/// Larger widths and precisions are refused.
constexpr int kMostDigits = 1'000'000;

}  // namespace

/// Reads the directives of a format one after the other; keeps track of which operand is next.
class Printer::Directive {
 public:
  Directive(Printer& printer, std::string_view format, std::span<const Value> values)
      : printer_(printer), format_(format), values_(values) {}

  void run() {
    while (at_ < format_.size()) {
      auto percent = std::min(format_.find('%', at_), format_.size());
      printer_.sink_.put(format_.substr(at_, percent - at_));
      at_ = percent + 1;
      if (percent < format_.size()) one();
    }
    printer_.flags_ = {};
    extra();
  }

 private:
  bool more() const { return at_ < format_.size(); }
  bool next_is(char c) const { return more() && format_[at_] == c; }

  void one() {
    auto& flags = printer_.flags_;
    flags = {};
    good_index_ = true;
    read_flags();
    after_index_ = false;
    read_index();
    read_width();
    if (next_is('.') && at_ + 1 < format_.size()) read_precision();  // a final one is a verb
    if (!after_index_) read_index();
    if (!more()) {
      printer_.sink_.put("%!(NOVERB)");
      return;
    }
    auto verb = unicode::decode(format_.substr(at_));
    at_ += verb.size;
    write(verb.code);
  }

  void write(char32_t verb) {
    auto& flags = printer_.flags_;
    auto fault = [&](std::string_view what) {
      printer_.sink_.put("%!" + unicode::encode(verb) + std::string(what));
    };
    if (verb == '%') return printer_.sink_.put('%');
    if (!good_index_) return fault("(BADINDEX)");
    if (operand_ >= values_.size()) return fault("(MISSING)");
    if (verb == 'v') {
      flags.sharp_v = std::exchange(flags.sharp, false);
      flags.plus_v = std::exchange(flags.plus, false);
    }
    printer_.argument(values_[operand_++], verb);
  }

  void read_flags() {
    auto& flags = printer_.flags_;
    for (; more(); ++at_) {
      switch (format_[at_]) {
        case '#':
          flags.sharp = true;
          break;
        case '0':
          flags.zero = !flags.minus;
          break;
        case '+':
          flags.plus = true;
          break;
        case '-':
          flags.minus = true;
          flags.zero = false;
          break;
        case ' ':
          flags.space = true;
          break;
        default:
          return;
      }
    }
  }

  /// Digits up to `end`. A number that is too large is no number, and everything up to `end` is skipped.
  std::optional<int> read_number(std::size_t end) {
    std::optional<int> number;
    for (; at_ < end && format_[at_] >= '0' && format_[at_] <= '9'; ++at_) {
      if (number.value_or(0) > kMostDigits) {
        at_ = end;
        return std::nullopt;
      }
      number = number.value_or(0) * 10 + (format_[at_] - '0');
    }
    return number;
  }

  /// [n]: which operand comes next, from 1.
  void read_index() {
    after_index_ = false;
    if (!next_is('[')) return;
    reordered_ = true;
    auto close = format_.find(']', at_ + 1);
    if (format_.size() - at_ < 3 || close == format_.npos) {
      ++at_;
      good_index_ = false;
      return;
    }
    ++at_;
    auto number = read_number(close);
    bool whole = number && at_ == close;
    at_ = close + 1;
    after_index_ = whole;
    if (whole && *number >= 1 && static_cast<std::size_t>(*number) <= values_.size())
      operand_ = static_cast<std::size_t>(*number) - 1;
    else
      good_index_ = false;
  }

  /// The operand of a '*'.
  std::optional<int> star() {
    ++at_;
    after_index_ = false;
    if (operand_ >= values_.size()) return std::nullopt;
    const auto& value = values_[operand_++];
    auto kind = value.held_kind();
    if (kind != Kind::Int && kind != Kind::Uint) return std::nullopt;
    auto number = value.as_int();
    if (number > kMostDigits || number < -kMostDigits) return std::nullopt;
    return static_cast<int>(number);
  }

  void read_width() {
    auto& flags = printer_.flags_;
    if (!next_is('*')) {
      auto number = read_number(format_.size());
      flags.has_width = number.has_value();
      flags.width = number.value_or(0);
      if (after_index_ && number) good_index_ = false;
      return;
    }
    auto number = star();
    flags.has_width = number.has_value();
    flags.width = std::abs(number.value_or(0));
    if (!number) printer_.sink_.put("%!(BADWIDTH)");
    if (number.value_or(0) < 0) {
      flags.minus = true;
      flags.zero = false;
    }
  }

  void read_precision() {
    auto& flags = printer_.flags_;
    ++at_;
    if (after_index_) good_index_ = false;
    read_index();
    if (!next_is('*')) {
      flags.precision = read_number(format_.size()).value_or(0);
      flags.has_precision = true;
      return;
    }
    auto number = star();
    flags.has_precision = number && *number >= 0;
    flags.precision = flags.has_precision ? *number : 0;
    if (!flags.has_precision) printer_.sink_.put("%!(BADPREC)");
  }

  void extra() {
    if (reordered_ || operand_ >= values_.size()) return;
    printer_.sink_.put("%!(EXTRA ");
    for (std::size_t i = operand_; i < values_.size(); ++i) {
      if (i > operand_) printer_.sink_.put(", ");
      if (values_[i].held_kind() != Kind::Invalid) printer_.sink_.put(type_name(values_[i]) + "=");
      printer_.argument(values_[i], 'v');
    }
    printer_.sink_.put(')');
  }

  Printer& printer_;
  std::string_view format_;
  std::span<const Value> values_;
  std::size_t at_ = 0;
  std::size_t operand_ = 0;
  bool reordered_ = false;
  bool good_index_ = true;
  bool after_index_ = false;
};

void Printer::print_format(std::string_view format, std::span<const Value> values) {
  Directive(*this, format, values).run();
}

}  // namespace dfp::tmpl
