#include "text/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace faultline {
namespace {

std::string rewritten(std::string_view text) {
  const Result<JsonValue> value = parse_json(text);
  return value ? write_json(*value) : "error " + std::string(name_of(value.error().code));
}

TEST(Json, KeepsOrderTypesAndTexts) {
  const std::string_view text =
      R"({"z": 1, "a": [true, false, null, -7, 0.1, 1e+300, "x\"\\\u0001 ä"], "e": {}, "n": []})";
  EXPECT_EQ(rewritten(text), text);
  const JsonValue value = *parse_json(text);
  EXPECT_EQ(value.find("z")->as_int(), 1);
  EXPECT_EQ(value.find("none"), nullptr);
  EXPECT_EQ(value.find("a")->as_array()->at(4).as_int(), std::nullopt);
  EXPECT_EQ(value.find("a")->as_array()->at(4).as_double(), 0.1);
  EXPECT_EQ(value.find("z")->as_bool(), std::nullopt);
}

TEST(Json, NumbersComeBackExactly) {
  EXPECT_EQ(rewritten("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(rewritten("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(rewritten("9223372036854775808"), "error out_of_range");
  EXPECT_EQ(rewritten("-9223372036854775809"), "error out_of_range");
  EXPECT_EQ(rewritten("123456789012345678901234567890"), "error out_of_range");
  EXPECT_EQ(rewritten("1e999"), "error out_of_range");
  EXPECT_EQ(rewritten("1.0"), "1.0");
  EXPECT_EQ(rewritten("-0.0"), "-0.0");
  for (const double number : {1.0 / 3.0, 5e-324, 1.7976931348623157e308, 123456789.0, 1e23}) {
    const Result<JsonValue> back = parse_json(write_json(JsonValue(number)));
    ASSERT_TRUE(back);
    EXPECT_FALSE(back->as_int()) << number;
    EXPECT_EQ(back->as_double(), number);
  }
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\":}", "nul", "01", "1 2", "'a'", "[1] x",
                           "{\"a\":1,\"a\":2}", "\"\xff\"", "\"\n\"", "NaN", "// x\n1"}) {
    const Result<JsonValue> value = parse_json(text);
    ASSERT_FALSE(value) << text;
    EXPECT_EQ(value.error().code, Errc::kBadJson) << text;
  }
  EXPECT_EQ(parse_json("[1, 2, x]").error().offset, 7U);
  EXPECT_EQ(parse_json(std::string_view("[]\0[1]", 6)).error(), (Error{Errc::kBadJson, 2}));
  EXPECT_EQ(parse_json("[1, 99999999999999999999, 2]").error().code, Errc::kOutOfRange);
}

TEST(Json, DepthAndSizeAreBounded) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(parse_json(nested(64)));
  EXPECT_EQ(parse_json(nested(65)).error(), (Error{Errc::kLimit, 64}));
  EXPECT_EQ(parse_json(std::string(1'000'000, '[')).error().code, Errc::kLimit);
  const JsonLimits limits{.bytes_max = 4};
  EXPECT_TRUE(parse_json("1234", limits));
  EXPECT_EQ(parse_json("12345", limits).error().code, Errc::kLimit);
}

TEST(Json, BuildsReports) {
  JsonValue report = JsonValue::object();
  report.set("rows", std::uint64_t{12}).set("days", JsonValue::array().push("a").push(2.5));
  report.set("rows", 13).set("none", JsonValue()).set("ok", true).set("empty", JsonValue::array());
  EXPECT_EQ(write_json(report),
            R"({"rows": 13, "days": ["a", 2.5], "none": null, "ok": true, "empty": []})");
  EXPECT_EQ(write_json(report, 2),
            "{\n  \"rows\": 13,\n  \"days\": [\n    \"a\",\n    2.5\n  ],\n  \"none\": null,\n"
            "  \"ok\": true,\n  \"empty\": []\n}");
}

TEST(Json, AlwaysWritesUtf8) {
  EXPECT_EQ(write_json(JsonValue("a\xff"
                                 "b")),
            "\"a\xef\xbf\xbd"
            "b\"");
  for (const char* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_TRUE(parse_json(write_json(JsonValue(bad)))) << bad;
  }
  EXPECT_EQ(write_json(JsonValue("\xf0\x9f\x98\x80")), "\"\xf0\x9f\x98\x80\"");
}

TEST(JsonDeathTest, RefusesToWriteNan) {
  EXPECT_DEATH(write_json(JsonValue(std::numeric_limits<double>::quiet_NaN())), "isfinite");
  EXPECT_DEATH(JsonValue::array().set("a", 1), "members");
}

}  // namespace
}  // namespace faultline
