#include "engine/map_builder.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>

#include "store/test_folder.hpp"

namespace faultline {
namespace {

constexpr std::int64_t kBegin = 1'764'547'200'000'000'000;  // 2025-12-01T00:00:00Z
constexpr std::int64_t kHours = 200;

InstrumentSpec spec_of(std::string_view id) {
  InstrumentSpec spec;
  spec.id = *parse_instrument_id(id);
  return spec;
}

using Row = std::vector<std::optional<std::int64_t>>;

void write(Store& store, const InstrumentSpec& spec, EventKind kind, const std::vector<Row>& rows) {
  ASSERT_TRUE(store.put_spec(spec));
  const auto writer = store.writer(spec.id, kind, {});
  ASSERT_TRUE(writer);
  ColumnBatch batch(kind);
  for (const Row& row : rows) batch.append(row);
  ASSERT_TRUE((*writer)->append(batch));
  ASSERT_TRUE((*writer)->finish({}, {}));
}

// Hourly bars, open interest and liquidation totals, seeded by the name; from hour `first` on.
void write_venue(Store& store, std::string_view id, std::int64_t first, double open_interest) {
  const InstrumentSpec spec = spec_of(id);
  Rng rng(std::hash<std::string_view>()(id));
  Rng shared(1);
  std::vector<Row> bars;
  std::vector<Row> interest;
  std::vector<Row> totals;
  double price = 50'000.0;
  for (std::int64_t hour = 0; hour < kHours; ++hour) {
    const double open = price;
    price *= std::exp(0.008 * shared.normal());
    const auto e9 = [](double value) { return std::llround(value * 10.0) * 100'000'000; };
    const auto lots = [](double coins) { return std::llround(coins * 1e3); };
    const std::int64_t time = kBegin + hour * kHour.value;
    const double volume = 0.3 * open_interest * std::exp(0.2 * rng.normal());
    // Steps begin with the first open interest.
    if (hour == first) interest.push_back({time, lots(open_interest)});
    open_interest *= std::exp(0.005 * rng.normal());
    if (hour < first) continue;
    bars.push_back({time, kHour.value, static_cast<std::int64_t>(PriceKind::kLast), e9(open),
                    e9(1.003 * std::max(open, price)), e9(0.997 * std::min(open, price)), e9(price),
                    lots(volume), std::nullopt});
    interest.push_back({time + kHour.value, lots(open_interest)});
    const auto usd = [&] { return std::llround(1e5 * std::exp(rng.normal()) * 1e6); };
    // One hour in ten nothing was recorded.
    if (hour % 10 == 7) continue;
    totals.push_back(
        {time, kHour.value, usd(), usd(), static_cast<std::int64_t>(Completeness::kUnknown)});
  }
  write(store, spec, EventKind::kBar, bars);
  write(store, spec, EventKind::kOpenInterest, interest);
  write(store, spec, EventKind::kLiquidationTotal, totals);
}

// Two venues of one coin, the second from the 50th hour on.
class MapBuilder : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TestFolder;
    store_ = Store::open(folder_->file("store"), StoreMode::kWrite)->release();
    write_venue(*store_, "binance_usdm:BTCUSDT", 0, 8e4);
    write_venue(*store_, "bybit_linear:BTCUSDT", 50, 4e4);
  }
  static void TearDownTestSuite() {
    delete store_;
    delete folder_;
  }

  static MapRequest request(std::size_t members) {
    MapRequest out;
    out.instrument = spec_of("binance_usdm:BTCUSDT").id;
    out.column_interval = kHour;
    out.filter.members = members;
    return out;
  }
  static MapRequest both(std::size_t members) {
    MapRequest out = request(members);
    out.also.push_back(spec_of("bybit_linear:BTCUSDT").id);
    return out;
  }
  static LiquidationMap built(const MapRequest& request) {
    Outcome<LiquidationMap> map = build_map(*store_, request, {});
    EXPECT_TRUE(map) << (map ? "" : describe(map.error()));
    return std::move(map).value();
  }

  static TestFolder* folder_;
  static Store* store_;
};
TestFolder* MapBuilder::folder_ = nullptr;
Store* MapBuilder::store_ = nullptr;

