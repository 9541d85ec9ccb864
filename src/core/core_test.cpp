#include <gtest/gtest.h>

#include "core/decimal.hpp"
#include "core/event.hpp"
#include "core/instrument.hpp"
#include "core/time_text.hpp"

namespace faultline {
namespace {

Decimal decimal(std::string_view text) {
  const auto parsed = parse_decimal(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Decimal{-1, -1};
}

TEST(Decimal, ReadsPlainAndScientificText) {
  EXPECT_EQ(decimal("92759.3"), (Decimal{927593, -1}));
  EXPECT_EQ(decimal("1e-05"), (Decimal{1, -5}));
  EXPECT_EQ(decimal("-0.0250"), (Decimal{-25, -3}));
  EXPECT_EQ(decimal("1000"), (Decimal{1, 3}));
  EXPECT_EQ(decimal("10.50"), (Decimal{105, -1}));
  EXPECT_EQ(decimal("+.5"), (Decimal{5, -1}));
  EXPECT_EQ(decimal("7."), (Decimal{7, 0}));
  EXPECT_EQ(decimal("0.000"), (Decimal{0, 0}));
  EXPECT_EQ(decimal("1.25E+3"), (Decimal{125, 1}));
  EXPECT_EQ(decimal("100000000000000000000"), (Decimal{1, 20}));
}

TEST(Decimal, RefusesEverythingElse) {
  const auto code = [](std::string_view text) { return parse_decimal(text).error().code; };
  EXPECT_EQ(code(""), Errc::kEmpty);
  for (const char* text : {"-", ".", "e5", "1e", "1e+", "abc", "1,5", "1 ", " 1", "nan", "inf",
                           "0x10", "1.2.3", "--1"}) {
    EXPECT_EQ(code(text), Errc::kNotANumber) << text;
  }
  EXPECT_EQ(code("1234567890123456789"), Errc::kOutOfRange);
  EXPECT_EQ(code("1e31"), Errc::kOutOfRange);
  EXPECT_EQ(code("1e-99999999999"), Errc::kNotANumber);
}

TEST(Decimal, CountsUnitsExactlyOrSaysOffGrid) {
  const Decimal tick{5, -1};
  EXPECT_EQ(*parse_units("6968.5", tick), 13937);
  EXPECT_EQ(parse_units("6968.25", tick).error().code, Errc::kOffGrid);
  EXPECT_EQ(*parse_units("-1.5", tick), -3);
  EXPECT_EQ(*parse_fixed("0.29", 2), 29);  // 0.29 · 100 is 28.999… in doubles
  EXPECT_EQ(parse_fixed("0.295", 2).error().code, Errc::kOffGrid);
  EXPECT_EQ(parse_fixed("99999999999999999", 9).error().code, Errc::kOutOfRange);
  EXPECT_EQ(*nearest_units_lossy(decimal("4718196.400000001"), Decimal{1, -2}), 471819640);
  EXPECT_EQ(*nearest_units_lossy(decimal("-0.5"), Decimal{1, 0}), -1);
}

TEST(Decimal, WritesTheShortestText) {
  EXPECT_EQ(to_text(927593, Decimal{1, -1}), "92759.3");
  EXPECT_EQ(to_text(13936, Decimal{5, -1}), "6968");
  EXPECT_EQ(to_text(-3, Decimal{1, -3}), "-0.003");
  EXPECT_EQ(to_text(12, Decimal{1, 2}), "1200");
  EXPECT_EQ(to_text(0, Decimal{1, 2}), "0");
}

TEST(Time, UnitIsFoundByMagnitude) {
  for (const char* text :
       {"1764547500", "1764547500000", "1764547500000000", "1764547500000000000", "1764547500.0"}) {
    const auto time = parse_time(text, TimeUnit::kAuto);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(to_text(*time), "2025-12-01T00:05:00Z") << text;
  }
  EXPECT_EQ(parse_time("1764547500", TimeUnit::kMillis).error().code, Errc::kBadTime);
  EXPECT_EQ(parse_time("x", TimeUnit::kAuto).error().code, Errc::kNotANumber);
  EXPECT_EQ(parse_time("", TimeUnit::kText).error().code, Errc::kEmpty);
}

TEST(Time, TextForms) {
  const auto nanos = [](std::string_view text) {
    const auto time = parse_time_text(text);
    return time ? to_text(*time) : std::string(name_of(time.error().code));
  };
  EXPECT_EQ(nanos("2025-12-01T00:05:00.000Z"), "2025-12-01T00:05:00Z");
  EXPECT_EQ(nanos("2025-11-30 18:09:24.300000"), "2025-11-30T18:09:24.3Z");
  EXPECT_EQ(nanos("2024-12-31T00:00:00.000000000+0000"), "2024-12-31T00:00:00Z");
  EXPECT_EQ(nanos("2020-03-31 00:00:00+00"), "2020-03-31T00:00:00Z");
  EXPECT_EQ(nanos("2025-12-01T03:05:00+03:00"), "2025-12-01T00:05:00Z");
  EXPECT_EQ(nanos("2025-12-01D00:05:00.000000001"), "2025-12-01T00:05:00.000000001Z");
  EXPECT_EQ(nanos("2025-12-01"), "2025-12-01T00:00:00Z");
  for (const char* text : {"2025-13-01", "2025-02-30", "2025-12-01T24:00:00Z",
                           "2025-12-01T00:05:00Q", "20251201", "1970-01-01"}) {
    EXPECT_EQ(nanos(text), "bad_time") << text;
  }
}

TEST(Time, DurationsRoundTrip) {
  for (const char* text : {"1s", "5m", "1h", "90s", "1d", "250ms"})
    EXPECT_EQ(to_text(*parse_duration(text)), text);
  EXPECT_EQ(to_text(*parse_duration("60m")), "1h");
  EXPECT_EQ(parse_duration("0s").error().code, Errc::kOutOfRange);
  EXPECT_EQ(parse_duration("5").error().code, Errc::kNotANumber);
}

TEST(Instrument, IdsRoundTripAndRefuseTheRest) {
  EXPECT_EQ(to_text(*parse_instrument_id("binance_usdm:BTCUSDT")), "binance_usdm:BTCUSDT");
  EXPECT_EQ(parse_instrument_id("mtgox:BTCUSD").error().code, Errc::kUnknownVenue);
  EXPECT_EQ(parse_instrument_id("BTCUSDT").error().code, Errc::kUnknownVenue);
  EXPECT_EQ(parse_instrument_id("okx:").error().code, Errc::kEmpty);
  EXPECT_EQ(parse_instrument_id("okx:../etc").error().code, Errc::kUnexpectedField);
  EXPECT_EQ(parse_instrument_id("okx:BTC/USDT").error().code, Errc::kUnexpectedField);
}

TEST(Instrument, TicksAndFinePricesConvertExactly) {
  const InstrumentSpec spec{.tick_size = Decimal{5, -1}};
  EXPECT_EQ(to_price_e9(PriceTicks(13937), spec), PriceE9(6'968'500'000'000));
  EXPECT_EQ(*to_price_ticks(PriceE9(6'968'500'000'000), spec), PriceTicks(13937));
  EXPECT_EQ(to_price_ticks(PriceE9(6'968'500'000'001), spec).error().code, Errc::kOffGrid);
}

TEST(Instrument, NotionalOfLinearAndInverse) {
  const InstrumentSpec linear{.lot_size = Decimal{1, -3}};
  EXPECT_DOUBLE_EQ(notional_approx(Qty(2500), 40'000.0, linear), 100'000.0);
  const InstrumentSpec inverse{.kind = ContractKind::kInverse,
                               .contract_multiplier = Decimal{100, 0},
                               .lot_size = Decimal{1, 0}};
  EXPECT_DOUBLE_EQ(notional_approx(Qty(7), 40'000.0, inverse), 700.0);
}

}  // namespace
}  // namespace faultline
