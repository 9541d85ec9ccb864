#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "core/time_text.hpp"
#include "serve/api.hpp"
#include "serve/base64.hpp"
#include "serve/documents.hpp"
#include "serve/test_service.hpp"
#include "serve/test_store.hpp"
#include "store/test_folder.hpp"

// What is served of the positions by distance, age and venue.

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

// The newest column's row with the most of a side.
std::int32_t fullest_row(const MapNow& now, Side side) {
  const std::vector<float>& usd = now.column->notional_at_risk_usd[index_of(side)];
  return now.column->first_row +
         static_cast<std::int32_t>(std::ranges::max_element(usd) - usd.begin());
}

// A side of a cell: the whole under "", each part under its id.
std::map<std::string, double> usd_of(const JsonValue& cell, Side side) {
  const JsonValue& of = *cell.find(name_of(side));
  std::map<std::string, double> out{{"", number(of, "notional_at_risk_usd")}};
  for (const JsonValue& part : *of.find("parts")->as_array())
    out[*part.find("id")->as_string()] = number(part, "notional_at_risk_usd");
  return out;
}

JsonValue cell_of(const ServedMarket& market, std::int32_t row, const std::string& more = "") {
  return market.get("/v1/heatmap/cell?instrument={}&row=" + std::to_string(row) + more);
}

TEST(ApiParts, AreListedWithWhatTheyAre) {
  const JsonValue body = served_market().get("/v1/instruments");
  const JsonValue& one = body.find("instruments")->as_array()->front();
  const auto& parts = *one.find("parts")->as_array();
  ASSERT_EQ(parts.size(), 7U);  // one venue is the whole
  EXPECT_EQ(*parts[1].find("id")->as_string(), "distance_2_5");
  EXPECT_EQ(*parts[1].find("kind")->as_string(), "distance");
  EXPECT_EQ(*parts[5].find("about")->as_string(), "open for 4 hours at least");
}

TEST(ApiParts, ACellIsTheColumnsAndItsPartsAddUp) {
  MapHistory& history = served_market().runner().history();
  const auto now = history.now();
  for (const Side side : kSides) {
    const std::int32_t row = fullest_row(*now, side);
    const JsonValue cell = cell_of(served_market(), row);
    EXPECT_EQ(number(cell, "index"), static_cast<double>(now->index));
    EXPECT_NEAR(number(cell, "price_low"), price_of_row(row), 1e-9);
    auto usd = usd_of(cell, side);
    EXPECT_NEAR(usd[""], now->column->at(side, row), 0.01);
    EXPECT_NEAR(
        usd["distance_0_2"] + usd["distance_2_5"] + usd["distance_5_10"] + usd["distance_over_10"],
        usd[""], 0.006 * usd[""] + 4.0);
    EXPECT_LE(usd["age_4h"], 1.01 * usd["age_1h"]);
    EXPECT_LE(usd["age_1h"], 1.01 * usd[""]);
    const JsonValue& of = *cell.find(name_of(side));
    EXPECT_GT(number(of, "mean_age_s"), 0.0);
    EXPECT_LT(number(of, "mean_age_s"), 12.0 * 3600.0);  // all that the market has lived
    EXPECT_TRUE(std::isnan(usd["age_24h"]));
    EXPECT_LE(number(*of.find("density_interval"), "p10"), usd[""]);
  }
}

TEST(ApiParts, ACellWhereNothingIsHasNoAge) {
  const JsonValue cell = cell_of(served_market(), 100);
  EXPECT_EQ(usd_of(cell, Side::kLong)[""], 0.0);
  EXPECT_TRUE(cell.find("long")->find("mean_age_s")->is_null());
}

TEST(ApiParts, ATileOfAPartHasThePartsRows) {
  MapHistory& history = served_market().runner().history();
  const auto now = history.now();
  const auto part = history.part_of("distance_5_10");
  ASSERT_TRUE(part);
  const JsonValue map = served_market().get("/v1/map?instrument={}&part=distance_5_10");
  EXPECT_EQ(*map.find("part")->as_string(), "distance_5_10");
  EXPECT_TRUE(map.find("below_usd")->is_null());
  EXPECT_TRUE(served_market().get("/v1/map?instrument={}").find("part")->is_null());
  std::size_t compared = 0;
  for (const Side side : kSides) {
    const auto& usd = (*now->parts->usd[*part])[index_of(side)];
    const auto past = history.part_at(now->index, *part);
    ASSERT_TRUE(past);
    for (std::size_t i = 0; i < usd.size(); ++i) {
      const double said =
          past->column->at(side, now->column->first_row + static_cast<std::int32_t>(i));
      ASSERT_NEAR(said, usd[i], 0.006 * static_cast<double>(usd[i]) + 1.0);
      compared += usd[i] > 1.0F ? 1 : 0;
    }
  }
  EXPECT_GT(compared, 50U);
}

