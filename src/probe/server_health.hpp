#pragma once

namespace dfp::probe {

/// Up or down, by the results of one server's checks in a row. A value without I/O.
class ServerHealth {
 public:
  bool up() const { return up_; }
  /// The last check spoke against it, and others must follow before it counts.
  bool in_doubt() const { return against_ > 0; }

  /// Down, and the next good check is enough.
  void suspect() {
    up_ = false;
    decided_ = false;
    against_ = 0;
  }
  /// @param rise good checks in a row that bring it up
  void good(int rise) { count(up_, rise); }
  /// @param fall bad checks in a row that take it down; the very first check is enough
  void bad(int fall) { count(!up_, fall); }

 private:
  void count(bool confirms, int needed) {
    if (confirms) {
      decided_ = true;
      against_ = 0;
      return;
    }
    ++against_;
    if (decided_ && against_ < needed) return;
    up_ = !up_;
    decided_ = true;
    against_ = 0;
  }

  bool up_ = true;
  bool decided_ = false;  // by a check
  int against_ = 0;
};

}  // namespace dfp::probe
