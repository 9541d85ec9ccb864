#include "serve/pages.hpp"

#include <gtest/gtest.h>

#include <array>

#include "serve/answer.hpp"
#include "serve/test_service.hpp"

namespace faultline {
namespace {

const std::string kScript(5'000, 'a');
const std::array kPages{Page{"/index.html", "<!doctype html><title>f</title>"},
                        Page{"/assets/main-1a.js", kScript}};

std::string header_of(const PreparedResponse& response, const std::string& name) {
  const std::string head(response.head());
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

TEST(Pages, FindsTheIndexAtTheRoot) {
  const Pages pages(kPages);
  const auto root = pages.answer(request_of("/"));
  EXPECT_EQ(root->status(), 200);
  EXPECT_EQ(header_of(*root, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header_of(*root, "Cache-Control"), "no-cache");
  EXPECT_EQ(*root->body(), kPages[0].bytes);
}

TEST(Pages, KeepsWhatIsNamedByItsDigest) {
  const Pages pages(kPages);
  HttpRequest request = request_of("/assets/main-1a.js");
  const auto plain = pages.answer(request);
  EXPECT_EQ(*plain->body(), kScript);
  EXPECT_NE(header_of(*plain, "Cache-Control").find("immutable"), std::string::npos);
  request.add_header("Accept-Encoding", "gzip");
  const auto packed = pages.answer(request);
  EXPECT_EQ(header_of(*packed, "Content-Encoding"), "gzip");
  EXPECT_LT(packed->body()->size(), kScript.size() / 10);
  EXPECT_NE(header_of(*packed, "ETag"), header_of(*plain, "ETag"));
  request.add_header("If-None-Match", header_of(*packed, "ETag"));
  const auto unchanged = pages.answer(request);
  EXPECT_EQ(unchanged->status(), 304);
  EXPECT_EQ(header_of(*unchanged, "ETag"), header_of(*packed, "ETag"));
  EXPECT_EQ(header_of(*unchanged, "Vary"), "Accept-Encoding");
  EXPECT_EQ(header_of(*unchanged, "Content-Encoding"), "");
  HttpRequest other = request_of("/assets/main-1a.js");
  other.add_header("If-None-Match", header_of(*packed, "ETag"));
  EXPECT_EQ(pages.answer(other)->status(), 200);
}

TEST(Pages, HasNothingElse) {
  const Pages pages(kPages);
  for (const char* path :
       {"/assets/", "/assets", "/index.htm", "/etc/passwd", "/assets/main-1a.js2"})
    EXPECT_EQ(pages.answer(request_of(path))->status(), 404) << path;
  EXPECT_FALSE(pages.is_empty());
  const Pages none({});
  EXPECT_TRUE(none.is_empty());
  EXPECT_NE(none.answer(request_of("/"))->body()->find("without the terminal"), std::string::npos);
}

TEST(Answer, GzipIsWhatAnyReaderUnpacks) {
  // The magic bytes, and a size that only packing has.
  const std::string packed = gzipped(kScript, 6);
  ASSERT_GT(packed.size(), 18U);
  EXPECT_EQ(packed.substr(0, 2), "\x1f\x8b");
  EXPECT_LT(packed.size(), 100U);
}

}  // namespace
}  // namespace faultline
