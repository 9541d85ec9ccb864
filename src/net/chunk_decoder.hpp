#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http.hpp"
#include "net/server_config.hpp"

namespace faultline {

// The body of a chunked request (RFC 9112, section 7.1): a state machine without I/O.
//
// Why not Beast's: it looks at the last chunk again with every piece, and aborts the program when
// the pieces are small (its BOOST_ASSERT(n >= 5)). This one looks at each byte once, so what it
// tells depends on the bytes alone. Stricter than the standard: no spaces around sizes, lines end
// with CR LF, no folded trailers. Extensions and trailers are read and dropped.
//
// Errors, as refusals: kMalformed, kBodyTooLarge, kHeadTooLarge (trailers). Thread safety: none.
class ChunkDecoder {
 public:
  // Requires: it outlives the decoder.
  explicit ChunkDecoder(const ServerConfig& config) : config_(&config) {}

  enum class Progress { kNeedMore, kDone, kRefused };
  struct Step {
    Progress progress;
    std::size_t consumed;
  };
  // Appends to the request's body. Never gives back bytes but those behind the end.
  Step feed(std::string_view bytes, HttpRequest& request);
  Refusal refusal() const { return refusal_; }

 private:
  // What the next byte is.
  enum class State : std::uint8_t {
    kSize,        // the first digit
    kSizeOrMore,  // another digit, an extension or the end of the line
    kExtension,   // one of its bytes, or the end of the line
    kSizeFeed,    // the LF behind a size
    kData,
    kDataReturn,  // the CR behind a chunk
    kDataFeed,
    kTrailer,       // the first byte of a trailer, or of the last line
    kTrailerName,   // another byte of its name, or the colon
    kTrailerValue,  // one of its bytes, or the end of the line
    kTrailerFeed,
    kEndFeed,  // the LF of the last line
    kDone,
  };

  bool take(char c);
  bool take_digit(char c);
  bool take_trailer(char c);
  bool refuse(Refusal refusal);

  const ServerConfig* config_;
  State state_ = State::kSize;
  Refusal refusal_ = Refusal::kMalformed;
  std::uint64_t chunk_left_ = 0;
  std::uint64_t body_bytes_ = 0;  // of all chunks up to this one
  std::size_t line_bytes_ = 0;    // of the line with the size
  std::size_t trailer_bytes_ = 0;
};

}  // namespace faultline
