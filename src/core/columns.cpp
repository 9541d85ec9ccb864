#include "core/columns.hpp"

#include <algorithm>
#include <array>

namespace faultline {
namespace {

constexpr std::array kTrade{ColumnSpec{"time"}, ColumnSpec{"price_ticks"}, ColumnSpec{"qty"},
                            ColumnSpec{"taker_side"}, ColumnSpec{"trade_id"}};
constexpr std::array kBar{
    ColumnSpec{"time"},     ColumnSpec{"length"},       ColumnSpec{"price_kind"},
    ColumnSpec{"open_e9"},  ColumnSpec{"high_e9"},      ColumnSpec{"low_e9"},
    ColumnSpec{"close_e9"}, ColumnSpec{"volume", true}, ColumnSpec{"taker_buy_volume", true}};
constexpr std::array kBook{ColumnSpec{"time"}, ColumnSpec{"is_snapshot"}, ColumnSpec{"is_bid"},
                           ColumnSpec{"price_ticks"}, ColumnSpec{"qty"}};
constexpr std::array kQuote{ColumnSpec{"time"}, ColumnSpec{"bid_price_ticks", true},
                            ColumnSpec{"bid_qty", true}, ColumnSpec{"ask_price_ticks", true},
                            ColumnSpec{"ask_qty", true}};
constexpr std::array kMark{ColumnSpec{"time"}, ColumnSpec{"mark_e9", true},
                           ColumnSpec{"index_e9", true}, ColumnSpec{"funding_rate_e9", true}};
constexpr std::array kFunding{ColumnSpec{"time"}, ColumnSpec{"rate_e9"}};
constexpr std::array kOpenInterest{ColumnSpec{"time"}, ColumnSpec{"qty"}};
constexpr std::array kLiquidation{ColumnSpec{"time"},     ColumnSpec{"liquidated_side"},
                                  ColumnSpec{"price_e9"}, ColumnSpec{"price_kind"},
                                  ColumnSpec{"qty"},      ColumnSpec{"completeness"}};
constexpr std::array kLiquidationTotal{
    ColumnSpec{"time"}, ColumnSpec{"length"}, ColumnSpec{"long_usd_e6", true},
    ColumnSpec{"short_usd_e6", true}, ColumnSpec{"completeness"}};
// band_e6: distance from the mid as a fraction in 1e-6, negative on the bid side; amounts are
// cumulative from the mid.
constexpr std::array kDepthBand{ColumnSpec{"time"}, ColumnSpec{"band_e6"}, ColumnSpec{"qty"},
                                ColumnSpec{"notional_e6", true}};
constexpr std::array kTakerVolume{ColumnSpec{"time"}, ColumnSpec{"length"},
                                  ColumnSpec{"buy_usd_e6", true}, ColumnSpec{"sell_usd_e6", true}};
constexpr std::array kLongShortRatio{
    ColumnSpec{"time"}, ColumnSpec{"accounts_e9", true}, ColumnSpec{"top_accounts_e9", true},
    ColumnSpec{"top_positions_e9", true}, ColumnSpec{"taker_volume_e9", true}};
// margin_mode: 0 isolated, 1 cross.
constexpr std::array kPosition{ColumnSpec{"time"},
                               ColumnSpec{"account_id"},
                               ColumnSpec{"side"},
                               ColumnSpec{"qty"},
                               ColumnSpec{"entry_price_e9"},
                               ColumnSpec{"leverage_e9", true},
                               ColumnSpec{"margin_mode", true},
                               ColumnSpec{"liquidation_price_e9", true},
                               ColumnSpec{"position_usd_e6", true},
                               ColumnSpec{"account_usd_e6", true}};
constexpr std::array kAccountTrade{ColumnSpec{"time"},   ColumnSpec{"account_id"},
                                   ColumnSpec{"is_buy"}, ColumnSpec{"price_e9"},
                                   ColumnSpec{"qty"},    ColumnSpec{"is_taker"}};
constexpr std::array kAccountTransfer{ColumnSpec{"time"}, ColumnSpec{"account_id"},
                                      ColumnSpec{"amount_usd_e6"}};
constexpr std::array kAccountLiquidation{
    ColumnSpec{"time"}, ColumnSpec{"account_id"}, ColumnSpec{"position_usd_e6"},
    ColumnSpec{"account_usd_e6"}, ColumnSpec{"margin_mode", true}};

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

void ColumnBatch::append(std::span<const std::optional<std::int64_t>> row) {
  FAULTLINE_CHECK(row.size() == columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    Column& column = columns[i];
    if (row[i]) {
      if (!column.present.empty()) column.present.push_back(1);
      column.values.push_back(*row[i]);
      continue;
    }
    FAULTLINE_CHECK(columns_of(kind)[i].is_nullable);
    if (column.present.empty()) column.present.assign(column.values.size(), 1);
    column.present.push_back(0);
    column.values.push_back(0);
  }
}

void ColumnBatch::clear() {
  for (Column& column : columns) {
    column.values.clear();
    column.present.clear();
  }
}

}  // namespace faultline
