#include "feed/level_scanner.hpp"

#include <gtest/gtest.h>

#include <string>

namespace faultline {
namespace {

// "price:qty price:qty", and " !" where the list did not end properly.
std::string scan(std::string_view text) {
  LevelScanner scanner(text);
  std::string out;
  std::string_view price;
  std::string_view qty;
  while (scanner.next(price, qty)) {
    out += (out.empty() ? "" : " ") + std::string(price) + ":" + std::string(qty);
  }
  EXPECT_FALSE(scanner.next(price, qty));
  return out + (scanner.is_whole() ? "" : " !");
}

TEST(LevelScanner, GivesNumbersAndTextsAsTheyAreWritten) {
  EXPECT_EQ(scan("[]"), "");
  EXPECT_EQ(scan(" [ ]\r\n"), "");
  EXPECT_EQ(scan("[[64275.0, 0.0544], [\"64274\", \"0.0393\"]]"), "64275.0:0.0544 64274:0.0393");
  EXPECT_EQ(scan("\t[ [ 1e-7 ,\n2 ] , [ \"\" , -3 ] ]"), "1e-7:2 :-3");
}

TEST(LevelScanner, SkipsWhatFollowsPriceAndQuantity) {
  EXPECT_EQ(scan("[[1,2,3],[4,5,\"six\",7]]"), "1:2 4:5");
}

// The text of a number is the converter's business, its place is not.
TEST(LevelScanner, LeavesTheNumbersToTheReader) {
  EXPECT_EQ(scan("[[1e5e,--]]"), "1e5e:--");
  EXPECT_EQ(scan("[[\"one\",\"two\"]]"), "one:two");
}

TEST(LevelScanner, EndsAtTheFirstByteThatIsNotExpected) {
  EXPECT_EQ(scan(""), " !");
  EXPECT_EQ(scan("null"), " !");
  EXPECT_EQ(scan("{\"100\":1}"), " !");
  EXPECT_EQ(scan("[[1]]"), " !");
  EXPECT_EQ(scan("[[1,2],]"), "1:2 !");
  EXPECT_EQ(scan("[,[1,2]]"), " !");
  EXPECT_EQ(scan("[[1,2][3,4]]"), "1:2 !");
  EXPECT_EQ(scan("[[1,2,]]"), " !");
  EXPECT_EQ(scan("[[1,[2]]]"), " !");
  EXPECT_EQ(scan("[[1,true]]"), " !");
  EXPECT_EQ(scan("[[\"1\\u0030\",2]]"), " !");
}

TEST(LevelScanner, TellsACutListFromAWholeOne) {
  const std::string whole = "[[1,2],[\"3\",\"4\"]]";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string said = scan(std::string_view(whole).substr(0, size));
    EXPECT_TRUE(said.ends_with(" !")) << size;
  }
  EXPECT_EQ(scan(whole), "1:2 3:4");
  EXPECT_EQ(scan(whole + "]"), "1:2 3:4 !");
}

}  // namespace
}  // namespace faultline
