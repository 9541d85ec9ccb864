#include "net/request_parser.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace faultline {
namespace {

using Progress = RequestParser::Progress;

struct Reading {
  std::vector<HttpRequest> requests;
  std::optional<Refusal> refusal;
};

// All requests of `bytes`, which arrive in pieces of `piece`.
Reading read_all(std::string_view bytes, std::size_t piece, const ServerConfig& config = {}) {
  Reading out;
  HttpRequest request;
  RequestParser parser(config, request);
  std::string held;
  while (!bytes.empty()) {
    held += bytes.substr(0, piece);
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (;;) {
      const RequestParser::Step step = parser.feed(held);
      held.erase(0, step.consumed);
      if (step.progress == Progress::kNeedMore) break;
      if (step.progress == Progress::kRefused) {
        out.refusal = parser.refusal();
        return out;
      }
      if (step.progress == Progress::kDone) {
        out.requests.push_back(request);
        parser.begin();
      }
    }
  }
  return out;
}

std::optional<Refusal> refusal_of(std::string_view bytes, const ServerConfig& config = {}) {
  const Reading whole = read_all(bytes, bytes.size(), config);
  const Reading pieces = read_all(bytes, 1, config);
  EXPECT_EQ(whole.refusal, pieces.refusal) << bytes;
  EXPECT_EQ(whole.requests.size(), pieces.requests.size()) << bytes;
  return whole.refusal;
}

TEST(RequestParser, ReadsPipelinedRequestsInPiecesOfAnySize) {
  const std::string bytes =
      "GET /a?x=1 HTTP/1.1\r\nHost: h\r\nX:  y \r\n\r\n"
      "\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
      "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=1\r\nabc\r\n02\r\nde\r\n0\r\nTrailer: dropped\r\n\r\n"
      "GET /d HTTP/1.0\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const Reading read = read_all(bytes, piece);
    ASSERT_FALSE(read.refusal) << piece;
    ASSERT_EQ(read.requests.size(), 4U) << piece;
    EXPECT_EQ(read.requests[0].path(), "/a");
    EXPECT_EQ(read.requests[0].query_value("x"), "1");
    EXPECT_EQ(read.requests[0].header("x"), "y");
    EXPECT_EQ(read.requests[1].body(), "hello");
    EXPECT_EQ(read.requests[2].body(), "abcde");
    EXPECT_EQ(read.requests[2].header("Trailer"), std::nullopt);
    EXPECT_FALSE(read.requests[3].is_http_1_1());
  }
}

TEST(RequestParser, RefusesWhatTwoParsersCouldReadDifferently) {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  for (const std::string& head : {
           post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           post + "Content-Length: 5\r\nContent-Length: 5\r\n",
           post + "Content-Length: 5\r\nContent-Length: 6\r\n",
           post + "Content-Length: 5, 5\r\n",
           post + "Content-Length: +5\r\n",
           post + "Content-Length: -5\r\n",
           post + "Content-Length: 0x5\r\n",
           post + "Content-Length: 5 5\r\n",
           post + "Content-Length:\r\n",
           post + "Content-Length: 99999999999999999999\r\n",
           post + "Content-Length : 5\r\n",
           post + "Transfer-Encoding: chunked, chunked\r\n",
           post + "Transfer-Encoding: identity\r\n",
           post + "Transfer-Encoding: gzip, chunked\r\n",
           post + "Transfer-Encoding: xchunked\r\n",
           post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
           post + "Transfer-Encoding\t: chunked\r\n",
           std::string("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n"),
       }) {
    EXPECT_EQ(refusal_of(head + "\r\nhello"), Refusal::kMalformed) << head;
  }
}

TEST(RequestParser, RefusesBadChunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string_view body : {"x\r\n", "-1\r\na\r\n0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n",
                                      "ffffffffffffffffff\r\n", "0x3\r\nabc\r\n\r\n"}) {
    const auto refusal = refusal_of(head + std::string(body));
    EXPECT_TRUE(refusal == Refusal::kMalformed || refusal == Refusal::kBodyTooLarge) << body;
  }
}

