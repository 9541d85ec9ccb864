// One recorded cross-margin account of Hyperliquid: six positions over a day, each with the
// liquidation price that the venue printed. Reads the folder named by FAULTLINE_RECORDED_DATA.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "margin/liquidation_price.hpp"
#include "margin/rules.hpp"

namespace faultline {
namespace {

using Row = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> fields;
  std::stringstream stream(line);
  for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
  return fields;
}

std::vector<Row> read_rows(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const std::vector<std::string> header = split(line);
  std::vector<Row> rows;
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = split(line);
    Row row;
    for (std::size_t i = 0; i < fields.size(); ++i) row[header.at(i)] = fields[i];
    rows.push_back(std::move(row));
  }
  return rows;
}

double number(const Row& row, const char* field) { return std::stod(row.at(field)); }

// Greatest leverage of each coin on the day of the recording, 2025-02-24.
TierTable tiers_of(const std::string& coin) {
  static const std::map<std::string, double> kLeverageMax{{"BTC", 50},  {"XRP", 20}, {"POPCAT", 10},
                                                          {"AI16Z", 5}, {"SPX", 5},  {"BERA", 5}};
  const LeverageStep step{.leverage_max = kLeverageMax.at(coin)};
  return tiers_of_leverage_steps({&step, 1}).value();
}

struct Recorded {
  std::string coin;
  Position position;
  TierTable tiers;
  double unrealized_pnl = 0.0;
  double maintenance = 0.0;
  double expected = 0.0;
};

// The mark follows from the position's value, margin_used · leverage / size. The entry and the
// profit give it too, but the entry is printed with six digits only.
Recorded recorded_of(const MarginRules& rules, const Row& row) {
  const double size = number(row, "size");
  const double mark = number(row, "margin_used") * number(row, "leverage") / size;
  const Side side = row.at("side") == "long" ? Side::kLong : Side::kShort;
  Recorded recorded{.coin = row.at("coin"),
                    .position = {side, size, number(row, "entry_price"), mark},
                    .tiers = tiers_of(row.at("coin")),
                    .unrealized_pnl = number(row, "unrealized_pnl"),
                    .expected = number(row, "liquidation_price")};
  const auto state = margin_state(rules, recorded.tiers, recorded.position, {});
  recorded.maintenance = state->maintenance;
  return recorded;
}

TEST(RecordedAccount, ReproducesTheVenuesPrices) {
  const char* folder = std::getenv("FAULTLINE_RECORDED_DATA");
  if (folder == nullptr) {
    GTEST_SKIP() << "set FAULTLINE_RECORDED_DATA to the folder of recorded market data";
  }
  const std::string stem = std::string(folder) + "/true_positions/hyperliquid_single_account_";
  const MarginRules rules = margin_rules({.venue = Venue::kHyperliquid}).value();
  // Account value and positions were fetched a moment apart. The wallet (value less profit) is the
  // same at both moments, so the account value at the positions' marks is wallet plus their profit.
  std::map<std::string, double> wallets;
  for (const Row& row : read_rows(stem + "metrics_history.csv")) {
    wallets[row.at("timestamp")] =
        number(row, "account_value") - number(row, "total_unrealized_pnl");
  }
  std::map<std::string, std::vector<Recorded>> snapshots;
  for (const Row& row : read_rows(stem + "position_history.csv")) {
    snapshots[row.at("timestamp")].push_back(recorded_of(rules, row));
  }
  ASSERT_FALSE(snapshots.empty()) << "no positions under " << stem;

  std::vector<double> errors;
  for (const auto& [timestamp, positions] : snapshots) {
    double account_value = wallets.at(timestamp);
    double maintenance = 0.0;
    for (const Recorded& recorded : positions) {
      account_value += recorded.unrealized_pnl;
      maintenance += recorded.maintenance;
    }
    for (const Recorded& recorded : positions) {
      const auto collateral =
          cross_collateral_at_mark(rules, recorded.position,
                                   {.account_value = account_value,
                                    .others_maintenance = maintenance - recorded.maintenance});
      const auto price = liquidation_price(rules, recorded.tiers, recorded.position, collateral);
      ASSERT_TRUE(price) << recorded.coin << ' ' << timestamp;
      errors.push_back(std::abs(price->price / recorded.expected - 1.0));
    }
  }
  std::ranges::sort(errors);
  const double median = errors[errors.size() / 2];
  const double p95 = errors[errors.size() * 95 / 100];
  std::printf("recorded account: %zu prices, relative error median %.3g, p95 %.3g, max %.3g\n",
              errors.size(), median, p95, errors.back());
  EXPECT_EQ(errors.size(), 1'014U);
  EXPECT_LT(median, 1e-8);
  EXPECT_LT(p95, 1e-6);
}

}  // namespace
}  // namespace faultline
