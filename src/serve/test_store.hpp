#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "engine/map_builder.hpp"
#include "store/store.hpp"

namespace faultline {

// A store of some hours of minutes, for tests of what is served from one. Only tests include this.

inline constexpr UnixNanos kStoreBegin{1'764'547'200'000'000'000};  // 2025-12-01T00:00:00Z

struct StoredVenue {
  std::string_view id;
  std::uint64_t seed = 1;
  double open_interest = 8e4;  // coins
  Nanos length{6 * kHour.value};
  TimeRange gap{kStoreBegin, kStoreBegin};  // nothing is recorded in it
  Completeness completeness = Completeness::kAll;
};

using StoredRow = std::vector<std::optional<std::int64_t>>;

inline void write_rows(Store& store, const InstrumentSpec& spec, EventKind kind,
                       const std::vector<StoredRow>& rows) {
  ASSERT_TRUE(store.put_spec(spec));
  const auto writer = store.writer(spec.id, kind, {});
  ASSERT_TRUE(writer);
  ColumnBatch batch(kind);
  for (const StoredRow& row : rows) batch.append(row);
  ASSERT_TRUE((*writer)->append(batch));
  ASSERT_TRUE((*writer)->finish({}, {}));
}

// Bars and open interest of minutes, and a print every three minutes.
inline void write_venue(Store& store, const StoredVenue& venue) {
  InstrumentSpec spec;
  spec.id = parse_instrument_id(venue.id).value();
  Rng rng(venue.seed);
  std::vector<StoredRow> bars;
  std::vector<StoredRow> interest{{kStoreBegin.value, std::llround(venue.open_interest * 1e3)}};
  std::vector<StoredRow> prints;
  double price = 50'000.0;
  double open_interest = venue.open_interest;
  const auto e9 = [](double value) { return std::llround(value * 10.0) * 100'000'000; };
  const auto lots = [](double coins) { return std::llround(coins * 1e3); };
  for (std::int64_t minute = 0; minute < venue.length.value / kMinute.value; ++minute) {
    const UnixNanos begin = kStoreBegin + Nanos(minute * kMinute.value);
    const double open = price;
    price *= std::exp(0.002 * rng.normal());
    open_interest *= std::exp(0.001 * rng.normal());
    const double volume = 0.01 * open_interest * std::exp(0.2 * rng.normal());
    if (begin >= venue.gap.from && begin < venue.gap.to) continue;
    bars.push_back({begin.value, kMinute.value, static_cast<std::int64_t>(PriceKind::kLast),
                    e9(open), e9(1.001 * std::max(open, price)), e9(0.999 * std::min(open, price)),
                    e9(price), lots(volume), std::nullopt});
    interest.push_back({(begin + kMinute).value, lots(open_interest)});
    if (minute % 3 != 0) continue;
    prints.push_back({(begin + kSecond).value, minute % 2, e9(price),
                      static_cast<std::int64_t>(PriceKind::kUnknown),
                      lots(0.5 * std::exp(rng.normal())),
                      static_cast<std::int64_t>(venue.completeness)});
  }
  write_rows(store, spec, EventKind::kBar, bars);
  write_rows(store, spec, EventKind::kOpenInterest, interest);
  write_rows(store, spec, EventKind::kLiquidation, prints);
}

// A folder of such venues. Requires: the folder is empty.
inline std::unique_ptr<Store> stored(const std::string& folder,
                                     const std::vector<StoredVenue>& venues) {
  {
    const auto writing = Store::open(folder, StoreMode::kWrite);
    EXPECT_TRUE(writing);
    for (const StoredVenue& venue : venues) write_venue(**writing, venue);
  }
  auto store = Store::open(folder, StoreMode::kRead);
  EXPECT_TRUE(store);
  return std::move(store).value();
}

inline MapRequest minutes_of(const std::vector<StoredVenue>& venues) {
  MapRequest out;
  for (const StoredVenue& venue : venues) out.also.push_back(*parse_instrument_id(venue.id));
  out.instrument = out.also.front();
  out.also.erase(out.also.begin());
  out.column_interval = kMinute;
  out.filter.members = 4;
  return out;
}

}  // namespace faultline
