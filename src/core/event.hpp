#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "core/units.hpp"

namespace faultline {

// One thing that a venue or a recorded file told us. Files, replay and live feeds all speak this
// language; the same kinds are the tables of the store.
//
// Units: prices on the tick grid are PriceTicks, all others PriceE9; amounts are Qty; money is
// Notional; rates are in
//        1e-9 (a funding rate of .01 % is 100 000). An absent value is std::nullopt, never zero.

// What a liquidation price is: the fill, the order's limit, or the bankruptcy price at which it was
// taken over.
enum class PriceKind : std::uint8_t { kFill, kOrder, kBankruptcy, kLast, kMark, kIndex, kUnknown };
std::string_view name_of(PriceKind kind);

// How much of what happened a liquidation feed tells. Sums over feeds of different completeness
// mean nothing.
enum class Completeness : std::uint8_t {
  kAll,
  kLargestPerSecond,
  kLatestPerSecond,
  kOnePerSecond,
  kUnknown
};
std::string_view name_of(Completeness completeness);

enum class TakerSide : std::uint8_t { kBuy, kSell, kUnknown };

struct Trade {
  UnixNanos time;
  PriceTicks price;
  Qty qty;
  TakerSide taker_side = TakerSide::kUnknown;
  std::int64_t trade_id =
      0;  // the venue's number, or a 64-bit digest of its text; 0 where it has none
};

// An aggregate over [time, time + length). price_kind says whether it is made of last, mark or
// index prices.
struct Bar {
  UnixNanos time;
  Nanos length;
  PriceKind price_kind = PriceKind::kLast;
  PriceE9 open, high, low, close;
  std::optional<Qty> volume;
  std::optional<Qty> taker_buy_volume;
};

struct BookLevel {
  PriceTicks price;
  Qty qty;  // 0 removes the level in a delta
};

// A full picture (is_snapshot) or the changed levels only. Bids and asks are told apart by
// `is_bid`.
struct BookUpdate {
  UnixNanos time;
  bool is_snapshot = false;
  std::vector<BookLevel> bids;
  std::vector<BookLevel> asks;
};

// Best bid and ask.
struct Quote {
  UnixNanos time;
  BookLevel bid;
  BookLevel ask;
};

// Mark, index and funding as one message carries them. Any of them may be absent.
struct MarkIndexFunding {
  UnixNanos time;
  std::optional<PriceE9> mark;
  std::optional<PriceE9> index;
  std::optional<std::int64_t> funding_rate_e9;
};

// A funding payment: rate_e9 of the notional, longs pay shorts when positive.
struct FundingPaid {
  UnixNanos time;
  std::int64_t rate_e9 = 0;
};

// One-sided open interest at an instant.
struct OpenInterest {
  UnixNanos time;
  Qty qty;
};

struct Liquidation {
  UnixNanos time;
  Side liquidated_side = Side::kLong;
  PriceE9 price;
  PriceKind price_kind = PriceKind::kUnknown;
  Qty qty;
  Completeness completeness = Completeness::kUnknown;
};

// Liquidated money by side over [time, time + length), as vendors publish it.
struct LiquidationTotal {
  UnixNanos time;
  Nanos length;
  std::optional<Notional> long_usd;
  std::optional<Notional> short_usd;
  Completeness completeness = Completeness::kUnknown;
};

using MarketEvent = std::variant<Trade, Bar, BookUpdate, Quote, MarkIndexFunding, FundingPaid,
                                 OpenInterest, Liquidation, LiquidationTotal>;

UnixNanos time_of(const MarketEvent& event);

}  // namespace faultline
