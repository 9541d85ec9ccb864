#pragma once

#include <cstdint>

#include "base/diagnostic.hpp"
#include "core/instrument.hpp"
#include "lab/mark_price.hpp"
#include "margin/liquidation_price.hpp"
#include "margin/tiers.hpp"

namespace faultline {

// How a venue takes a position apart.
//
//   kWhole          all of it at once
//   kStepDown       enough to fall to the next lower rung of the ladder; all on the lowest
//   kPartialFirst   a share of large positions, then a pause, then all
enum class LiquidationStyle : std::uint8_t { kWhole, kStepDown, kPartialFirst };

// Source: Binance support (step-down, takeover, fund, deleveraging); Hyperliquid documentation,
//         "Liquidations" (20 % of positions above 100 000 USDC, 30 s, backstop at two thirds).
// Units: rates and shares as fractions, money in USD.
struct LiquidationConfig {
  LiquidationStyle style = LiquidationStyle::kPartialFirst;
  double partial_share = 0.2;
  double partial_from_usd = 100'000.0;
  Nanos cool_down{30 * kSecond.value};
  // An account with less equity than this share of its maintenance is taken over whole: two thirds
  // on Hyperliquid, nothing (bankruptcy) on Binance.
  double takeover_share = 0.0;
  std::int64_t fee_e6 = 0;  // of what is liquidated in the book, to the fund
  double fund_usd = 10e6;   // what the insurance fund begins with
  // Positions are deleveraged instead of taken over when the fund would fall below this share of
  // what it began with, or hold more than the limit.
  double fund_floor_share = 0.0;
  double fund_position_usd_max = 1e9;
  // What the fund's account sells or buys back at once: a share of what it holds, but no less than
  // the amount, and no farther from the mark than the slippage.
  double unwind_share = 0.02;
  double unwind_usd_least = 10'000.0;
  double unwind_slippage = 0.005;

  friend bool operator==(const LiquidationConfig&, const LiquidationConfig&) = default;
};

// Where margins are judged.
//
//   kMedian   at the median of three prices (lab/mark_price.hpp), when update_mark() is called
//   kIndex    at the index itself, as a venue does that trusts its oracle
//   kLast     at the last price, also between the steps of one round of liquidations: what closed
//             forms assume
enum class MarkKind : std::uint8_t { kMedian, kIndex, kLast };

struct ExchangeConfig {
  InstrumentSpec instrument{};
  TierTable tiers = default_lab_tiers();
  std::uint32_t account_count = 0;
  std::int64_t taker_fee_e6 = 450;
  std::int64_t maker_fee_e6 = 150;
  MarkKind mark_kind = MarkKind::kMedian;
  MarkConfig mark{};
  FundingConfig funding{};
  LiquidationConfig liquidation{};
  PriceTicks opening_price{1};
  UnixNanos opening_time{};
  std::uint32_t orders_max = 1U << 20;
  std::uint32_t steps_per_round_max = 1U
                                      << 20;  // of liquidations; the rest waits for the next mark

  // The shape of Binance's BTCUSDT ladder, made continuous, from 125x down to 10x.
  static TierTable default_lab_tiers();

  friend bool operator==(const ExchangeConfig&, const ExchangeConfig&) = default;
};

// Errors: kOutOfRange naming the field; those of LabContract::of.
Outcome<void> validate(const ExchangeConfig& config);

}  // namespace faultline
