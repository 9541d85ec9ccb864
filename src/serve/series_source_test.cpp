#include "serve/series_source.hpp"

#include <gtest/gtest.h>

#include "serve/test_service.hpp"
#include "serve/test_store.hpp"
#include "store/test_folder.hpp"

namespace faultline {
namespace {

const std::vector<StoredVenue> kTwoVenues{
    {.id = "binance_usdm:BTCUSDT"},
    {.id = "bybit_linear:BTCUSDT", .seed = 2, .open_interest = 4e4}};

void warm_up(SeriesSource& source, Nanos piece) {
  const TimeRange all = source.warm_up();
  for (UnixNanos until = all.from; until < all.to;) {
    until = std::min(until + piece, all.to);
    ASSERT_TRUE(source.warm_up_to(until));
  }
}

std::vector<MapMoment> moments_of(SeriesSource& source, std::size_t most) {
  std::vector<MapMoment> out;
  UnixNanos until = source.begin();
  for (; until <= source.end() && out.size() < most; until = until + kMinute) {
    Outcome<SourceNews> news = source.advance_to(until);
    EXPECT_TRUE(news);
    if (news->moment) out.push_back(std::move(*news->moment));
  }
  return out;
}

void expect_same(const MapColumn& a, const ColumnSpan& a_span, const MapMoment& b) {
  ASSERT_EQ(a.as_of, b.column.as_of);
  ASSERT_EQ(a.first_row, b.column.first_row);
  ASSERT_EQ(a.notional_at_risk_usd, b.column.notional_at_risk_usd);
  ASSERT_EQ(a.density_interval[0].p90, b.column.density_interval[0].p90);
  ASSERT_EQ(a_span.crossed_usd, b.span.crossed_usd);
  ASSERT_EQ(a_span.feed.has_value(), b.span.feed.has_value());
  if (!a_span.feed) return;
  ASSERT_EQ(a_span.feed->expected_liquidation_usd, b.span.feed->expected_liquidation_usd);
  ASSERT_EQ(a_span.feed->printed_usd, b.span.feed->printed_usd);
}

// The map of the same range, which is built without a warm-up of its own, is the other witness.
TEST(SeriesSource, ReplaysTheSameColumnsHoweverItWarmsUp) {
  const TestFolder folder;
  MapRequest request = minutes_of(kTwoVenues);
  request.from = kStoreBegin + Nanos(4 * kHour.value + 30 * kSecond.value);
  const std::string path = folder.file("store");
  const auto store = stored(path, kTwoVenues);
  const auto map = build_map(*store, request, {});
  ASSERT_TRUE(map) << describe(map.error());
  for (const Nanos piece : {Nanos(7 * kMinute.value), kHour, kDay}) {
    const auto source = replay_series(Store::open(path, StoreMode::kRead).value(), request);
    ASSERT_TRUE(source) << describe(source.error());
    EXPECT_EQ((*source)->warm_up().from, kStoreBegin);
    EXPECT_EQ((*source)->warm_up().to, *request.from);
    warm_up(**source, piece);
    const std::vector<MapMoment> moments = moments_of(**source, kColumnsMaxTiles);
    ASSERT_EQ(moments.size(), map->columns.size());
    ASSERT_GT(moments.size(), 110U);
    for (std::size_t i = 0; i < moments.size(); ++i)
      expect_same(map->columns[i], map->spans[i], moments[i]);
  }
}

// A mark, or an open interest, and nothing else.
void write_one(Store& store, std::string_view id, EventKind kind, const StoredRow& row) {
  InstrumentSpec spec;
  spec.id = parse_instrument_id(id).value();
  write_rows(store, spec, kind, {row});
}

TEST(SeriesSource, ShowsTheFirstInstrumentWithPricesAndSoonerOneWithOpenInterest) {
  const TestFolder folder;
  const std::string path = folder.file("store");
  const auto shown = [&] {
    const auto store = Store::open(path, StoreMode::kRead);
    EXPECT_TRUE(store);
    const auto out = instrument_to_show(**store);
    return out ? to_text(out->instrument) + " of " + std::to_string(out->priced) : "nothing";
  };
  const auto write = [&](const auto& rows) {
    const auto store = Store::open(path, StoreMode::kWrite);
    ASSERT_TRUE(store);
    rows(**store);
  };
  write([](Store& store) {
    write_one(store, "binance_usdm:AAAUSDT", EventKind::kOpenInterest, {kStoreBegin.value, 5});
  });
  EXPECT_EQ(shown(), "nothing");
  const StoredRow mark = {kStoreBegin.value, 50'000'000'000'000, std::nullopt, std::nullopt};
  write([&](Store& store) {
    write_one(store, "binance_usdm:BBBUSDT", EventKind::kMark, mark);
    write_one(store, "binance_usdm:CCCUSDT", EventKind::kMark, mark);
  });
  EXPECT_EQ(shown(), "binance_usdm:BBBUSDT of 2");
  write([](Store& store) { write_venue(store, {.id = "okx:BTC-USDT-SWAP"}); });
  EXPECT_EQ(shown(), "okx:BTC-USDT-SWAP of 3");
}

TEST(SeriesSource, SimulatesTheSameColumnsHoweverItWarmsUp) {
  const auto moments = [](Nanos piece) {
    const auto source = simulate_series({.market = small_market(),
                                         .burn_in = Nanos(2 * kHour.value),
                                         .column_interval = kMinute,
                                         .members = 4,
                                         .seed = 1});
    EXPECT_TRUE(source);
    warm_up(**source, piece);
    return moments_of(**source, 60);
  };
  const std::vector<MapMoment> at_once = moments(kDay);
  const std::vector<MapMoment> in_pieces = moments(Nanos(17 * kMinute.value));
  ASSERT_EQ(at_once.size(), 60U);
  ASSERT_EQ(in_pieces.size(), 60U);
  for (std::size_t i = 0; i < at_once.size(); ++i)
    expect_same(at_once[i].column, at_once[i].span, in_pieces[i]);
}

TEST(SeriesSource, HasOneDigestHoweverItsStoreIsSpelt) {
  const TestFolder folder;
  ASSERT_TRUE(make_folders(folder.file("store")));
  ASSERT_TRUE(make_folders(folder.file("other")));
  const auto digest = [&](const std::string& name, const MapRequest& request) {
    const auto out = replay_digest(folder.file(name), request);
    EXPECT_TRUE(out) << name;
    return out.value();
  };
  const MapRequest request = minutes_of(kTwoVenues);
  const std::uint64_t own = digest("store", request);
  for (const char* name : {"store/", "./store", "other/../store"})
    EXPECT_EQ(digest(name, request), own) << name;
  EXPECT_NE(digest("other", request), own);
  MapRequest another = request;
  another.from = kStoreBegin;
  EXPECT_NE(digest("store", another), own);
  another = request;
  another.to = kStoreBegin;
  EXPECT_NE(digest("store", another), own);
  another = request;
  another.liquidations_from = another.also.front();
  EXPECT_NE(digest("store", another), own);
  another.also.clear();
  EXPECT_NE(digest("store", another), own);
  EXPECT_EQ(replay_digest(folder.file("none"), request).error().code, Errc::kNotFound);
}

TEST(SeriesSource, TellsAStoreFromOneWithOtherRows) {
  const TestFolder folder;
  const std::vector<StoredVenue> one{{.id = "okx:BTC", .length = kHour}};
  const std::vector<StoredVenue> longer{{.id = "okx:BTC", .length = kHour + kHour}};
  const MapRequest request = minutes_of(one);
  const auto digest = [&](const char* name, const std::vector<StoredVenue>& venues) {
    const auto store = stored(folder.file(name), venues);
    const Outcome<std::uint64_t> out = recorded_digest(*store, request);
    EXPECT_TRUE(out);
    return out.value();
  };
  const std::uint64_t own = digest("store", one);
  EXPECT_EQ(digest("copy", one), own);
  EXPECT_NE(digest("longer", longer), own);
}

TEST(SeriesSource, HasNothingToWarmUpWhereAllIsShown) {
  const TestFolder folder;
  const std::vector<StoredVenue> one{{.id = "okx:BTC", .length = kHour}};
  const auto source = replay_series(stored(folder.file("store"), one), minutes_of(one));
  ASSERT_TRUE(source) << describe(source.error());
  EXPECT_EQ((*source)->warm_up().from, (*source)->warm_up().to);
  EXPECT_EQ(moments_of(**source, kColumnsMaxTiles).size(), 60U);
}

}  // namespace
}  // namespace faultline
