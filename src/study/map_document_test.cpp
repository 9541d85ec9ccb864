#include "study/map_document.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>

#include "store/test_folder.hpp"
#include "store/text_rows.hpp"
#include "study/map_picture.hpp"
#include "study/map_tables.hpp"

namespace faultline {
namespace {

// Two made-up columns of two venues: rows of 100 dollars, of which one is disputed by the members.
LiquidationMap made_up(bool has_ensemble) {
  LiquidationMap map;
  map.spec.id = *parse_instrument_id("binance_usdm:BTCUSDT");
  map.model_version = kModelVersion;
  map.members = has_ensemble ? 8 : 1;
  map.venues.resize(2);
  map.venues[0].spec = map.spec;
  map.venues[0].share = 0.75;
  map.venues[1].spec.id = *parse_instrument_id("okx:BTC-USDT-SWAP");
  map.venues[1].share = 0.25;
  map.venues[1].feed = "okx:BTC-USDT-SWAP";
  map.step_length = map.column_interval = kHour;
  for (std::int64_t hour = 1; hour <= 2; ++hour) {
    MapColumn column;
    column.as_of = UnixNanos(1'764'547'200'000'000'000 + hour * kHour.value);
    column.mark = price_of_row(11'000);
    column.first_row = 10'990;
    column.open_interest_usd = 2'100.0;
    for (const std::size_t side : {0U, 1U}) {
      column.notional_at_risk_usd[side].assign(21, side == 0 ? 100.0F : 0.0F);
      if (!has_ensemble) continue;
      column.density_interval[side] = {std::vector<float>(21, 60.0F), std::vector<float>(21, 90.0F),
                                       std::vector<float>(21, 200.0F)};
    }
    if (has_ensemble) column.density_interval[0].p10[3] = 40.0F;
    map.columns.push_back(column);
    ColumnSpan span;
    span.candle = {column.as_of - kHour, column.as_of, column.mark,
                   column.mark,          column.mark,  column.mark};
    span.open_interest_usd = 2'100.0;
    if (hour == 2)
      span.feed = SpanFeed{{5.0, 6.0}, {7.0, 0.0}, {UsdInterval{1.0, 9.0}, {}}, 1, {true, true}};
    map.spans.push_back(span);
  }
  map.as_of = map.columns.back().as_of;
  map.clusters.push_back(Cluster{.side = Side::kLong, .notional_at_risk_usd = 300.0});
  if (has_ensemble) map.clusters[0].density_interval = SumInterval{300.0, 200.0, 290.0, 500.0};
  return map;
}

const JsonValue& at(const JsonValue& value, std::string_view name) {
  const JsonValue* found = value.find(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

TEST(MapDocument, WhatIsNotKnownIsNull) {
  const JsonValue json = json_of_map(made_up(false));
  const JsonValue::Array& columns = *at(json, "columns").as_array();
  EXPECT_TRUE(at(columns[0], "feed").is_null());
  EXPECT_EQ(at(columns[1], "long").find("density_interval"), nullptr);
  const JsonValue& summary = at(json, "summary");
  const JsonValue& cluster = at(summary, "clusters").as_array()->front();
  EXPECT_TRUE(at(cluster, "density_interval").is_null());
  EXPECT_TRUE(at(cluster, "expected_liquidation_usd").is_null());
  EXPECT_EQ(at(summary, "near").as_array()->front().find("long")->find("p10"), nullptr);
  EXPECT_TRUE(at(at(summary, "venues").as_array()->front(), "feed").is_null());
}

TEST(MapDocument, BothQuantitiesAndTheIntervalAreNamed) {
  const JsonValue json = json_of_map(made_up(true));
  const JsonValue::Array& columns = *at(json, "columns").as_array();
  EXPECT_EQ(columns[0].find("long")->find("density_interval"), nullptr);
  const JsonValue& longs = at(columns[1], "long");
  EXPECT_EQ(at(longs, "notional_at_risk_usd").as_array()->size(), 21U);
  EXPECT_EQ(at(at(longs, "density_interval"), "p10").as_array()->at(3).as_int(), 40);
  EXPECT_EQ(at(columns[1], "model_version").as_string()->compare(kModelVersion), 0);
  const JsonValue& feed = at(columns[1], "feed");
  EXPECT_EQ(at(at(feed, "expected_liquidation_usd"), "short").as_double(), 6.0);
  EXPECT_EQ(at(at(feed, "printed_usd"), "short").as_double(), 0.0);
  const JsonValue& bands = at(feed, "liquidation_interval");
  EXPECT_EQ(at(at(bands, "long"), "high").as_double(), 9.0);
  EXPECT_TRUE(at(bands, "short").is_null());
  const JsonValue& summary = at(json, "summary");
  EXPECT_EQ(at(at(summary, "feed"), "readings").as_int(), 1);
  EXPECT_EQ(at(at(summary, "venues").as_array()->at(1), "share").as_double(), 0.25);
}

// The text of a map that was written as a file.
std::string written(const LiquidationMap& map, const std::string& ending) {
  const TestFolder folder;
  const std::string path = folder.file("map" + ending);
  const Outcome<void> done = write_map(map, path);
  EXPECT_TRUE(done) << describe(done.error());
  EXPECT_EQ(list_folder(folder.path())->size(), 1U);
  return read_whole_file(path, 1 << 20).value();
}

TEST(MapDocument, PiecesAreTheWholeDocument) {
  LiquidationMap map = made_up(true);
  EXPECT_EQ(written(map, ".json"), write_json(json_of_map(map)) + "\n");
  const auto back = parse_json(written(map, ".json"));
  ASSERT_TRUE(back);
  EXPECT_EQ(at(*back, "columns").as_array()->size(), 2U);
  EXPECT_EQ(*back, json_of_map(map));
}

TEST(MapTables, QuantilesStandBesideTheMean) {
  const std::string with = written(made_up(true), ".csv");
  EXPECT_NE(with.find(",long,100.00,60.00,90.00,200.00\n"), std::string::npos);
  const std::string without = written(made_up(false), ".csv");
  EXPECT_NE(without.find(",long,100.00,,,\n"), std::string::npos);
}

TEST(MapTables, EveryCellOfEveryColumnIsALine) {
  LiquidationMap map = made_up(true);
  map.columns[0].notional_at_risk_usd[1][4] = 7.0F;
  const std::string text = written(map, ".csv");
  EXPECT_TRUE(text.starts_with("as_of,price_low,price_high,side,"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 21 + 1 + 21);
  EXPECT_NE(text.find(",short,7.00,"), std::string::npos);
  map.columns.clear();
  EXPECT_EQ(std::ranges::count(written(map, ".csv"), '\n'), 1);
}

// The prices of a coin that costs 8.5e-6: with eight decimals they would be one.
TEST(MapTables, RowsOfACheapCoinStayApart) {
  LiquidationMap map = made_up(false);
  map.columns.resize(1);
  map.columns[0].first_row = row_of_price(8.5e-6);
  const std::string text = written(map, ".csv");
  std::int32_t row = map.columns[0].first_row;
  for (std::size_t line = text.find('\n') + 1; line < text.size();
       line = text.find('\n', line) + 1, ++row) {
    double low = 0.0;
    double high = 0.0;
    const char* end = text.data() + text.size();
    const char* comma = std::from_chars(text.data() + text.find(',', line) + 1, end, low).ptr;
    std::from_chars(comma + 1, end, high);
    EXPECT_NEAR(low / price_of_row(row), 1.0, 1e-11);
    EXPECT_NEAR(high / price_of_row(row + 1), 1.0, 1e-11);
  }
  EXPECT_EQ(row, map.columns[0].first_row + 21);
}

// More cells than one piece holds; every other column has no interval.
TEST(MapTables, ParquetPiecesAreTheWholeTable) {
  LiquidationMap map = made_up(true);
  map.columns[1].density_interval = {};
  const std::vector<MapColumn> pair = map.columns;
  while (map.columns.size() < 2'000)
    map.columns.insert(map.columns.end(), pair.begin(), pair.end());
  for (std::size_t i = 0; i < map.columns.size(); ++i)
    map.columns[i].as_of = UnixNanos(static_cast<std::int64_t>(i));
  const TestFolder folder;
  ASSERT_TRUE(write_map(map, folder.file("map.parquet")));
  const auto rows = open_text_rows(folder.file("map.parquet"));
  ASSERT_TRUE(rows) << describe(rows.error());
  std::vector<std::optional<std::string_view>> fields;
  std::size_t count = 0;
  for (; (*rows)->next(fields).value(); ++count) {
    const std::size_t column = count / 21;
    ASSERT_EQ(fields.at(0), std::to_string(column));
    ASSERT_EQ(fields.at(4), "100000000");
    ASSERT_EQ(fields.at(7).has_value(), column % 2 == 0) << count;
  }
  EXPECT_EQ(count, 2'000U * 21U);
}

// A folder has the name, so every piece is written before the file cannot be named.
TEST(MapTables, WhatCannotBeWrittenLeavesNothingBehind) {
  const LiquidationMap map = made_up(true);
  for (const std::string ending : {".json", ".csv", ".parquet"}) {
    const TestFolder folder;
    const std::string path = folder.file("map" + ending);
    ASSERT_TRUE(make_folders(path));
    const Outcome<void> done = write_map(map, path);
    ASSERT_FALSE(done) << ending;
    EXPECT_EQ(done.error().code, Errc::kCannotWrite) << ending;
    EXPECT_EQ(done.error().file, path);
    EXPECT_EQ(list_folder(folder.path())->size(), 1U) << ending;
    EXPECT_EQ(write_map(map, folder.file("none/map" + ending)).error().code, Errc::kCannotWrite)
        << ending;
    EXPECT_EQ(list_folder(folder.path())->size(), 1U) << ending;
  }
}

TEST(MapPicture, HatchesWhatMembersDispute) {
  const HeatmapChart chart = chart_of_map(made_up(true), {.margin = 0.008});
  std::size_t hatched = 0;
  for (const std::uint8_t flag : chart.grid.is_uncertain) hatched += flag;
  EXPECT_EQ(chart.grid.is_uncertain.size(), chart.grid.values.size());
  EXPECT_EQ(hatched, 2U);  // one row of two columns: 200 is more than four times 40
  EXPECT_NE(chart.title.find("okx:BTC-USDT-SWAP"), std::string::npos);
  EXPECT_NE(chart.subtitle.find("8 members"), std::string::npos);
  EXPECT_TRUE(chart_of_map(made_up(false)).grid.is_uncertain.empty());
  EXPECT_TRUE(render_png(chart));
}

}  // namespace
}  // namespace faultline
