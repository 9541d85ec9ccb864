#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/step.hpp"

namespace faultline {

struct Candle {
  UnixNanos begin{};
  UnixNanos end{};
  double open = 0.0;
  double high = 0.0;
  double low = 0.0;
  double close = 0.0;
};

struct UsdInterval {
  double low = 0.0;
  double high = 0.0;
};

// The readings of the feeds that ended inside a span: what was expected of each before it was
// known, and what was printed. Both sum over the same readings, so that they can be compared.
struct SpanFeed {
  std::array<double, 2> expected_liquidation_usd{};  // a(φ·crossed)^β: an estimate
  std::array<double, 2> printed_usd{};               // a measurement
  // Between which dollars 80 % of such spans print, given what was crossed; absent while earlier
  // spans do not say (LiquidationBands).
  std::array<std::optional<UsdInterval>, 2> liquidation_interval{};
  std::uint32_t readings = 0;
  std::array<bool, 2> has_side{};  // a side that no reading told of is no zero
};

// What takers bought and sold, at each step's close: a measurement.
struct TakerFlow {
  double bought_usd = 0.0;
  double sold_usd = 0.0;
};

// Resting orders within 1 % of the mid.
struct BookDepth {
  double bids_usd = 0.0;
  double asks_usd = 0.0;
};

// Measurements at a time; absent where they were not recorded lately.
struct MarketContext {
  std::optional<BookDepth> depth{};
  std::optional<double> basis{};  // mark over index, less one
};

// What happened in the span of one column. Money by Side.
struct ColumnSpan {
  Candle candle;
  // Mass that the price crossed, at its liquidation price (an estimate of the stock).
  std::array<double, 2> crossed_usd{};
  std::array<double, 2>
      returned_usd{};                // of it, what the identity sent back: it had not been there
  std::optional<SpanFeed> feed{};    // absent where no feed was recorded: that is not a zero
  double open_interest_usd = 0.0;    // at the end
  double funding_rate = 0.0;         // paid inside
  std::optional<TakerFlow> taker{};  // absent where some step does not tell who took
  MarketContext context{};           // at the end
};

// Adds the depth of another venue; of both it is known where it is of each. The basis stays: it is
// that of the venue whose price is drawn.
void add_depth(const MarketContext& from, MarketContext& to);

// Adds what was crossed, printed, expected and taken, of another venue or of the time after. What
// takers did is known of the sum where it is of both. Candle, context, funding, open interest and
// intervals stay as they are: they do not add up.
void add_flows(const ColumnSpan& from, ColumnSpan& to);

}  // namespace faultline
