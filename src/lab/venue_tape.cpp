#include "lab/venue_tape.hpp"

#include <array>
#include <cmath>
#include <cstdlib>

#include "base/hash.hpp"

namespace faultline {
namespace {

using Cell = std::optional<std::int64_t>;

template <class Enum>
Cell cell(Enum value) {
  return static_cast<std::int64_t>(value);
}

std::int64_t e9(double value) { return std::llround(value * 1e9); }
std::int64_t e6(double value) { return std::llround(value * 1e6); }

}  // namespace

std::uint64_t VenueTape::digest() const {
  Hash64 hash;
  for (const ColumnBatch* batch :
       {&trades, &marks, &open_interest, &funding, &liquidations, &depth, &positions}) {
    for (const Column& column : batch->columns) {
      hash.add_u64(column.values.size());
      for (std::size_t row = 0; row < column.values.size(); ++row) {
        hash.add_u64(static_cast<std::uint64_t>(column.values[row]));
        if (!column.has(row)) hash.add_text("absent");
      }
    }
  }
  for (const LiquidationRecord& record : forced) {
    hash.add_u64(static_cast<std::uint64_t>(record.time.value)).add_u64(record.account);
    hash.add_u64(static_cast<std::uint64_t>(record.lots.value));
    hash.add_u64(static_cast<std::uint64_t>(record.kind));
  }
  return hash.value();
}

void TapeWriter::trade(UnixNanos time, const Fill& fill) {
  const bool is_buy = fill.opens_towards == Side::kLong;
  const auto id = static_cast<std::int64_t>(tape_.trades.row_count()) + 1;
  tape_.trades.append(std::array{Cell(time.value), Cell(fill.price.value), Cell(fill.qty.value),
                                 cell(is_buy ? TakerSide::kBuy : TakerSide::kSell), Cell(id)});
}

void TapeWriter::mark(UnixNanos time, PriceTicks mark, double index, double funding_rate) {
  tape_.marks.append(std::array{Cell(time.value), Cell(e9(contract_.price_approx(mark))),
                                Cell(e9(index)), Cell(e9(funding_rate))});
}

void TapeWriter::open_interest(UnixNanos time, Qty lots) {
  tape_.open_interest.append(std::array{Cell(time.value), Cell(lots.value)});
}

void TapeWriter::funding(UnixNanos time, std::int64_t rate_e9) {
  tape_.funding.append(std::array{Cell(time.value), Cell(rate_e9)});
}

void TapeWriter::liquidation(const Liquidation& print) {
  tape_.liquidations.append(std::array{Cell(print.time.value), cell(print.liquidated_side),
                                       Cell(print.price.value), cell(print.price_kind),
                                       Cell(print.qty.value), cell(print.completeness)});
}

void TapeWriter::depth(UnixNanos time, Side side, Qty lots, double usd) {
  const double band = side == Side::kLong ? -kDepthBand : kDepthBand;
  tape_.depth.append(std::array{Cell(time.value), Cell(e6(band)), Cell(lots.value), Cell(e6(usd))});
}

Liquidation TapeWriter::print_of(const LiquidationRecord& record) const {
  Liquidation print{};
  print.time = record.time;
  print.liquidated_side = record.side;
  print.price_kind = record.kind == ForcedKind::kBook ? PriceKind::kFill : PriceKind::kBankruptcy;
  print.qty = record.lots;
  print.price = PriceE9(e9(contract_.entry_approx(record.lots.value, record.value)));
  print.completeness = Completeness::kAll;
  return print;
}

void TapeWriter::position(const AccountTruth& truth) {
  const LabAccount& state = truth.state;
  if (state.qty == 0) return;
  const std::int64_t lots = std::abs(state.qty);
  const double usd = contract_.usd_approx(lots, truth.mark);
  const double cost_usd = contract_.usd_of_money(std::abs(state.entry_value()), truth.mark);
  const double backing_usd = contract_.usd_of_money(state.backing(), truth.mark);
  const std::int64_t equity = state.backing() + contract_.value(state.qty, truth.mark) - state.cost;
  const bool has_leverage = !truth.is_maker && backing_usd > 0.0;
  tape_.positions.append(std::array{
      Cell(truth.time.value), Cell(truth.account + 1LL), cell(state.side()), Cell(lots),
      Cell(e9(contract_.entry_approx(state.qty, state.entry_value()))),
      has_leverage ? Cell(e9(cost_usd / backing_usd)) : Cell(),
      truth.is_maker ? Cell() : Cell(state.is_isolated ? 0 : 1),
      truth.liquidation_tick ? Cell(e9(contract_.price_approx(*truth.liquidation_tick))) : Cell(),
      Cell(e6(usd)),
      truth.is_maker ? Cell() : Cell(e6(contract_.usd_of_money(equity, truth.mark)))});
}

}  // namespace faultline