// Beast's own decoder aborted here: the last chunk is the only one and comes in pieces.
TEST(RequestParser, ReadsAnEmptyChunkedBody) {
  const std::string bytes =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{4}, bytes.size()}) {
    EXPECT_EQ(read_all(bytes + bytes, piece).requests.size(), 2U);
  }
}

TEST(RequestParser, RefusesMalformedHeads) {
  for (const std::string_view head :
       {"GET\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nNo colon\r\n\r\n", "GET /.. HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: b\x01\r\n\r\n", "G@T / HTTP/1.1\r\nHost: h\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01", "GET / HTTP/1.1\nHost: h\n\n",
        "\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"}) {
    EXPECT_EQ(refusal_of(head), Refusal::kMalformed) << head;
  }
}

TEST(RequestParser, WaitsForNoRestOfWhatCannotBecomeAHead) {
  for (const std::string_view beginning :
       {"\x16", "GET\t", "GET /\x80", "GET / HTTP/1.1\n", "GET / HTTP/1.1\rH", "GET\r\n",
        "GET / HTTP/1.1\r\n ", "GET / HTTP/1.1\r\nHost: h\n", "\r\n\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\n\t", "A-method-that-does-not-end-in-36-byte"}) {
    ServerConfig config;
    config.url_bytes_max = 4;
    EXPECT_EQ(refusal_of(beginning, config), Refusal::kMalformed) << beginning;
    EXPECT_FALSE(refusal_of(beginning.substr(0, beginning.size() - 1), config)) << beginning;
  }
}

TEST(RequestParser, TellsWhichLimitWasMet) {
  ServerConfig config;
  config.head_bytes_max = 512;
  config.url_bytes_max = 100;
  config.header_count_max = 4;
  config.body_bytes_max = 10;
  const auto get = [](std::size_t url, std::string_view headers) {
    return "GET /" + std::string(url, 'a') + " HTTP/1.1\r\nHost: h\r\n" + std::string(headers) +
           "\r\n";
  };
  EXPECT_EQ(refusal_of(get(99, ""), config), std::nullopt);
  EXPECT_EQ(refusal_of(get(100, ""), config), Refusal::kUrlTooLong);
  EXPECT_EQ(refusal_of(get(5000, ""), config), Refusal::kUrlTooLong);
  EXPECT_EQ(refusal_of(get(1, "A: " + std::string(600, 'a') + "\r\n"), config),
            Refusal::kHeadTooLarge);
  EXPECT_EQ(refusal_of(get(1, "A: a\r\nB: b\r\nC: c\r\n"), config), std::nullopt);
  EXPECT_EQ(refusal_of(get(1, "A: a\r\nB: b\r\nC: c\r\nD: d\r\n"), config), Refusal::kHeadTooLarge);
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(refusal_of(post + "Content-Length: 10\r\n\r\n0123456789", config), std::nullopt);
  EXPECT_EQ(refusal_of(post + "Content-Length: 11\r\n\r\n", config), Refusal::kBodyTooLarge);
  EXPECT_EQ(
      refusal_of(post + "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\nabcde\r\n", config),
      Refusal::kBodyTooLarge);
  EXPECT_EQ(refusal_of("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"), Refusal::kMethodUnknown);
  EXPECT_EQ(refusal_of("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n"), Refusal::kMethodUnknown);
  EXPECT_EQ(refusal_of(post + "Expect: wonders\r\n\r\n"), Refusal::kExpectationUnknown);
}

TEST(RequestParser, KnowsHandshakes) {
  HttpRequest request;
  request.add_header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_FALSE(is_web_socket_handshake(request));
  request.add_header("Sec-WebSocket-Version", "13");
  EXPECT_TRUE(is_web_socket_handshake(request));
  request.set_method(HttpMethod::kPost);
  EXPECT_FALSE(is_web_socket_handshake(request));
}

}  // namespace
}  // namespace faultline
