#include "net/chunk_decoder.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace faultline {
namespace {

struct Reading {
  ChunkDecoder::Progress progress = ChunkDecoder::Progress::kNeedMore;
  std::optional<Refusal> refusal;
  std::string body;
  std::string rest;
};

Reading read(std::string_view bytes, std::size_t piece, const ServerConfig& config) {
  Reading out;
  HttpRequest request;
  ChunkDecoder decoder(config);
  while (!bytes.empty() && out.progress == ChunkDecoder::Progress::kNeedMore) {
    const auto step = decoder.feed(bytes.substr(0, piece), request);
    EXPECT_TRUE(step.consumed == std::min(piece, bytes.size()) ||
                step.progress != ChunkDecoder::Progress::kNeedMore);
    bytes.remove_prefix(step.consumed);
    out.progress = step.progress;
  }
  if (out.progress == ChunkDecoder::Progress::kRefused) out.refusal = decoder.refusal();
  out.body = request.body();
  out.rest = bytes;
  return out;
}

// The same whole and in pieces of all sizes.
Reading read_all_ways(std::string_view bytes, const ServerConfig& config = {}) {
  Reading whole = read(bytes, bytes.size(), config);
  for (std::size_t piece = 1; piece < bytes.size(); ++piece) {
    const Reading pieces = read(bytes, piece, config);
    EXPECT_EQ(pieces.progress, whole.progress) << bytes << piece;
    EXPECT_EQ(pieces.refusal, whole.refusal) << bytes << piece;
    EXPECT_EQ(pieces.body, whole.body) << bytes << piece;
    EXPECT_EQ(pieces.rest, whole.rest) << bytes << piece;
  }
  return whole;
}

TEST(ChunkDecoder, JoinsChunksAndStopsBehindTheLast) {
  const Reading read =
      read_all_ways("3;ext=\"1\"\r\nabc\r\n0A\r\n0123456789\r\n00\r\nDigest: x \r\nB:\r\n\r\nGET");
  EXPECT_EQ(read.progress, ChunkDecoder::Progress::kDone);
  EXPECT_EQ(read.body, "abc0123456789");
  EXPECT_EQ(read.rest, "GET");
}

TEST(ChunkDecoder, ReadsAnEmptyBody) {
  const Reading read = read_all_ways("0\r\n\r\n");
  EXPECT_EQ(read.progress, ChunkDecoder::Progress::kDone);
  EXPECT_EQ(read.body, "");
  EXPECT_EQ(read_all_ways("0\r\n\r").progress, ChunkDecoder::Progress::kNeedMore);
}

TEST(ChunkDecoder, RefusesWhatOthersMayReadInAnotherWay) {
  for (const std::string_view bytes : {"\r\n",
                                       "g\r\n",
                                       " 1\r\na\r\n",
                                       "1 \r\na\r\n",
                                       "+1\r\n",
                                       "-1\r\n",
                                       "0x1\r\n",
                                       "1\na\n",
                                       "1\r\nab\r\n",
                                       "1\r\na\n",
                                       "1\r\na\r\n\r\n",
                                       "1;a\nb\r\n",
                                       "1;\x01\r\n",
                                       "0\n\n",
                                       "0\r\n folded: x\r\n\r\n",
                                       "0\r\nA: b\r\n c\r\n\r\n",
                                       "0\r\nA : b\r\n\r\n",
                                       "0\r\n: b\r\n\r\n",
                                       "0\r\nA\r\n\r\n",
                                       "0\r\nA: b\n\r\n",
                                       "0\r\n\rGET"}) {
    EXPECT_EQ(read_all_ways(bytes).refusal, Refusal::kMalformed) << bytes;
  }
}

TEST(ChunkDecoder, KeepsToTheLimits) {
  ServerConfig config;
  config.body_bytes_max = 10;
  config.head_bytes_max = 256;
  EXPECT_EQ(read_all_ways("A\r\n0123456789\r\n0\r\n\r\n", config).body, "0123456789");
  EXPECT_EQ(read_all_ways("B\r\n", config).refusal, Refusal::kBodyTooLarge);
  EXPECT_EQ(read_all_ways("5\r\n01234\r\n6\r\n", config).refusal, Refusal::kBodyTooLarge);
  EXPECT_EQ(read_all_ways(std::string(40, 'f') + "\r\n", config).refusal, Refusal::kBodyTooLarge);
  EXPECT_EQ(read_all_ways(std::string(300, '0') + "\r\n", config).refusal, Refusal::kMalformed);
  EXPECT_EQ(read_all_ways("1;" + std::string(300, 'x'), config).refusal, Refusal::kMalformed);
  EXPECT_EQ(read_all_ways("0\r\nA: " + std::string(254, 'x'), config).refusal,
            Refusal::kHeadTooLarge);
}

}  // namespace
}  // namespace faultline
