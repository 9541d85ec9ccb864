#pragma once

#include <cstddef>
#include <string_view>

namespace faultline {

// Reads the levels of a book that a field holds as a JSON list, one after another.
//
//   [[64275.0, 0.0544], ["64274", "0.0393", 3], ...]
//
// Why not the JSON reader: it makes doubles of numbers, and it takes ten times as long.
// Accepts: lists of numbers or of texts without escapes; whatever follows price and quantity in a
// level is skipped. Everything else ends the scan with is_whole() false.
class LevelScanner {
 public:
  explicit LevelScanner(std::string_view text);

  // Views into the text. False at the end, and at the first byte that is not expected.
  bool next(std::string_view& price, std::string_view& qty);

  // After next() returned false: whether the list ended properly and nothing follows it.
  bool is_whole() const { return state_ == State::kDone; }

 private:
  enum class State : unsigned char { kFirst, kMore, kDone, kBroken };

  void skip_space();
  bool take(char c);
  bool take_scalar(std::string_view& out);
  bool take_level(std::string_view& price, std::string_view& qty);

  std::string_view text_;
  std::size_t at_ = 0;
  State state_ = State::kFirst;
};

}  // namespace faultline