bool same_rows(const MapColumn& a, const MapColumn& b) {
  bool same = a.first_row == b.first_row && a.notional_at_risk_usd == b.notional_at_risk_usd;
  for (const std::size_t s : {0U, 1U}) {
    same = same && a.density_interval[s].p10 == b.density_interval[s].p10 &&
           a.density_interval[s].p90 == b.density_interval[s].p90;
  }
  return same;
}

TEST_F(MapBuilder, OneAndTwoThreadsGiveOneMap) {
  MapRequest one = both(6);
  MapRequest two = both(6);
  two.threads = 2;
  const LiquidationMap first = built(one);
  const LiquidationMap second = built(two);
  EXPECT_EQ(first.state_hash, second.state_hash);
  ASSERT_EQ(first.columns.size(), second.columns.size());
  for (std::size_t i = 0; i < first.columns.size(); ++i) {
    ASSERT_TRUE(same_rows(first.columns[i], second.columns[i])) << i;
  }
  one.seed = 2;
  EXPECT_NE(built(one).state_hash, first.state_hash);
}

TEST_F(MapBuilder, VenuesAreSummedWithTheirShares) {
  const LiquidationMap sum = built(both(6));
  // Columns begin when the second venue does.
  EXPECT_EQ(sum.columns.size(), 150U);
  ASSERT_EQ(sum.venues.size(), 2U);
  EXPECT_NEAR(sum.venues[0].share + sum.venues[1].share, 1.0, 1e-12);
  EXPECT_GT(sum.venues[0].share, 0.5);
  EXPECT_EQ(sum.venues[0].feed, "binance_usdm:BTCUSDT");
  EXPECT_EQ(sum.venues[0].maintenance_rate, 0.004);  // Binance's first rung for BTC
  EXPECT_LT(sum.identity_error_max, 1e-3);
  for (const MapColumn& column : sum.columns) {
    for (const Side side : {Side::kLong, Side::kShort}) {
      ASSERT_NEAR(column.total_usd(side) / column.open_interest_usd, 1.0, 1e-3);
    }
    ASSERT_EQ(column.model_version, kModelVersion);
  }
  // The sum is what the two are alone, at the same time, of the same seed.
  const LiquidationMap alone = built(request(6));
  const MapColumn& last = alone.columns.back();
  EXPECT_EQ(last.as_of, sum.columns.back().as_of);
  EXPECT_NEAR(last.open_interest_usd, sum.columns.back().venue_interest_usd[0], 1.0);
  EXPECT_EQ(alone.venues[0].state_hash, sum.venues[0].state_hash);
}

// Hyperliquid's known positions are farther from their entries: more is never reached.
TEST_F(MapBuilder, AVenueHasAKernelOfItsOwn) {
  const TestFolder scratch;
  const auto store = Store::open(scratch.file("store"), StoreMode::kWrite);
  ASSERT_TRUE(store);
  const auto never_of = [&](std::string_view id) {
    write_venue(**store, id, 0, 8e4);
    MapRequest alone = request(1);
    alone.instrument = spec_of(id).id;
    const Outcome<LiquidationMap> map = build_map(**store, alone, {});
    EXPECT_TRUE(map) << (map ? "" : describe(map.error()));
    return map->columns.back().never_usd[0] / map->columns.back().open_interest_usd;
  };
  EXPECT_GT(never_of("hyperliquid:BTC"), never_of("binance_usdm:BTCUSDT") + 0.05);
}

TEST_F(MapBuilder, TheFutureDoesNotChangeAnEnsemblesColumn) {
  const LiquidationMap full = built(both(6));
  MapRequest early = both(6);
  early.to = full.columns[70].as_of;
  const LiquidationMap then = built(early);
  ASSERT_EQ(then.columns.size(), 71U);
  for (const std::size_t i : {0U, 33U, 70U}) {
    EXPECT_TRUE(same_rows(then.columns[i], full.columns[i])) << i;
  }
  ASSERT_LE(then.cluster_histories.size(), full.cluster_histories.size());
  for (std::size_t h = 0; h < then.cluster_histories.size(); ++h) {
    EXPECT_EQ(then.cluster_histories[h].born, full.cluster_histories[h].born);
  }
}

