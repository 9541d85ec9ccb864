#include "engine/context_reader.hpp"

#include <utility>

#include "engine/step_sources.hpp"

namespace faultline {
namespace {

// Of kDepthBand and kMark, in the order of columns_of().
constexpr std::size_t kBandColumn = 1;
constexpr std::size_t kLotsColumn = 2;
constexpr std::size_t kNotionalColumn = 3;
constexpr std::size_t kMarkColumn = 1;
constexpr std::size_t kIndexColumn = 2;
constexpr std::int64_t kOnePercentE6 = 10'000;

}  // namespace

Outcome<ContextReader> ContextReader::open(const Store& store, const InstrumentId& id,
                                           TimeRange range) {
  // What is stamped at the very end belongs to what ends there.
  const TimeRange wanted{range.from, range.to + Nanos(1)};
  auto depth = reader_if_recorded(store, id, EventKind::kDepthBand, wanted);
  if (!depth) return depth.error();
  auto marks = reader_if_recorded(store, id, EventKind::kMark, wanted);
  if (!marks) return marks.error();
  if (*depth == nullptr && *marks == nullptr) return ContextReader({}, nullptr, nullptr);
  Outcome<InstrumentRecord> record = store.record(id);
  if (!record) return record.error();
  return ContextReader(std::move(record->specs), std::move(depth).value(),
                       std::move(marks).value());
}

ContextReader::ContextReader(std::vector<InstrumentSpec> specs, std::unique_ptr<ColumnReader> depth,
                             std::unique_ptr<ColumnReader> marks)
    : specs_(std::move(specs)),
      depth_(std::move(depth), EventKind::kDepthBand),
      marks_(std::move(marks), EventKind::kMark) {}

Outcome<MarketContext> ContextReader::at(UnixNanos time) {
  const Outcome<void> added = depth_.consume(
      time + Nanos(1),
      [&](const ColumnBatch& batch, std::size_t first, std::size_t last) -> Outcome<void> {
        for (std::size_t row = first; row < last; ++row) {
          const UnixNanos stamped(batch.columns[0].values[row]);
          if (Outcome<void> done = take_marks(stamped); !done) return done;
          add_depth(batch, row);
        }
        return {};
      });
  if (!added) return added.error();
  if (const Outcome<void> done = take_marks(time); !done) return done.error();
  MarketContext out;
  out.basis = fresh(basis_, time);
  const auto bids = fresh(depth_usd_[index_of(Side::kLong)], time);
  const auto asks = fresh(depth_usd_[index_of(Side::kShort)], time);
  if (bids && asks) out.depth = BookDepth{.bids_usd = *bids, .asks_usd = *asks};
  return out;
}

Outcome<void> ContextReader::take_marks(UnixNanos until) {
  return marks_.consume(until + Nanos(1),
                        [&](const ColumnBatch& batch, std::size_t first, std::size_t last) {
                          for (std::size_t row = first; row < last; ++row) add_mark(batch, row);
                          return Outcome<void>();
                        });
}

std::optional<double> ContextReader::fresh(const std::optional<Measured>& measured,
                                           UnixNanos time) {
  if (!measured || time - measured->time > kAgeMax) return std::nullopt;
  return measured->value;
}

void ContextReader::add_depth(const ColumnBatch& batch, std::size_t row) {
  const auto value = [&](std::size_t column) { return batch.columns[column].values[row]; };
  const std::int64_t band = value(kBandColumn);
  if (band != kOnePercentE6 && band != -kOnePercentE6) return;
  std::optional<Measured>& side = depth_usd_[index_of(band < 0 ? Side::kLong : Side::kShort)];
  const UnixNanos time(value(0));
  if (batch.columns[kNotionalColumn].has(row)) {
    side = {time, 1e-6 * static_cast<double>(value(kNotionalColumn))};
    return;
  }
  const std::optional<double> mark = fresh(mark_, time);
  const InstrumentSpec* spec = spec_valid_at(specs_, time);
  if (mark && spec != nullptr)
    side = {time, notional_approx(Qty(value(kLotsColumn)), *mark, *spec)};
}

void ContextReader::add_mark(const ColumnBatch& batch, std::size_t row) {
  const auto value_of = [&](std::size_t column) -> std::optional<double> {
    if (!batch.columns[column].has(row)) return std::nullopt;
    return to_double_approx(PriceE9(batch.columns[column].values[row]));
  };
  const std::optional<double> mark = value_of(kMarkColumn);
  const std::optional<double> index = value_of(kIndexColumn);
  const UnixNanos time(batch.columns[0].values[row]);
  if (mark) mark_ = {time, *mark};
  if (mark && index) basis_ = {time, *mark / *index - 1.0};
}

}  // namespace faultline
