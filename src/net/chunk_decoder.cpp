#include "net/chunk_decoder.hpp"

#include <algorithm>

namespace faultline {
namespace {

// Of a line with a size and its extensions: nobody who is honest needs more.
constexpr std::size_t kSizeLineBytesMax = 256;

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What an extension and the value of a trailer may hold.
bool is_text(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7f); }

}  // namespace

ChunkDecoder::Step ChunkDecoder::feed(std::string_view bytes, HttpRequest& request) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (state_ == State::kData) {
      const std::string_view piece = bytes.substr(at, chunk_left_);
      request.append_body(piece);
      at += piece.size();
      chunk_left_ -= piece.size();
      if (chunk_left_ == 0) state_ = State::kDataReturn;
      continue;
    }
    if (!take(bytes[at++])) return {Progress::kRefused, at};
    if (state_ == State::kDone) return {Progress::kDone, at};
  }
  return {Progress::kNeedMore, at};
}

bool ChunkDecoder::refuse(Refusal refusal) {
  refusal_ = refusal;
  return false;
}

// False where the byte must not come.
bool ChunkDecoder::take(char c) {
  const auto expect = [&](char expected, State next) {
    state_ = next;
    return c == expected || refuse(Refusal::kMalformed);
  };
  switch (state_) {
    case State::kSize:
    case State::kSizeOrMore:
    case State::kExtension:
      return take_digit(c);
    case State::kSizeFeed:
      return expect('\n', chunk_left_ > 0 ? State::kData : State::kTrailer);
    case State::kDataReturn:
      return expect('\r', State::kDataFeed);
    case State::kDataFeed:
      line_bytes_ = 0;
      return expect('\n', State::kSize);
    case State::kTrailerFeed:
      return expect('\n', State::kTrailer);
    case State::kEndFeed:
      return expect('\n', State::kDone);
    default:
      return take_trailer(c);
  }
}

bool ChunkDecoder::take_digit(char c) {
  if (++line_bytes_ > kSizeLineBytesMax) return refuse(Refusal::kMalformed);
  if (state_ != State::kSize && c == '\r') {
    state_ = State::kSizeFeed;
    return true;
  }
  if (state_ == State::kExtension) return is_text(c) || refuse(Refusal::kMalformed);
  if (state_ == State::kSizeOrMore && c == ';') {
    state_ = State::kExtension;
    return true;
  }
  const int digit = digit_of(c);
  if (digit < 0) return refuse(Refusal::kMalformed);
  body_bytes_ -= chunk_left_;
  chunk_left_ = 16 * chunk_left_ + static_cast<std::uint64_t>(digit);
  body_bytes_ += chunk_left_;
  state_ = State::kSizeOrMore;
  return body_bytes_ <= config_->body_bytes_max || refuse(Refusal::kBodyTooLarge);
}

bool ChunkDecoder::take_trailer(char c) {
  if (++trailer_bytes_ > config_->head_bytes_max) return refuse(Refusal::kHeadTooLarge);
  if (state_ == State::kTrailer && c == '\r') {
    state_ = State::kEndFeed;
  } else if (state_ == State::kTrailerValue) {
    if (c == '\r') {
      state_ = State::kTrailerFeed;
    } else if (!is_text(c)) {
      return refuse(Refusal::kMalformed);
    }
  } else if (state_ == State::kTrailerName && c == ':') {
    state_ = State::kTrailerValue;
  } else if (is_token_char(c)) {
    state_ = State::kTrailerName;
  } else {
    return refuse(Refusal::kMalformed);
  }
  return true;
}

}  // namespace faultline
