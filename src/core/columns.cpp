#include "core/columns.hpp"

#include <algorithm>
#include <array>

#include "core/event.hpp"

namespace faultline {
namespace {

// 2009-01-01 to 2100-01-01: there was nothing to trade before, and what is later is a wrong unit.
constexpr ColumnSpec kTimeColumn{"time", false, 1'230'768'000'000'000'000,
                                 4'102'444'799'999'999'999};
// Up to about ten years.
constexpr ColumnSpec kLengthColumn{"length", false, 1, 315'619'200'000'000'000};
// A payment of the whole position and more has never been; the venues' own caps are a tenth of it.
constexpr std::int64_t kFundingMost = 1'000'000'000;
constexpr std::int64_t kPriceKindMost = static_cast<std::int64_t>(PriceKind::kUnknown);
constexpr std::int64_t kCompletenessMost = static_cast<std::int64_t>(Completeness::kUnknown);

constexpr ColumnSpec flag(std::string_view name) { return {name, false, 0, 1}; }
constexpr ColumnSpec positive(std::string_view name, bool is_nullable = false) {
  return {name, is_nullable, 1};
}
constexpr ColumnSpec not_negative(std::string_view name, bool is_nullable = false) {
  return {name, is_nullable, 0};
}

constexpr std::array kTrade{kTimeColumn, positive("price_ticks"), positive("qty"),
                            ColumnSpec{"taker_side", false, 0, 2}, ColumnSpec{"trade_id"}};
constexpr std::array kBar{kTimeColumn,
                          kLengthColumn,
                          ColumnSpec{"price_kind", false, 0, kPriceKindMost},
                          positive("open_e9"),
                          positive("high_e9"),
                          positive("low_e9"),
                          positive("close_e9"),
                          not_negative("volume", true),
                          not_negative("taker_buy_volume", true)};
constexpr std::array kBook{kTimeColumn, flag("is_snapshot"), flag("is_bid"),
                           positive("price_ticks"), not_negative("qty")};
constexpr std::array kQuote{kTimeColumn, positive("bid_price_ticks", true),
                            not_negative("bid_qty", true), positive("ask_price_ticks", true),
                            not_negative("ask_qty", true)};
constexpr ColumnSpec funding_column(std::string_view name, bool is_nullable) {
  return {name, is_nullable, -kFundingMost, kFundingMost};
}
constexpr std::array kMark{kTimeColumn, positive("mark_e9", true), positive("index_e9", true),
                           funding_column("funding_rate_e9", true)};
constexpr std::array kFunding{kTimeColumn, funding_column("rate_e9", false)};
constexpr std::array kOpenInterest{kTimeColumn, not_negative("qty")};
constexpr std::array kLiquidation{
    kTimeColumn,          flag("liquidated_side"),
    positive("price_e9"), ColumnSpec{"price_kind", false, 0, kPriceKindMost},
    positive("qty"),      ColumnSpec{"completeness", false, 0, kCompletenessMost}};
constexpr std::array kLiquidationTotal{
    kTimeColumn, kLengthColumn, not_negative("long_usd_e6", true),
    not_negative("short_usd_e6", true), ColumnSpec{"completeness", false, 0, kCompletenessMost}};
// band_e6: distance from the mid as a fraction in 1e-6, negative on the bid side; amounts are
// cumulative from the mid.
constexpr std::array kDepthBand{kTimeColumn, ColumnSpec{"band_e6"}, not_negative("qty"),
                                not_negative("notional_e6", true)};
constexpr std::array kTakerVolume{kTimeColumn, kLengthColumn, not_negative("buy_usd_e6", true),
                                  not_negative("sell_usd_e6", true)};
constexpr std::array kLongShortRatio{
    kTimeColumn, not_negative("accounts_e9", true), not_negative("top_accounts_e9", true),
    not_negative("top_positions_e9", true), not_negative("taker_volume_e9", true)};
// margin_mode: 0 isolated, 1 cross.
constexpr ColumnSpec kMarginModeColumn{"margin_mode", true, 0, 1};
constexpr std::array kPosition{kTimeColumn,
                               ColumnSpec{"account_id"},
                               flag("side"),
                               positive("qty"),
                               positive("entry_price_e9"),
                               positive("leverage_e9", true),
                               kMarginModeColumn,
                               positive("liquidation_price_e9", true),
                               ColumnSpec{"position_usd_e6", true},
                               ColumnSpec{"account_usd_e6", true}};
constexpr std::array kAccountTrade{kTimeColumn,     ColumnSpec{"account_id"},
                                   flag("is_buy"),  positive("price_e9"),
                                   positive("qty"), flag("is_taker")};
constexpr std::array kAccountTransfer{kTimeColumn, ColumnSpec{"account_id"},
                                      ColumnSpec{"amount_usd_e6"}};
constexpr std::array kAccountLiquidation{kTimeColumn, ColumnSpec{"account_id"},
                                         ColumnSpec{"position_usd_e6"},
                                         ColumnSpec{"account_usd_e6"}, kMarginModeColumn};

struct KindRow {
  std::string_view name;
  std::span<const ColumnSpec> columns;
};

constexpr std::array<KindRow, kEventKindCount> kKinds{{
    {"trade", kTrade},
    {"bar", kBar},
    {"book", kBook},
    {"quote", kQuote},
    {"mark", kMark},
    {"funding", kFunding},
    {"open_interest", kOpenInterest},
    {"liquidation", kLiquidation},
    {"liquidation_total", kLiquidationTotal},
    {"depth_band", kDepthBand},
    {"taker_volume", kTakerVolume},
    {"long_short_ratio", kLongShortRatio},
    {"position", kPosition},
    {"account_trade", kAccountTrade},
    {"account_transfer", kAccountTransfer},
    {"account_liquidation", kAccountLiquidation},
}};

}  // namespace

std::string_view name_of(EventKind kind) { return kKinds[static_cast<std::size_t>(kind)].name; }

Result<EventKind> parse_event_kind(std::string_view text) {
  const auto* found = std::ranges::find(kKinds, text, &KindRow::name);
  if (found == kKinds.end()) return Error{Errc::kUnexpectedField};
  return static_cast<EventKind>(found - kKinds.begin());
}

std::span<const ColumnSpec> columns_of(EventKind kind) {
  return kKinds[static_cast<std::size_t>(kind)].columns;
}

std::size_t column_index(EventKind kind, std::string_view name) {
  const auto specs = columns_of(kind);
  const auto found = std::ranges::find(specs, name, &ColumnSpec::name);
  FAULTLINE_CHECK(found != specs.end());
  return static_cast<std::size_t>(found - specs.begin());
}

void ColumnBatch::append_cell(std::size_t index, std::optional<std::int64_t> value) {
  Column& column = columns[index];
  if (value) {
    if (!column.present.empty()) column.present.push_back(1);
    column.values.push_back(*value);
    return;
  }
  FAULTLINE_CHECK(columns_of(kind)[index].is_nullable);
  if (column.present.empty()) column.present.assign(column.values.size(), 1);
  column.present.push_back(0);
  column.values.push_back(0);
}

void ColumnBatch::append(std::span<const std::optional<std::int64_t>> row) {
  FAULTLINE_CHECK(row.size() == columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) append_cell(i, row[i]);
}

void ColumnBatch::append_row(const ColumnBatch& from, std::size_t row) {
  FAULTLINE_CHECK(from.kind == kind);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = from.columns[i];
    append_cell(i, column.has(row) ? std::optional(column.values[row]) : std::nullopt);
  }
}

void ColumnBatch::clear() {
  for (Column& column : columns) {
    column.values.clear();
    column.present.clear();
  }
}

std::optional<BadCell> find_impossible(const ColumnBatch& batch, std::size_t first) {
  const auto specs = columns_of(batch.kind);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const Column& column = batch.columns[i];
    std::int64_t least = specs[i].least;
    std::int64_t most = specs[i].most;
    for (const std::int64_t value : std::span(column.values).subspan(first)) {
      least = std::min(least, value);
      most = std::max(most, value);
    }
    if (least == specs[i].least && most == specs[i].most) continue;
    // Something is outside, but a place without a value holds none.
    for (std::size_t row = first; row < column.values.size(); ++row) {
      const std::int64_t value = column.values[row];
      if (column.has(row) && (value < specs[i].least || value > specs[i].most))
        return BadCell{row, i};
    }
  }
  return std::nullopt;
}

}  // namespace faultline
