#include "study/map_picture.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "core/time_text.hpp"
#include "feed/importer.hpp"
#include "store/files.hpp"

namespace faultline {
namespace {

// Imports the shipped BTC descriptor of recorded bars. Absent where there is no recorded data.
std::unique_ptr<Store> recorded_store(const std::string& folder) {
  const std::string source = FAULTLINE_SOURCE_DIR "/datasets/btc_five_minute.toml";
  const Outcome<Dataset> dataset = parse_dataset(*read_whole_file(source, 1 << 20), source);
  EXPECT_TRUE(dataset) << describe(dataset.error());
  EXPECT_TRUE(remove_folder(folder));
  Outcome<std::unique_ptr<Store>> store = Store::open(folder, StoreMode::kWrite);
  EXPECT_TRUE(store) << describe(store.error());
  const Outcome<ImportReport> report =
      import_dataset(*dataset, **store,
                     {.root = std::getenv("FAULTLINE_RECORDED_DATA"),
                      .quarantine_folder = folder + "/.quarantine"},
                     {});
  EXPECT_TRUE(report) << describe(report.error());
  EXPECT_EQ(report->total_quarantined(), 0U);
  return std::move(store).value();
}

// Longs at risk between two prices.
double longs_between(const MapColumn& column, double low, double high) {
  double sum = 0.0;
  for (std::int32_t row = row_of_price(low); row < row_of_price(high); ++row)
    sum += column.at(Side::kLong, row);
  return sum;
}

LiquidationMap map_as_of(const Store& store, const char* when) {
  MapRequest request;
  request.instrument = *parse_instrument_id("binance_usdm:BTCUSDT");
  request.to = *parse_time_text(when);
  Outcome<LiquidationMap> map = build_map(store, request, {});
  EXPECT_TRUE(map) << describe(map.error());
  return std::move(map).value();
}

// What the issue of this map asks to be seen: what waited below the price in late January is eaten
// by the fall of 29 January to 6 February, and what lay below its low is still there.
TEST(MapOfRecordedData, LateJanuaryClustersAreEatenByTheFall) {
  if (std::getenv("FAULTLINE_RECORDED_DATA") == nullptr) {
    GTEST_SKIP() << "FAULTLINE_RECORDED_DATA is not set: there is no recorded data to map";
  }
  const auto store = recorded_store(testing::TempDir() + "faultline_recorded_map");
  const LiquidationMap before = map_as_of(*store, "2026-01-28T00:00:00Z");
  const LiquidationMap after = map_as_of(*store, "2026-02-07T00:00:00Z");
  double low = after.columns.back().mark;
  for (const ColumnSpan& span : after.spans) {
    if (span.candle.begin >= before.as_of) low = std::min(low, span.candle.low);
  }
  const double waiting = longs_between(before.columns.back(), low * 1.001, 86'000.0);
  // What lies there afterwards was opened after the low.
  const LiquidationMap at_low = map_as_of(*store, "2026-02-06T01:00:00Z");
  const double left =
      longs_between(at_low.columns.back(), at_low.columns.back().mark * 1.001, 86'000.0);
  double crossed = 0.0;
  for (const ColumnSpan& span : after.spans) {
    if (span.candle.begin >= before.as_of) crossed += span.crossed_usd[0] - span.returned_usd[0];
  }
  std::printf(
      "longs at risk from %.0f to 86000 on 28 January: $%.2fB; left above the price at the low: "
      "$%.2fB; "
      "crossed since: $%.2fB\n",
      low, waiting * 1e-9, left * 1e-9, crossed * 1e-9);
  EXPECT_LT(low, 61'000.0);
  EXPECT_GT(waiting, 1e9);
  EXPECT_LT(left, 0.01 * waiting);
  EXPECT_GT(crossed, 0.5e9);
  const double deep_before = longs_between(before.columns.back(), 45'000.0, 58'000.0);
  const double deep_after = longs_between(after.columns.back(), 45'000.0, 58'000.0);
  EXPECT_GT(deep_after, 0.3 * deep_before);
  EXPECT_LT(before.identity_error_max, 1e-3);
}

}  // namespace
}  // namespace faultline
