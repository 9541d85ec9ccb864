#include "feed/level_scanner.hpp"

namespace faultline {
namespace {

bool is_number_char(char c) {
  return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

}  // namespace

LevelScanner::LevelScanner(std::string_view text) : text_(text) {
  if (!take('[')) state_ = State::kBroken;
}

void LevelScanner::skip_space() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
}

bool LevelScanner::take(char c) {
  skip_space();
  if (at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool LevelScanner::take_scalar(std::string_view& out) {
  if (take('"')) {
    const std::size_t end = text_.find('"', at_);
    if (end == std::string_view::npos) return false;
    out = text_.substr(at_, end - at_);
    at_ = end + 1;
    return out.find('\\') == std::string_view::npos;
  }
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_number_char(text_[at_])) ++at_;
  out = text_.substr(begin, at_ - begin);
  return !out.empty();
}

bool LevelScanner::take_level(std::string_view& price, std::string_view& qty) {
  if (!take('[') || !take_scalar(price) || !take(',') || !take_scalar(qty)) return false;
  std::string_view more;
  while (take(',')) {
    if (!take_scalar(more)) return false;
  }
  return take(']');
}

bool LevelScanner::next(std::string_view& price, std::string_view& qty) {
  if (state_ == State::kDone || state_ == State::kBroken) return false;
  if (take(']')) {
    skip_space();
    state_ = at_ == text_.size() ? State::kDone : State::kBroken;
    return false;
  }
  const bool is_level = (state_ == State::kFirst || take(',')) && take_level(price, qty);
  state_ = is_level ? State::kMore : State::kBroken;
  return is_level;
}

}  // namespace faultline
