#include "net/url.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace faultline {
namespace {

Errc error_of(std::string_view target) {
  UrlTarget out;
  const Result<void> parsed = parse_target(target, Asterisk::kRefuse, out);
  return parsed ? Errc{} : parsed.error().code;
}

UrlTarget parsed(std::string_view target) {
  UrlTarget out;
  EXPECT_TRUE(parse_target(target, Asterisk::kRefuse, out)) << target;
  return out;
}

TEST(Url, ReadsPathAndQueryInOrder) {
  const UrlTarget url = parsed("/v1/map?from=1&to=&flag&from=2");
  EXPECT_EQ(url.path, "/v1/map");
  const std::vector<QueryParameter> want = {{"from", "1"}, {"to", ""}, {"flag", ""}, {"from", "2"}};
  EXPECT_EQ(url.query, want);
}

TEST(Url, DecodesEscapes) {
  EXPECT_EQ(parsed("/a%20b/%C3%A9").path, "/a b/\xC3\xA9");
  EXPECT_EQ(parsed("/a+b").path, "/a+b");
  const UrlTarget url = parsed("/?q=a+b%2B%26%3d&%6e=%25");
  const std::vector<QueryParameter> want = {{"q", "a b+&="}, {"n", "%"}};
  EXPECT_EQ(url.query, want);
}

TEST(Url, DropsEmptyAndSingleDotSegments) {
  EXPECT_EQ(parsed("/").path, "/");
  EXPECT_EQ(parsed("//a/./b//").path, "/a/b/");
  EXPECT_EQ(parsed("/./").path, "/");
  EXPECT_EQ(parsed("/a/.").path, "/a/");
  EXPECT_EQ(parsed("/a/%2e/b").path, "/a/b");
  EXPECT_EQ(parsed("/.well-known/x").path, "/.well-known/x");
  EXPECT_EQ(parsed("/...").path, "/...");
}

TEST(Url, RefusesToLeaveTheFolder) {
  for (const std::string_view target :
       {"/..", "/../etc/passwd", "/a/../b", "/a/..", "/%2e%2e/x", "/.%2E/x", "/%2E./", "/a%2Fb",
        "/a%2f..%2fb", "/..%5cx", "/a%5Cb", "/a\\b", "http://host/../x"}) {
    EXPECT_EQ(error_of(target), Errc::kOutOfRange) << target;
  }
  EXPECT_EQ(parsed("/%252e%252e/x").path, "/%2e%2e/x");  // decoded once
}

TEST(Url, RefusesNulAndControls) {
  EXPECT_EQ(error_of("/a%00.html"), Errc::kBinaryData);
  EXPECT_EQ(error_of("/a%0d%0ab"), Errc::kBinaryData);
  EXPECT_EQ(error_of("/a%7f"), Errc::kBinaryData);
  EXPECT_EQ(error_of("/?a=%00"), Errc::kBinaryData);
  EXPECT_EQ(parsed("/?a=%0A").query[0].value, "\n");
}

TEST(Url, RefusesBadUtf8) {
  for (const std::string_view bad :
       {"%C0%AF", "%C1%81", "%E0%80%AF", "%E0%9F%BF", "%F0%80%80%AF", "%F0%8F%BF%BF", "%ED%A0%80",
        "%ED%BF%BF", "%F4%90%80%80", "%F5%80%80%80", "%80", "%FF", "%C3", "%E2%82", "%F0%9F%98"}) {
    EXPECT_EQ(error_of("/" + std::string(bad)), Errc::kBadFormat) << bad;
    EXPECT_EQ(error_of("/?x=" + std::string(bad)), Errc::kBadFormat) << bad;
    EXPECT_EQ(error_of("/?" + std::string(bad)), Errc::kBadFormat) << bad;
  }
  for (const std::string_view good : {"%C2%80", "%DF%BF", "%E0%A0%80", "%ED%9F%BF", "%EE%80%80",
                                      "%EF%BF%BF", "%F0%90%80%80", "%F4%8F%BF%BF"}) {
    EXPECT_EQ(error_of("/" + std::string(good)), Errc{}) << good;
  }
}

TEST(Url, RefusesBadEscapesAndBytes) {
  for (const std::string_view target :
       {"/%", "/%4", "/%zz", "/%4g", "/?a=%", "/?%2", "/a b", "/a#b", "/\xC3\xA9", "/\x7f", "a",
        "a/b", "?", "*", "ftp://x/", "http:///x", "https:/x"}) {
    EXPECT_EQ(error_of(target), Errc::kBadFormat) << target;
  }
  EXPECT_EQ(error_of(""), Errc::kEmpty);
}

TEST(Url, TellsWhereTheErrorIs) {
  UrlTarget out;
  EXPECT_EQ(parse_target("/abc%zz", Asterisk::kRefuse, out).error().offset, 4U);
  EXPECT_EQ(parse_target("/?a=1&b=%zz", Asterisk::kRefuse, out).error().offset, 8U);
}

TEST(Url, TakesAbsoluteFormAndAsterisk) {
  EXPECT_EQ(parsed("http://host:80/a?b=c").path, "/a");
  EXPECT_EQ(parsed("https://host").path, "/");
  EXPECT_EQ(parsed("http://host?b=c").query.size(), 1U);
  UrlTarget out;
  EXPECT_TRUE(parse_target("*", Asterisk::kTake, out));
  EXPECT_EQ(out.path, "*");
}

TEST(Url, BoundsTheNumberOfParameters) {
  std::string target = "/?a";
  for (std::size_t count = 1; count < kQueryParametersMax; ++count) target += "&a";
  EXPECT_EQ(parsed(target).query.size(), kQueryParametersMax);
  EXPECT_EQ(error_of(target + "&a"), Errc::kLimit);
  EXPECT_EQ(error_of(target + "&&&"), Errc{});
}

TEST(Url, EncodesWhatItDecodes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  std::string again;
  ASSERT_TRUE(append_decoded(percent_encode(all), Plus::kIsSpace, again));
  EXPECT_EQ(again, all);
  EXPECT_EQ(percent_encode("a b/é"), "a%20b%2F%C3%A9");
}

}  // namespace
}  // namespace faultline
