#include "net/http.hpp"

#include <gtest/gtest.h>

#include "net/responder.hpp"
#include "net/server_config.hpp"

namespace faultline {
namespace {

TEST(Http, FindsHeadersAndParameters) {
  HttpRequest request;
  request.add_header("Accept", "text/html");
  request.add_header("X-Empty", "");
  request.add_header("accept", "second");
  ASSERT_TRUE(request.set_target("/a?b=1&b=2"));
  EXPECT_EQ(request.header("ACCEPT"), "text/html");
  EXPECT_EQ(request.header("x-empty"), "");
  EXPECT_EQ(request.header("Accep"), std::nullopt);
  EXPECT_EQ(request.header_name(2), "accept");
  EXPECT_EQ(request.query_value("b"), "1");
  EXPECT_EQ(request.query_value("B"), std::nullopt);
}

TEST(Http, CopiesOfARequestStandAlone) {
  HttpRequest request;
  request.add_header("Host", "one");
  request.append_body("body");
  const HttpRequest copy = request;
  request.clear();
  request.add_header("Host", "another and longer than before");
  EXPECT_EQ(copy.header("host"), "one");
  EXPECT_EQ(copy.body(), "body");
}

TEST(Http, ListsWords) {
  EXPECT_TRUE(lists_word("keep-alive, Upgrade", "upgrade"));
  EXPECT_TRUE(lists_word("\tUPGRADE ", "upgrade"));
  EXPECT_FALSE(lists_word("upgraded, xupgrade", "upgrade"));
  EXPECT_FALSE(lists_word("", "upgrade"));
}

TEST(Http, RefusesHeadersThatSplitAResponse) {
  HttpResponse response;
  EXPECT_TRUE(is_sendable(response));
  response.headers = {{"ETag", "\"a\""}};
  EXPECT_TRUE(is_sendable(response));
  for (const HttpHeader& bad :
       {HttpHeader{"X", "a\r\nSet-Cookie: b"}, HttpHeader{"X", "a\nb"}, HttpHeader{"X\r\nY", "a"},
        HttpHeader{"X", std::string("a\0b", 3)}, HttpHeader{"", "a"}, HttpHeader{"X Y", "a"},
        HttpHeader{"content-length", "5"}, HttpHeader{"Transfer-Encoding", "chunked"},
        HttpHeader{"Connection", "close"}, HttpHeader{"Date", "today"}}) {
    response.headers = {bad};
    EXPECT_FALSE(is_sendable(response)) << bad.name;
  }
  EXPECT_FALSE(is_sendable(HttpResponse{.status = 199}));
  EXPECT_FALSE(is_sendable(HttpResponse{.status = 600}));
  EXPECT_FALSE(is_sendable(HttpResponse{.status = 200, .content_type = "a\r\nb"}));
}

TEST(Http, WritesHeads) {
  std::string head;
  append_head(HttpResponse::of(404, "text/plain", "none"), head);
  EXPECT_EQ(head, "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n");
  head.clear();
  append_head(HttpResponse{.status = 304, .headers = {{"ETag", "\"x\""}}}, head);
  EXPECT_EQ(head, "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n");
  head.clear();
  append_head(HttpResponse{.status = 299}, head);
  EXPECT_EQ(head, "HTTP/1.1 299 \r\nContent-Length: 0\r\n");
}

TEST(Http, WritesDates) {
  EXPECT_EQ(http_date(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110, section 5.6.7
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(Http, NamesMethodsAndIds) {
  EXPECT_EQ(http_method_of("PATCH"), HttpMethod::kPatch);
  EXPECT_EQ(name_of(HttpMethod::kPatch), "PATCH");
  EXPECT_EQ(http_method_of("get"), HttpMethod::kOther);
  EXPECT_EQ(http_method_of(""), HttpMethod::kOther);
  EXPECT_EQ(text_of(RequestId{0x1234abcd}), "000000001234abcd");
}

TEST(Http, EveryRefusalHasNameStatusAndReason) {
  for (std::size_t index = 0; index < kRefusalCount; ++index) {
    const auto refusal = static_cast<Refusal>(index);
    EXPECT_FALSE(name_of(refusal).empty());
    EXPECT_GE(status_of(refusal), 400);
    EXPECT_FALSE(reason_of_status(status_of(refusal)).empty());
    EXPECT_FALSE(meaning_of(refusal).empty());
  }
}

// A sink as a test of a handler would have it.
class KeepingSink final : public AnswerSink {
 public:
  void answer(std::uint64_t exchange, HttpAnswer answer) override {
    EXPECT_EQ(exchange, 7U);
    answers.push_back(std::move(answer));
  }
  bool is_abandoned(std::uint64_t /*exchange*/) const override { return false; }

  std::vector<HttpAnswer> answers;
};

TEST(Responder, AnswersOnceEvenWhenDropped) {
  const auto sink = std::make_shared<KeepingSink>();
  {
    Responder responder(sink, 7);
    EXPECT_FALSE(responder.is_abandoned());
    responder.send(HttpResponse::of(200, "text/plain", "x"));
    EXPECT_TRUE(responder.is_abandoned());
  }
  ASSERT_EQ(sink->answers.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<HttpResponse>(sink->answers[0]));
  {
    Responder dropped(sink, 7);
    Responder moved(std::move(dropped));
  }
  ASSERT_EQ(sink->answers.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(sink->answers[1]));
}

}  // namespace
}  // namespace faultline
