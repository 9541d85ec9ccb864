#include "lab/day_recorder.hpp"

#include <array>
#include <cmath>
#include <cstdlib>

#include "base/hash.hpp"
#include "core/event.hpp"

namespace faultline {
namespace {

using Cell = std::optional<std::int64_t>;
constexpr std::int64_t kE9PerTick = 100'000'000;
constexpr double kUsdPerUnit = 1e-4;  // of the ledger's money
constexpr double kBtcPerLot = 1e-3;

template <class Enum>
Cell cell(Enum value) {
  return static_cast<std::int64_t>(value);
}

Cell cell(std::optional<PriceE9> price) { return price ? Cell(price->value) : Cell(); }

}  // namespace

InstrumentSpec lab_instrument() {
  return InstrumentSpec{.id = {Venue::kSimulated, "BTCUSDT"},
                        .kind = ContractKind::kLinear,
                        .tick_size = Decimal{1, -1},
                        .lot_size = Decimal{1, -3}};
}

std::uint64_t LabDay::digest() const {
  Hash64 hash;
  for (const ColumnBatch* batch :
       {&trades, &marks, &open_interest, &funding, &liquidations, &positions, &account_trades}) {
    for (const Column& column : batch->columns) {
      hash.add_u64(column.values.size());
      for (std::size_t row = 0; row < column.values.size(); ++row) {
        hash.add_u64(static_cast<std::uint64_t>(column.values[row]));
        if (!column.has(row)) hash.add_text("absent");
      }
    }
  }
  return hash.value();
}

void DayRecorder::trade(UnixNanos time, const Fill& fill) {
  if (time < begin_) return;
  const bool is_buy = fill.opens_towards == Side::kLong;
  const auto id = static_cast<std::int64_t>(day_.trades.row_count()) + 1;
  day_.trades.append(std::array{Cell(time.value), Cell(fill.price.value), Cell(fill.qty.value),
                                cell(is_buy ? TakerSide::kBuy : TakerSide::kSell), Cell(id)});
  for (const bool is_taker : {true, false}) {
    day_.account_trades.append(
        std::array{Cell(time.value), Cell((is_taker ? fill.taker : fill.maker) + 1LL),
                   Cell(is_buy == is_taker ? 1 : 0), Cell(fill.price.value * kE9PerTick),
                   Cell(fill.qty.value), Cell(is_taker ? 1 : 0)});
  }
}

void DayRecorder::forced_order(const ForcedOrder& order) {
  if (order.time < begin_) return;
  day_.forced_orders.push_back(order);
  day_.liquidations.append(std::array{Cell(order.time.value), cell(order.side),
                                      Cell(order.fill_price.value), cell(PriceKind::kFill),
                                      Cell(order.qty.value), cell(Completeness::kAll)});
}

void DayRecorder::funding(UnixNanos time, std::int64_t rate_e9) {
  if (time >= begin_) day_.funding.append(std::array{Cell(time.value), Cell(rate_e9)});
}

void DayRecorder::prices(UnixNanos time, const LabPrices& prices) {
  if (time < begin_) return;
  day_.marks.append(std::array{Cell(time.value), Cell(prices.mark().value),
                               Cell(prices.index().value), Cell(prices.funding_estimate_e9())});
}

void DayRecorder::open_interest(UnixNanos time, Qty qty) {
  if (time >= begin_) day_.open_interest.append(std::array{Cell(time.value), Cell(qty.value)});
}

void DayRecorder::position(const PositionTruth& truth) {
  const LabAccount& state = truth.state;
  if (truth.time < begin_ || state.qty == 0) return;
  const std::int64_t qty = std::abs(state.qty);
  const std::int64_t cost = std::abs(state.cost);
  const std::int64_t entry_e9 = cost / qty * kE9PerTick + cost % qty * kE9PerTick / qty;
  const bool has_leverage = truth.is_isolated && state.wallet > 0;
  const double leverage = static_cast<double>(cost) / static_cast<double>(state.wallet);
  const double usd = static_cast<double>(qty) * kBtcPerLot * to_double_approx(truth.mark);
  const double equity_usd =
      static_cast<double>(state.wallet - state.cost) * kUsdPerUnit + sign(state.side()) * usd;
  day_.positions.append(
      std::array{Cell(truth.time.value), Cell(truth.account + 1LL), cell(state.side()), Cell(qty),
                 Cell(entry_e9), has_leverage ? Cell(std::llround(leverage * 1e9)) : Cell(),
                 truth.is_isolated ? Cell(*truth.is_isolated ? 0 : 1) : Cell(),
                 cell(truth.liquidation_price), Cell(std::llround(usd * 1e6)),
                 truth.is_isolated ? Cell(std::llround(equity_usd * 1e6)) : Cell()});
}

}  // namespace faultline
