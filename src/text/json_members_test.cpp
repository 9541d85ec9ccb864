#include "text/json_members.hpp"

#include <gtest/gtest.h>

#include <string>

namespace faultline {
namespace {

// "name=value|name=~|" with ~ for absent, or the error's name and place.
std::string read(std::string_view text) {
  JsonMembers members;
  const Result<void> done = members.read(text);
  if (!done)
    return std::string(name_of(done.error().code)) + "@" + std::to_string(done.error().offset);
  std::string out;
  for (const JsonMemberText& member : members.members())
    out += std::string(member.name) + "=" + std::string(member.value.value_or("~")) + "|";
  return out;
}

TEST(JsonMembers, GivesEveryValueAsItIsWritten) {
  EXPECT_EQ(read("{}"), "");
  EXPECT_EQ(read(" { } \r"), "");
  EXPECT_EQ(read(R"({"t": 12345678901234567, "px":"0.10","f":-1.50e-07 , "ok": true, "no":null})"),
            "t=12345678901234567|px=0.10|f=-1.50e-07|ok=true|no=~|");
  EXPECT_EQ(read(R"({"bids": [[1, "2"], [ ]], "o": {"a": {"b": []}, "c": "}"}, "": ""})"),
            R"(bids=[[1, "2"], [ ]]|o={"a": {"b": []}, "c": "}"}|=|)");
}

TEST(JsonMembers, UndoesEscapesOfTextsOnly) {
  EXPECT_EQ(read(R"({"a\"b": "\\\/\b\f\n\r\t", "l": ["\n"]})"), "a\"b=\\/\b\f\n\r\t|l=[\"\\n\"]|");
  EXPECT_EQ(read(R"({"a": "\u00e4\u20AC\ud83d\ude00x", "b": "\u0041"})"), "a=ä€😀x|b=A|");
  EXPECT_EQ(read("{\"a\": \"ä€😀\"}"), "a=ä€😀|");
}

TEST(JsonMembers, RefusesWhatIsNotAnObject) {
  for (const char* text : {"",
                           "[]",
                           "1",
                           "null",
                           "{",
                           "}",
                           "{]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{\"a\":01}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":+1}",
                           "{\"a\":1e}",
                           "{\"a\":-}",
                           "{\"a\":nul}",
                           "{\"a\":NaN}",
                           "{\"a\":[1,]}",
                           "{\"a\":[1}",
                           "{\"a\":{\"b\"}}",
                           "{\"a\":{1:2}}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\\ud800\\u0041\"}",
                           "{\"a\":\"\\udc00\"}",
                           "{\"a\":\"\n\"}",
                           "{\"a\":\"",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\xc0\x80\"}",
                           "{\"a\":\"\xed\xa0\x80\"}",
                           "{\"a\":\"\xf4\x90\x80\x80\"}",
                           "{\"a\":\"\xe2\x82\"}",
                           "{\"a\":1} x",
                           "{\"a\":1}{}"}) {
    EXPECT_TRUE(read(text).starts_with("bad_json@")) << text << " " << read(text);
  }
  EXPECT_EQ(read(R"({"a": 1, "b": x})"), "bad_json@14");
  EXPECT_EQ(read(std::string_view("{}\0", 3)), "bad_json@2");
}

TEST(JsonMembers, EveryCutIsSeen) {
  const std::string whole = R"({"a": [1, {"b": "\u20ac"}], "c": "d", "e": -1.5e3})";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(read(std::string_view(whole).substr(0, size)).substr(0, 9), "bad_json@") << size;
  EXPECT_EQ(read(whole), R"(a=[1, {"b": "\u20ac"}]|c=d|e=-1.5e3|)");
}

TEST(JsonMembers, ANameMayNotComeTwice) {
  EXPECT_EQ(read(R"({"a": 1, "b": 2, "\u0061": 3})"), "duplicate@29");
}

TEST(JsonMembers, DepthAndCountAreBounded) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(read(nested(kJsonMembersDepthMax - 1)).starts_with("a=["));
  EXPECT_TRUE(read(nested(kJsonMembersDepthMax)).starts_with("limit@"));
  EXPECT_TRUE(read("{\"a\":" + std::string(1'000'000, '{')).starts_with("bad_json@"));
  std::string many = "{";
  for (std::size_t i = 0; i < kJsonMembersMax; ++i) many += "\"" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(read(many + "\"last\":0}").starts_with("limit@"));
  many.back() = '}';
  EXPECT_TRUE(read(many).starts_with("0=0|"));
}

TEST(JsonMembers, CanBeUsedAgain) {
  JsonMembers members;
  ASSERT_FALSE(members.read(R"({"a": "\n", "b")"));
  ASSERT_TRUE(members.read(R"({"c": "\t"})"));
  ASSERT_EQ(members.members().size(), 1U);
  EXPECT_EQ(members.members()[0].name, "c");
  EXPECT_EQ(members.members()[0].value, "\t");
}

}  // namespace
}  // namespace faultline
