#pragma once

#include <cstdint>
#include <vector>

#include "core/columns.hpp"
#include "core/event.hpp"
#include "core/instrument.hpp"
#include "lab/contract.hpp"
#include "lab/exchange.hpp"

namespace faultline {

inline constexpr double kDepthBand = 0.01;

// Lots that a holder opened, or added, in one order. Truth.
struct EntryRecord {
  UnixNanos time;
  AccountIndex account = 0;
  Side side = Side::kLong;
  Qty lots;
  PriceTicks mark;
  bool is_addition = false;  // to a position that was held before the order
};

// What one venue of a simulated market published, in the form of recorded data, and the truth
// behind it.
//
// Invariant: rows are ordered by time; trade ids run without holes; the quantities of each side in
//            every snapshot of `positions` sum to the open interest of that time. A row of a state
//            (mark, open interest, position) at t knows all trades before t and none after.
struct VenueTape {
  InstrumentSpec instrument;
  Completeness feed = Completeness::kAll;

  ColumnBatch trades{EventKind::kTrade};
  ColumnBatch marks{EventKind::kMark};                  // every second
  ColumnBatch open_interest{EventKind::kOpenInterest};  // every ten seconds
  ColumnBatch funding{EventKind::kFunding};
  ColumnBatch liquidations{EventKind::kLiquidation};  // as the feed publishes them
  // Every minute, what rests within kDepthBand of the mid.
  ColumnBatch depth{EventKind::kDepthBand};

  // The truth: positions at the start, each hour and the end; each step of each liquidation.
  ColumnBatch positions{EventKind::kPosition};
  std::vector<LiquidationRecord> forced;
  std::vector<DeleverageRecord> deleveraged;
  std::vector<EntryRecord> entries;  // of the warm-up too

  // Of all columns and of the truth.
  std::uint64_t digest() const;
};

// One account at one time. Accounts of makers have no margin mode in the tables.
struct AccountTruth {
  UnixNanos time;
  AccountIndex account = 0;
  LabAccount state{};
  std::optional<PriceTicks> liquidation_tick;
  PriceTicks mark;
  bool is_maker = false;
};

// Appends rows; ids in tables are account indices plus one.
class TapeWriter {
 public:
  TapeWriter(VenueTape& tape, const LabContract& contract) : tape_(tape), contract_(contract) {}

  void trade(UnixNanos time, const Fill& fill);
  void mark(UnixNanos time, PriceTicks mark, double index, double funding_rate);
  void open_interest(UnixNanos time, Qty lots);
  void funding(UnixNanos time, std::int64_t rate_e9);
  void liquidation(const Liquidation& print);
  // Of one side of the book: `side` is that of the orders, long for bids.
  void depth(UnixNanos time, Side side, Qty lots, double usd);
  void position(const AccountTruth& truth);

  // The print of a step of a liquidation: its mean price, and what kind of price that is.
  Liquidation print_of(const LiquidationRecord& record) const;

 private:
  VenueTape& tape_;
  const LabContract& contract_;
};

}  // namespace faultline