// The market of the tests lives for twelve hours, of which nobody was watched for a day.
TEST(ApiParts, AnAgeThatWasNotWatchedIsNotKnown) {
  MapHistory& history = served_market().runner().history();
  const auto now = history.now();
  const auto part = history.part_of("age_24h");
  const JsonValue cell = cell_of(served_market(), fullest_row(*now, Side::kLong));
  const auto& parts = *cell.find("long")->find("parts")->as_array();
  EXPECT_TRUE(parts[*part].find("notional_at_risk_usd")->is_null());
  const JsonValue map = served_market().get("/v1/map?instrument={}&part=age_24h");
  EXPECT_EQ(map.find("long")->find("notional_at_risk_usd")->as_array()->size(), 0U);
  EXPECT_TRUE(column_update(history, *now, part).is_null());
  const TileKey key{0, 0, history.row_tiles().first};
  const auto tile = history.tile(key, part);
  ASSERT_TRUE(tile);
  EXPECT_FALSE(tile->is_over);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(tile->bytes->data());
  const auto counts = decode_tile({bytes, tile->bytes->size()}).value().column_count;
  EXPECT_EQ(std::ranges::max(counts), 0);
  EXPECT_FALSE(history.tile({0, 0, history.row_tiles().end}, part));
}

// Of a column that was the newest, that is kept whole, and that is known by its tiles alone.
TEST(ApiParts, ThePastKeepsItsParts) {
  MarketConfig config = small_market();
  config.length = Nanos(14 * kHour.value);
  auto source =
      simulate_series({.market = config, .column_interval = kMinute, .members = 8, .seed = 1});
  ASSERT_TRUE(source);
  ServedMarket market(std::move(source).value(), config.begin + Nanos(90 * kMinute.value));
  market.runner().start();
  ASSERT_TRUE(wait_until([&] { return market.runner().history().column_end() >= 80; }));
  const auto then = market.runner().history().now();
  const std::int32_t row = fullest_row(*then, Side::kLong);
  const std::string at = "&column=" + std::to_string(then->index);
  const auto newest = usd_of(cell_of(market, row, at), Side::kLong);
  market.runner().run_to(config.begin + config.length);
  ASSERT_TRUE(wait_until([&] { return market.runner().state().is_over; }));
  ASSERT_GT(market.runner().history().column_end(), then->index + 721);
  const JsonValue cell = cell_of(market, row, at);
  EXPECT_EQ(number(cell, "index"), static_cast<double>(then->index));
  EXPECT_TRUE(cell.find("long")->find("density_interval")->is_null());
  EXPECT_TRUE(cell.find("long")->find("mean_age_s")->is_null());
  const auto past = usd_of(cell, Side::kLong);
  EXPECT_EQ(past.size(), newest.size());
  for (const auto& [id, usd] : newest) {
    if (std::isnan(usd)) {
      EXPECT_TRUE(std::isnan(past.at(id))) << id;
    } else {
      EXPECT_NEAR(past.at(id), usd, 0.006 * usd + 1.0) << id;
    }
  }
}

TEST(ApiParts, RefusesPartsThatAreNone) {
  const Api& api = served_market().api();
  for (const char* target :
       {"/v1/map?instrument=simulated:BTCUSDT&part=x",
        "/v1/heatmap/tile?instrument=simulated:BTCUSDT&column=0&row=44&part=age_2h"}) {
    const HttpResponse response = api.answer(request_of(target));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(*json_of(response).find("field")->as_string(), "part");
  }
  EXPECT_EQ(api.answer(request_of("/v1/heatmap/cell?instrument=simulated:BTCUSDT")).status, 400);
  EXPECT_EQ(
      api.answer(request_of("/v1/heatmap/cell?instrument=simulated:BTCUSDT&row=9999999")).status,
      400);
}

TEST(ApiParts, StreamsTheRowsOfAPart) {
  const MapHistory& history = served_market().runner().history();
  const auto now = history.now();
  const JsonValue whole = column_update(history, *now);
  const JsonValue part = column_update(history, *now, history.part_of("age_1h"));
  EXPECT_EQ(number(whole, "column"), number(part, "column"));
  EXPECT_EQ(write_json(*whole.find("series")), write_json(*part.find("series")));
  EXPECT_EQ(*whole.find("short")->find("wide")->as_string(),
            *part.find("short")->find("wide")->as_string());
  EXPECT_NE(*whole.find("short")->find("codes")->as_string(),
            *part.find("short")->find("codes")->as_string());
}

TEST(ApiParts, VenuesOfASumAddUp) {
  const std::vector<StoredVenue> venues{
      {.id = "binance_usdm:BTCUSDT"}, {.id = "okx:BTC-USDT-SWAP", .seed = 2, .open_interest = 4e4}};
  const TestFolder folder;
  ServedMarket market(
      replay_series(stored(folder.file("store"), venues), minutes_of(venues)).value(),
      parse_time_text("2025-12-01T01:00:00Z").value());
  market.runner().start();
  ASSERT_TRUE(wait_until([&] {
    const auto now = market.runner().history().now();
    return now && now->index >= 40;
  }));
  const auto now = market.runner().history().now();
  const std::int32_t row = fullest_row(*now, Side::kShort);
  auto usd = usd_of(cell_of(market, row, "&column=40"), Side::kShort);
  ASSERT_EQ(usd.size(), 10U);
  EXPECT_GT(usd["okx:BTC-USDT-SWAP"], 0.0);
  EXPECT_NEAR(usd["binance_usdm:BTCUSDT"] + usd["okx:BTC-USDT-SWAP"], usd[""],
              0.006 * usd[""] + 2.0);
}

}  // namespace
}  // namespace faultline
