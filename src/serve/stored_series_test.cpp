#include <gtest/gtest.h>

#include "core/time_text.hpp"
#include "serve/test_service.hpp"
#include "serve/test_store.hpp"
#include "store/test_folder.hpp"

// What is served of a store with two venues of one coin, one of which has a gap.

namespace faultline {
namespace {

UnixNanos at(std::string_view clock) {
  return parse_time_text("2025-12-01T" + std::string(clock) + ":00Z").value();
}

const std::vector<StoredVenue> kVenues{{.id = "binance_usdm:BTCUSDT"},
                                       {.id = "okx:BTC-USDT-SWAP",
                                        .seed = 2,
                                        .open_interest = 4e4,
                                        .gap = {at("03:00"), at("03:30")},
                                        .completeness = Completeness::kLatestPerSecond}};

class StoredSeries : public testing::Test {
 protected:
  StoredSeries()
      : market_(replay_series(stored(folder_.file("store"), kVenues), minutes_of(kVenues)).value(),
                at("00:05")) {
    market_.runner().start();
  }
  void run_to(UnixNanos until) {
    market_.runner().run_to(until);
    ASSERT_TRUE(wait_until([&] { return market_.runner().state().now >= until; }));
  }
  struct Feed {
    double age_s = 0.0;
    bool is_stale = false;
  };
  Feed feed(std::size_t venue) const {
    const JsonValue health = market_.get("/v1/health");
    const JsonValue& one = (*health.find("feeds")->as_array())[venue];
    return {one.find("age_s")->as_double().value(), one.find("is_stale")->as_bool().value()};
  }
  bool is_covered_stale(std::size_t venue) const {
    const JsonValue map = market_.get("/v1/map?instrument={}");
    const auto& coverage = *map.find("header")->find("coverage")->as_array();
    return (*coverage[venue].find("is_stale")).as_bool().value();
  }
  std::string status() const { return *market_.get("/v1/health").find("status")->as_string(); }

  TestFolder folder_;
  ServedMarket market_;
};

TEST_F(StoredSeries, TellsTheAgeOfEachVenueAndWhatIsStale) {
  run_to(at("03:00"));
  EXPECT_EQ(feed(0).age_s, 0.0);
  EXPECT_EQ(feed(1).age_s, 0.0);
  run_to(at("03:05"));
  EXPECT_EQ(feed(1).age_s, 300.0);
  EXPECT_FALSE(feed(1).is_stale);
  EXPECT_FALSE(is_covered_stale(1));
  EXPECT_EQ(status(), "ok");
  run_to(at("03:06"));
  EXPECT_EQ(feed(0).age_s, 0.0);
  EXPECT_FALSE(feed(0).is_stale);
  EXPECT_FALSE(is_covered_stale(0));
  EXPECT_EQ(feed(1).age_s, 360.0);
  EXPECT_TRUE(feed(1).is_stale);
  EXPECT_TRUE(is_covered_stale(1));
  EXPECT_EQ(status(), "degraded");
  run_to(at("03:31"));
  EXPECT_EQ(feed(1).age_s, 0.0);
  EXPECT_FALSE(is_covered_stale(1));
  EXPECT_EQ(status(), "ok");
}

TEST_F(StoredSeries, CountsTheStepsWithoutAPriceOrInterest) {
  const JsonValue before = market_.get("/v1/health").find("feeds")->as_array()->front();
  EXPECT_TRUE(before.find("is_throttled")->is_null());
  EXPECT_TRUE(before.find("gap_share")->is_null());
  run_to(at("06:00"));
  const JsonValue health = market_.get("/v1/health");
  const auto& feeds = *health.find("feeds")->as_array();
  EXPECT_EQ(feeds[0].find("gap_steps")->as_int(), 0);
  EXPECT_EQ(feeds[0].find("held_interest_steps")->as_int(), 0);
  EXPECT_EQ(feeds[0].find("gap_share")->as_double(), 0.0);
  EXPECT_EQ(feeds[1].find("gap_steps")->as_int(), 30);
  EXPECT_EQ(feeds[1].find("held_interest_steps")->as_int(), 30);
  EXPECT_NEAR(feeds[1].find("gap_share")->as_double().value(), 30.0 / 360.0, 1e-12);
  EXPECT_EQ(feeds[0].find("is_throttled")->as_bool(), false);
  EXPECT_EQ(feeds[1].find("is_throttled")->as_bool(), true);
  EXPECT_TRUE(feeds[1].find("resyncs")->is_null());
}

TEST_F(StoredSeries, SumsItsVenuesAndLeavesNoHoleWhereOneHasAGap) {
  run_to(at("06:00"));
  const JsonValue map = market_.get("/v1/map?instrument={}");
  const auto& coverage = *map.find("header")->find("coverage")->as_array();
  ASSERT_EQ(coverage.size(), 2U);
  EXPECT_EQ(*coverage[1].find("instrument")->as_string(), "okx:BTC-USDT-SWAP");
  EXPECT_NEAR(coverage[0].find("share")->as_double().value() +
                  coverage[1].find("share")->as_double().value(),
              1.0, 1e-12);
  EXPECT_GT(coverage[0].find("share")->as_double().value(), 0.5);
  const JsonValue series = market_.get("/v1/series?instrument={}");
  EXPECT_EQ(series.find("time")->as_array()->size(), 360U);
  const JsonValue in_gap = market_.get(
      "/v1/liquidations?instrument={}&from=2025-12-01T03:00:00Z&to=2025-12-01T03:30:00Z");
  for (const JsonValue& print : *in_gap.find("liquidations")->as_array())
    EXPECT_EQ(*print.find("instrument")->as_string(), "binance_usdm:BTCUSDT");
  EXPECT_EQ(in_gap.find("liquidations")->as_array()->size(), 10U);
  const JsonValue after = market_.get(
      "/v1/liquidations?instrument={}&from=2025-12-01T03:30:00Z&to=2025-12-01T04:00:00Z");
  EXPECT_EQ(after.find("liquidations")->as_array()->size(), 20U);
}

}  // namespace
}  // namespace faultline
