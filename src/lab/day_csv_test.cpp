#include "lab/day_csv.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "text/config.hpp"

namespace faultline {
namespace {

LabConfig hour_config() {
  LabConfig config;
  config.trader_count = 300;
  config.depth_usd_per_percent = 1e6;
  config.warm_up = kHour;
  config.length = kHour;
  config.news_count = 1;
  return config;
}

std::map<std::string, std::string, std::less<>> files_of(const LabDay& day,
                                                         const LabConfig& config) {
  std::map<std::string, std::string, std::less<>> files;
  const auto done = write_day_csv(day, config, [&](std::string_view name, std::string_view bytes) {
    files[std::string(name)] += bytes;
    return Result<void>();
  });
  EXPECT_TRUE(done);
  return files;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(DayCsv, EveryRowIsWrittenInTheVenuesOwnShape) {
  const LabConfig config = hour_config();
  const LabDay day = simulate_day(config).value();
  const auto files = files_of(day, config);
  ASSERT_EQ(files.size(), 5U);
  const auto trades = lines_of(files.at("lab-aggTrades.csv"));
  EXPECT_EQ(trades.size(), day.trades.row_count() + 1);
  EXPECT_EQ(trades[0],
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,"
            "is_buyer_maker");
  const auto tick = to_text(day.trades.column("price_ticks")[0], day.instrument.tick_size);
  const auto qty = to_text(day.trades.column("qty")[0], day.instrument.lot_size);
  const auto millis = std::to_string(day.trades.column("time")[0] / 1'000'000);
  const bool is_sell = day.trades.column("taker_side")[0] == 1;
  EXPECT_EQ(trades[1], "1," + tick + "," + qty + ",1,1," + millis + (is_sell ? ",true" : ",false"));
  EXPECT_EQ(lines_of(files.at("lab-positions.csv")).size(), day.positions.row_count() + 1);
  const auto rate = to_text(day.funding.column("rate_e9")[0], {1, -9});
  EXPECT_EQ(lines_of(files.at("lab-fundingRate.csv")),
            (std::vector<std::string>{"calc_time,funding_interval_hours,last_funding_rate",
                                      "1764547200000,8," + rate}));
}

TEST(DayCsv, TickerHasOpenInterestEveryTenSecondsOnly) {
  const LabConfig config = hour_config();
  const LabDay day = simulate_day(config).value();
  const auto ticker = lines_of(files_of(day, config).at("lab-ticker.csv"));
  ASSERT_EQ(ticker.size(), 3'601U);
  const auto empty =
      std::ranges::count_if(ticker, [](const std::string& line) { return line.ends_with(','); });
  EXPECT_EQ(empty, 3'600 - 360);
  EXPECT_TRUE(ticker[1].ends_with("," + to_text(day.open_interest.column("qty")[0], {1, -3})));
}

TEST(DayCsv, ALiquidatedLongIsSold) {
  LabConfig config = hour_config();
  LabDay day = simulate_day(config).value();
  day.liquidations.clear();
  for (const std::int64_t side : {0, 1}) {
    day.liquidations.append(std::array<std::optional<std::int64_t>, 6>{
        config.begin.value, side, 99'999'500'000'000, 0, 1'250, 0});
  }
  const auto lines = lines_of(files_of(day, config).at("lab-liquidations.csv"));
  EXPECT_EQ(lines, (std::vector<std::string>{"time,side,average_price,quantity",
                                             "1764547200000,SELL,99999.5,1.25",
                                             "1764547200000,BUY,99999.5,1.25"}));
}

TEST(DayCsv, StopsAtTheSinksFirstError) {
  const LabConfig config = hour_config();
  const LabDay day = simulate_day(config).value();
  int calls = 0;
  const auto done = write_day_csv(day, config, [&](std::string_view, std::string_view) {
    ++calls;
    return Result<void>(Error{Errc::kCannotWrite});
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Errc::kCannotWrite);
  EXPECT_EQ(calls, 1);
}

TEST(DayCsv, DescriptorIsTomlThatNamesEveryFile) {
  const LabConfig config = hour_config();
  const std::string text = lab_descriptor(config);
  const auto parsed = parse_toml(text, "lab.toml");
  ASSERT_TRUE(parsed) << describe(parsed.error());
  EXPECT_EQ(*parsed->tables("instrument")->front().text("id"), to_text(lab_instrument().id));
  for (const auto& [name, bytes] : files_of(simulate_day(config).value(), config))
    EXPECT_NE(text.find('"' + name + '"'), std::string::npos) << name;
}

}  // namespace
}  // namespace faultline