TEST_F(MapBuilder, AnHourWithoutFeedIsAbsentAndNotZero) {
  const LiquidationMap map = built(request(4));
  std::size_t absent = 0;
  for (std::size_t i = 0; i < map.spans.size(); ++i) {
    if (!map.spans[i].feed) {
      EXPECT_EQ(i % 10, 7U);
      ++absent;
      continue;
    }
    EXPECT_EQ(map.spans[i].feed->readings, 1U);
    EXPECT_GT(map.spans[i].feed->printed_usd[0], 0.0);
  }
  EXPECT_EQ(absent, 20U);
  EXPECT_EQ(map.venues[0].readings, 180U);
  ASSERT_FALSE(map.clusters.empty());
  EXPECT_TRUE(map.clusters[0].expected_liquidation_usd.has_value());
  EXPECT_TRUE(map.clusters[0].density_interval.has_value());
  // From an instrument without liquidations there is nothing to learn.
  MapRequest without = request(4);
  without.liquidations_from = InstrumentId{Venue::kAggregate, "NONE"};
  const LiquidationMap blind = built(without);
  EXPECT_FALSE(blind.clusters[0].expected_liquidation_usd.has_value());
  EXPECT_TRUE(blind.venues[0].feed.empty());
  EXPECT_NEAR(blind.venues[0].effective_members, 4.0, 1e-9);
}

TEST_F(MapBuilder, OneMemberHasNoIntervals) {
  const LiquidationMap map = built(request(1));
  EXPECT_FALSE(map.columns.back().has_interval());
  EXPECT_FALSE(map.clusters[0].density_interval.has_value());
  EXPECT_TRUE(map.clusters[0].expected_liquidation_usd.has_value());
}

// Venues of one coin do not hold alike at every price, whatever their shares of all are.
TEST_F(MapBuilder, AClusterIsExpectedOfEachVenueByWhatItHoldsThere) {
  const LiquidationMap sum = built(both(4));
  std::array<LiquidationMap, 2> alone{built(request(4)), {}};
  MapRequest second = request(4);
  second.instrument = spec_of("bybit_linear:BTCUSDT").id;
  alone[1] = built(second);
  ASSERT_FALSE(sum.clusters.empty());
  double by_interest_error = 0.0;
  for (const Cluster& cluster : sum.clusters) {
    const RowBand band = band_of_prices(cluster.price_low, cluster.price_high);
    double expected = 0.0;
    double by_interest = 0.0;
    for (std::size_t v = 0; v < alone.size(); ++v) {
      ASSERT_EQ(alone[v].venues[0].state_hash, sum.venues[v].state_hash);
      double held = 0.0;
      for (std::int32_t row = band.first; row < band.last; ++row)
        held += alone[v].columns.back().at(cluster.side, row);
      const VenuePart& venue = sum.venues[v];
      const auto link = [&](double usd) { return *venue.factor * std::pow(usd, *venue.exponent); };
      expected += link(held);
      by_interest += link(venue.share * cluster.notional_at_risk_usd);
    }
    EXPECT_NEAR(*cluster.expected_liquidation_usd / expected, 1.0, 1e-5);
    by_interest_error = std::max(by_interest_error, std::abs(by_interest / expected - 1.0));
  }
  EXPECT_GT(by_interest_error, 5e-4);  // the two rules can be told apart here
}

TEST_F(MapBuilder, ClustersHaveHistories) {
  const LiquidationMap map = built(request(1));
  ASSERT_FALSE(map.cluster_histories.empty());
  std::size_t ended = 0;
  for (const ClusterHistory& cluster : map.cluster_histories) {
    EXPECT_GE(cluster.age().value, 0);
    EXPECT_GE(cluster.most_usd, cluster.moments.back().notional_at_risk_usd);
    ended += cluster.fate == ClusterFate::kAlive ? 0 : 1;
  }
  EXPECT_GT(ended, 0U);
}

TEST_F(MapBuilder, RefusesVenuesThatMakeNoSum) {
  MapRequest twice = request(1);
  twice.also.push_back(twice.instrument);
  EXPECT_EQ(build_map(*store_, twice, {}).error().code, Errc::kBadRequest);
  MapRequest unknown = request(1);
  unknown.also.push_back(InstrumentId{Venue::kOkx, "NOPE"});
  EXPECT_EQ(build_map(*store_, unknown, {}).error().code, Errc::kUnknownInstrument);
}

}  // namespace
}  // namespace faultline
