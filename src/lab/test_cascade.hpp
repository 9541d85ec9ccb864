#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "lab/exchange.hpp"

namespace faultline {

// A venue whose book does not answer and whose positions are placed by hand, so that what a forced
// order does can be worked out on paper. Only tests include this.
//
//   opening price   every position was opened here
//     away 1        resting lots, and positions that are liquidated at this tick
//     away 2        ...
//
// "Away" counts ticks from the opening into the direction in which the positions lose: downwards
// for longs, upwards for shorts. The resting lots of a tick are those between it and the tick
// before, and so are the positions.
struct StaticVenueSettings {
  ContractKind kind = ContractKind::kLinear;
  Side side = Side::kLong;  // of the positions
  MarkKind mark_kind = MarkKind::kLast;
  Decimal tick_size{1, 0};
  std::int64_t opening_tick = 100'000;
  std::uint32_t positions_max = 1;
};

class StaticVenue final : private ExchangeListener {
 public:
  explicit StaticVenue(const StaticVenueSettings& settings)
      : settings_(settings),
        contract_(LabContract::of(instrument_of(settings)).value()),
        exchange_(config_of(settings), *this) {
    for (const AccountIndex account : {kMaker, kTrigger}) exchange_.deposit(account, kDeepPocket);
  }

  void add_depth(std::int64_t away, std::int64_t lots) {
    rest(settings_.side, tick_at(away), lots);
  }

  // Opened at the opening price, with just the money that lets `away` be its liquidation tick.
  // Requires: nothing was pushed yet; lots > 2, so that a unit of money is less than a tick.
  void add_position(std::int64_t away, std::int64_t lots) {
    const std::int64_t qty = sign(settings_.side) * lots;
    const std::int64_t loss =
        contract_.value(qty, tick_at(0)) - contract_.value(qty, tick_at(away));
    const std::int64_t maintenance = contract_.notional(qty, tick_at(away)) / kMaintenanceDivisor;
    const AccountIndex account = next_position_++;
    // A unit less than exact: what is rounded is rounded towards the opening.
    exchange_.deposit(account, maintenance + loss - 1);
    rest(opposite(settings_.side), tick_at(0), lots);
    take(account, settings_.side, lots);
    FAULTLINE_CHECK(exchange_.liquidation_tick_of(account) == tick_at(away));
  }

  // An order of somebody with deep pockets, in the direction in which the positions lose.
  void push(std::int64_t lots) { take(kTrigger, opposite(settings_.side), lots); }

  // Liquidations at the last price or at a displacement in ticks: one round of them under kIndex,
  // all that follow from each other under kLast.
  void judge_at_last() { judge_at(static_cast<double>(away())); }
  void judge_at(double displacement) {
    const double ticks =
        static_cast<double>(settings_.opening_tick) - sign(settings_.side) * displacement;
    exchange_.update_mark(ticks * contract_.price_approx(PriceTicks(1)));
  }

  // Of the last trade from the opening.
  std::int64_t away() const {
    const std::int64_t last = exchange_.book().reference_price(PriceSource::kLast)->value;
    return sign(settings_.side) * (settings_.opening_tick - last);
  }
  std::int64_t liquidation_count() const { return liquidation_count_; }
  std::int64_t liquidated_lots() const { return liquidated_lots_; }
  const Ledger& ledger() const { return exchange_.ledger(); }

 private:
  static constexpr AccountIndex kMaker = 0;
  static constexpr AccountIndex kTrigger = 1;
  static constexpr AccountIndex kFirstPosition = 2;
  static constexpr std::int64_t kDeepPocket = std::int64_t{1} << 58;
  // An eighth is far more than venues ask for: the limit of a forced order, the bankruptcy price,
  // is then so far behind that it never stops a cascade.
  static constexpr std::int64_t kMaintenanceDivisor = 8;

  static InstrumentSpec instrument_of(const StaticVenueSettings& settings) {
    InstrumentSpec spec{.id = {Venue::kSimulated, "BTCUSDT"},
                        .kind = settings.kind,
                        .tick_size = settings.tick_size};
    if (settings.kind == ContractKind::kInverse) {
      spec.contract_multiplier = {100, 0};
      spec.lot_size = {1, 0};
      spec.settle = "BTC";
    }
    return spec;
  }

  static ExchangeConfig config_of(const StaticVenueSettings& settings) {
    ExchangeConfig config;
    config.instrument = instrument_of(settings);
    config.tiers =
        TierTable::make({{.maintenance_rate = 1.0 / kMaintenanceDivisor, .leverage_max = 100.0}})
            .value();
    config.account_count = kFirstPosition + settings.positions_max;
    config.taker_fee_e6 = config.maker_fee_e6 = 0;
    config.mark_kind = settings.mark_kind;
    config.liquidation.style = LiquidationStyle::kWhole;
    config.liquidation.takeover_share = 0.0;
    config.opening_price = PriceTicks(settings.opening_tick);
    return config;
  }

  PriceTicks tick_at(std::int64_t away) const {
    return PriceTicks(settings_.opening_tick - sign(settings_.side) * away);
  }

  void rest(Side side, PriceTicks price, std::int64_t lots) {
    const auto placed = exchange_.place({.owner = OwnerId{kMaker},
                                         .side = side,
                                         .kind = OrderKind::kPostOnly,
                                         .price = price,
                                         .quantity = Qty(lots)});
    FAULTLINE_CHECK(placed.has_value());
  }
  void take(AccountIndex account, Side side, std::int64_t lots) {
    const auto placed = exchange_.place({.owner = OwnerId{account},
                                         .side = side,
                                         .kind = OrderKind::kMarket,
                                         .quantity = Qty(lots)});
    FAULTLINE_CHECK(placed.has_value() && placed->filled == Qty(lots));
  }

  void on_trade(UnixNanos, const Fill&) override {}
  // A takeover would mean that the fixture is not the one that the closed forms speak of.
  void on_liquidation(const LiquidationRecord& record) override {
    FAULTLINE_CHECK(record.kind == ForcedKind::kBook);
    ++liquidation_count_;
    liquidated_lots_ += record.lots.value;
  }
  void on_deleverage(const DeleverageRecord&) override {}
  void on_funding(UnixNanos, std::int64_t) override {}
  void on_order_lost(const OrderView&, RemovalReason) override {}

  StaticVenueSettings settings_;
  LabContract contract_;
  Exchange exchange_;
  AccountIndex next_position_ = kFirstPosition;
  std::int64_t liquidation_count_ = 0;
  std::int64_t liquidated_lots_ = 0;
};

// What a continuous profile, given as lots up to a displacement in ticks, has at tick `away`.
// Rounding the sums and not the parts keeps every sum within half a lot.
template <class LotsUpTo>
std::int64_t lots_of_tick(const LotsUpTo& lots_up_to, std::int64_t away) {
  return std::llround(lots_up_to(static_cast<double>(away))) -
         std::llround(lots_up_to(static_cast<double>(away - 1)));
}

// A closed form and what the lab made of it.
struct FormRow {
  std::string name;
  double calculated = 0.0;
  double expected = 0.0;
  double tolerance = 0.0;
  std::string_view source;  // the formula, or where it comes from

  double error() const { return calculated - expected; }
  bool agrees() const { return std::abs(error()) <= tolerance; }
};

inline std::string describe(const FormRow& row) {
  char text[256];
  std::snprintf(text, sizeof text,
                "%-46s calculated %10.6g  expected %10.6g  error %+9.2g  within %8.2g  ",
                row.name.c_str(), row.calculated, row.expected, row.error(), row.tolerance);
  return text + std::string(row.source);
}

}  // namespace faultline
