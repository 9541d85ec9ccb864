#include "venue/binance/tiers.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace faultline::binance {
namespace {

Result<TierTables> read(std::string_view text) {
  return read_tiers(std::as_bytes(std::span(text)), {UnixNanos(1'729'728'000'000'000'000), {}});
}

// Two rungs of BTCUSDT as published on 2024-10-24, numbers in both spellings.
constexpr std::string_view kTwoRungs =
    R"([{"tier":1.0,"currency":"USDT","minNotional":0.0,"maxNotional":50000.0,)"
    R"("maintenanceMarginRate":0.004,"maxLeverage":125.0,"info":{"bracket":"1","cum":"0.0"}},)"
    R"({"tier":2.0,"currency":"USDT","minNotional":"50000","maxNotional":"600000",)"
    R"("maintenanceMarginRate":"0.005","maxLeverage":"100","info":{"bracket":2,"cum":50}}])";

std::string with(std::string_view from, std::string_view to) {
  std::string text = R"({"BTC/USDT:USDT":)" + std::string(kTwoRungs) + "}";
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(BinanceTiers, ReadsNumbersAndText) {
  const auto tables = read(with("", ""));
  ASSERT_TRUE(tables);
  ASSERT_TRUE(tables->contains("BTCUSDT"));
  const TierTable& table = tables->at("BTCUSDT");
  ASSERT_EQ(table.tiers().size(), 2U);
  EXPECT_EQ(table.tiers()[0].maintenance_rate, .004);
  EXPECT_EQ(table.tiers()[0].leverage_max, 125.0);
  EXPECT_EQ(table.tiers()[1], (MaintenanceTier{.notional_floor = 50'000,
                                               .notional_cap = 600'000,
                                               .maintenance_rate = .005,
                                               .deduction = 50,
                                               .leverage_max = 100}));
  EXPECT_EQ(table.validity().valid_from, UnixNanos(1'729'728'000'000'000'000));
}

TEST(BinanceTiers, SpellsSymbolsAsTheVenueDoes) {
  const std::string rungs(kTwoRungs);
  const auto tables =
      read(R"({"BTC/USDT:USDT-241227":)" + rungs + R"(,"1000BONK/USDC:USDC":)" + rungs + "}");
  ASSERT_TRUE(tables);
  EXPECT_TRUE(tables->contains("BTCUSDT_241227"));
  EXPECT_TRUE(tables->contains("1000BONKUSDC"));
}

TEST(BinanceTiers, RefusesMalformedInput) {
  const auto code = [](std::string_view text) { return read(text).error().code; };
  EXPECT_EQ(code(""), Errc::kBadJson);
  EXPECT_EQ(code("{"), Errc::kBadJson);
  EXPECT_EQ(code("\xff"), Errc::kBadJson);
  EXPECT_EQ(code(R"({"a":1e999})"), Errc::kBadJson);
  EXPECT_EQ(code("[]"), Errc::kUnexpectedField);
  EXPECT_EQ(code("7"), Errc::kUnexpectedField);
  EXPECT_EQ(code("{}"), Errc::kEmpty);
  EXPECT_EQ(code(R"({"BTC/USDT:USDT":[]})"), Errc::kEmpty);
  EXPECT_EQ(code(R"({"BTC/USDT:USDT":{}})"), Errc::kUnexpectedField);
  EXPECT_EQ(code(R"({"BTC/USDT:USDT":[7]})"), Errc::kUnexpectedField);
  EXPECT_EQ(code(with("BTC/USDT:USDT", "BTCUSDT")), Errc::kUnexpectedField);
  EXPECT_EQ(code(with("BTC/USDT:USDT", "/USDT:USDT")), Errc::kUnexpectedField);
  EXPECT_EQ(code(with("BTC/USDT:USDT", "BTC/USD:BTC")), Errc::kUnexpectedField);
  EXPECT_EQ(code(with(R"("maxLeverage":125.0,)", "")), Errc::kMissingField);
  EXPECT_EQ(code(with(R"("cum":"0.0")", R"("sum":"0.0")")), Errc::kMissingField);
  EXPECT_EQ(code(with(R"("info":)", R"("inf":)")), Errc::kMissingField);
  EXPECT_EQ(code(with(R"("0.005")", R"("5%")")), Errc::kNotANumber);
  EXPECT_EQ(code(with(R"("0.005")", "null")), Errc::kUnexpectedField);
  EXPECT_EQ(code(with(R"({"bracket":2,"cum":50})", "50")), Errc::kUnexpectedField);
}

TEST(BinanceTiers, RefusesBrokenLadders) {
  const auto code = [](std::string_view text) { return read(text).error().code; };
  EXPECT_EQ(code(with(R"("minNotional":"50000")", R"("minNotional":"50001")")), Errc::kBadFormat);
  EXPECT_EQ(code(with(R"("0.005")", R"("0.004")")), Errc::kOutOfRange);
  EXPECT_EQ(code(with(R"("cum":50)", R"("cum":51)")), Errc::kOutOfRange);
}

TEST(BinanceTiers, SaysWhere) {
  const auto broken_json = read(R"({"a": nope})");
  EXPECT_EQ(broken_json.error(), (Error{Errc::kBadJson, 7}));
  const auto broken_ladder =
      read(R"({"BTC/USDT:USDT":)" + std::string(kTwoRungs) + R"(,"ETH/USDT:USDT":[]})");
  EXPECT_EQ(broken_ladder.error().code, Errc::kEmpty);
  EXPECT_EQ(broken_ladder.error().offset, 17 + kTwoRungs.size() + 1);
  const auto twice = read(R"({"BTC/USDT:USDT-1":)" + std::string(kTwoRungs) +
                          R"(,"BTC/USDT_1:USDT_1":)" + std::string(kTwoRungs) + "}");
  EXPECT_EQ(twice.error().code, Errc::kDuplicate);
}

}  // namespace
}  // namespace faultline::binance
