#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/progress.hpp"
#include "core/columns.hpp"
#include "core/instrument.hpp"
#include "core/units.hpp"

namespace faultline {

// A seeded day of a small market in which every position is known.
//
// Why: recorded data never say where the liquidation prices are. Here they are computed by the
// margin layer for every account, so a map that was inferred from the public columns can be scored.
//
//   outside value ──> makers' mid ──> traders' and forced orders ──> trades, open interest
//        ^                                  │            ^
//        └── permanent impact of orders ────┘            └── mark crosses liquidation prices
//
// This is not an exchange: there is no resting book. Makers fill every order along a linear impact
// curve and are accounts as well, so that every contract has two owners.

// The positions of `[begin, begin + length)` grow out of a warm-up before it that is not recorded.
//
// Units: money in USD, prices in USD, rates and volatilities as fractions, leverage as a multiple.
struct LabConfig {
  std::uint64_t seed = 1;
  UnixNanos begin{1'764'547'200'000'000'000};  // 2025-12-01
  Nanos length = kDay;
  Nanos warm_up{3 * kDay.value};
  Nanos tick = kSecond;  // between marks; a divisor of 10 s

  double start_price = 100'000.0;   // of the outside value when the warm-up begins
  double daily_volatility = 0.025;  // of the outside value, news apart
  std::uint32_t news_count = 2;     // jumps at seeded times of the day, of seeded signs
  double news_size = 0.03;          // of a jump; each is .7 to 1.3 times this, within two minutes

  std::uint32_t trader_count = 4'000;
  double position_usd_median = 20'000.0;  // sizes are log-normal over traders
  double position_usd_spread = 1.5;       // standard deviation of the log
  double leverage_median = 8.0;           // 1 / leverage is the distance to bankruptcy at entry
  double leverage_spread = 1.1;           // standard deviation of the log
  double leverage_max = 125.0;            // the ladder may allow less for large positions
  double isolated_share = 0.3;            // of traders; the others keep one cross wallet
  double crowding = 0.6;  // log odds of entering with the last hour's trend, per standard deviation
  std::array<Nanos, 3> holding_mean{Nanos(30 * kMinute.value), Nanos(6 * kHour.value),
                                    Nanos(4 * kDay.value)};
  std::array<double, 3> holding_share{0.5, 0.35, 0.15};  // of entries; sums to 1
  Nanos idle_mean{4 * kHour.value};

  double depth_usd_per_percent = 10e6;  // taker money that moves the price by one per cent
  Nanos resilience_half_life{30 * kSecond.value};  // of the part of an impact that is not permanent
  double permanent_impact = 0.6;                   // share that the outside value follows at once
  Nanos funding_interval{8 * kHour.value};
  std::uint32_t forced_orders_per_tick_max = 20;  // the rest waits for the next tick

  friend bool operator==(const LabConfig&, const LabConfig&) = default;
};

// Errors: kOutOfRange or kBadRequest, naming the field.
Outcome<void> validate(const LabConfig& config);

// simulated:BTCUSDT, linear, tick .1 USD, lot .001 BTC.
InstrumentSpec lab_instrument();

// One liquidation with what made it happen. Truth: no venue publishes this.
//
// Invariant: at `mark` the account was at or past `liquidation_price`.
struct ForcedOrder {
  UnixNanos time;
  std::int64_t account_id = 0;
  Side side = Side::kLong;
  Qty qty;
  PriceE9 liquidation_price;
  PriceE9 mark;
  PriceE9 fill_price;

  friend bool operator==(const ForcedOrder&, const ForcedOrder&) = default;
};

// What a venue would publish, and the truth behind it.
//
// Invariant: rows are ordered by time; trade ids run without holes; the quantities of each side in
//            every snapshot of `positions` sum to the open interest of that time. A row of a state
//            (mark, open interest, position) at t knows all trades before t and none at or after.
struct LabDay {
  InstrumentSpec instrument;

  ColumnBatch trades{EventKind::kTrade};
  ColumnBatch marks{EventKind::kMark};                  // every tick
  ColumnBatch open_interest{EventKind::kOpenInterest};  // every ten seconds
  ColumnBatch funding{EventKind::kFunding};
  ColumnBatch liquidations{EventKind::kLiquidation};  // every forced order, at its mean fill price

  // At the start, each hour and the end. `leverage` is what the position has, entry value over
  // wallet, not what was chosen; makers have neither leverage nor liquidation price.
  ColumnBatch positions{EventKind::kPosition};
  ColumnBatch account_trades{EventKind::kAccountTrade};  // two rows a trade, taker first
  std::vector<ForcedOrder> forced_orders;                // one for each row of `liquidations`

  std::uint64_t digest() const;  // of all columns
};

// Same seed and config, same bytes, on one binary (prices pass through doubles).
//
// Errors: those of validate(); kCancelled when `report` says so; kOutOfRange when the price leaves
//         [start_price / 20, start_price · 20].
// Cost:   about .3 s for a default day; some 35 MB.
Outcome<LabDay> simulate_day(const LabConfig& config, const ProgressFn& report = {});

}  // namespace faultline
