#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lab/exchange.hpp"

namespace faultline {

// Any bytes as the life of a venue with a few accounts, for the property test and the fuzzer:
// after every call all money and all contracts must be found again.
//
//   byte 0      bits: contract kind, liquidation style (2), mark kind (2), fees, fund
//   then        six bytes a call: what, who and which side, three of detail, size

struct ExchangePlay {
  std::string complaint;  // empty: nothing is wrong
  std::size_t fills = 0;
  std::array<std::size_t, 3> forced{};  // by ForcedKind
};

class PlayedExchange final : private ExchangeListener {
 public:
  static constexpr AccountIndex kAccounts = 8;

  explicit PlayedExchange(std::uint8_t settings) : exchange_(config_of(settings), *this) {}

  void call(std::span<const std::uint8_t, 6> bytes) {
    const AccountIndex account = bytes[1] % kAccounts;
    const Side side = bytes[1] < 128 ? Side::kLong : Side::kShort;
    const std::int64_t size = 1 + 3 * std::int64_t{bytes[5]};
    const double signed_detail = static_cast<double>(bytes[3]) - 127.5;
    switch (bytes[0] % 16) {
      default:
        place(account, side, bytes, size);
        return;
      case 9:
        if (!ids_.empty()) (void)exchange_.cancel(ids_[bytes[3] % ids_.size()]);
        return;
      case 10:
        if (!ids_.empty())
          (void)exchange_.replace(
              ids_[bytes[3] % ids_.size()],
              {.price = PriceTicks(std::llround(price_)), .quantity = Qty(size)});
        return;
      case 11:
        bring(account, 20.0 * static_cast<double>(size), bytes);
        return;
      case 12:
        exchange_.withdraw(account, size * 1'000);
        return;
      case 13:
      case 14:
        price_ = std::clamp(price_ * (1.0 + 1e-4 * signed_detail), 100.0, 1e7);
        second();
        return;
      case 15:
        bytes[3] < 200 ? exchange_.cancel_all(account) : exchange_.settle_funding();
        return;
    }
  }

  // What the invariants of Exchange and Ledger promise.
  std::string complaint() const {
    if (!exchange_.ledger().is_conserved()) return "money or contracts are not conserved";
    const auto residue = std::abs(exchange_.ledger().valuation_residue(exchange_.mark()));
    const bool is_linear = exchange_.config().instrument.kind == ContractKind::kLinear;
    if (residue > (is_linear ? 0 : kAccounts + 1)) return "values do not cancel out";
    for (AccountIndex account = 0; account < kAccounts; ++account) {
      const LabAccount& state = exchange_.ledger()[account];
      if (state.qty == 0 && (state.wallet < 0 || state.margin != 0))
        return "a deficit without a position";
      if (!state.is_isolated && state.margin != 0) return "margin aside under cross margin";
    }
    return {};
  }

  const ExchangePlay& play() const { return play_; }

 private:
  static ExchangeConfig config_of(std::uint8_t settings) {
    ExchangeConfig config;
    config.account_count = kAccounts;
    config.instrument = {
        .id = {Venue::kSimulated, "BTCUSDT"},
        .kind = (settings & 1U) != 0 ? ContractKind::kInverse : ContractKind::kLinear,
        .tick_size = {1, 0}};
    if (config.instrument.kind == ContractKind::kInverse) {
      config.instrument.contract_multiplier = {100, 0};
      config.instrument.lot_size = {1, 0};
      config.tiers =
          TierTable::make({{.notional_cap = 1.0, .maintenance_rate = .004, .leverage_max = 125},
                           {.notional_floor = 1.0,
                            .notional_cap = 1e9,
                            .maintenance_rate = .01,
                            .leverage_max = 50}})
              .value();
    }
    config.opening_price = PriceTicks(100'000);
    config.liquidation.style = static_cast<LiquidationStyle>((settings / 2U) % 3U);
    config.mark_kind = static_cast<MarkKind>((settings / 8U) % 3U);
    config.taker_fee_e6 = (settings & 32U) != 0 ? 450 : 0;
    config.maker_fee_e6 = (settings & 32U) != 0 ? -50 : 0;
    config.liquidation.fee_e6 = (settings & 32U) != 0 ? 2'000 : 0;
    config.liquidation.fund_usd = (settings & 64U) != 0 ? 20'000.0 : 0.0;
    config.liquidation.takeover_share = (settings & 128U) != 0 ? 2.0 / 3.0 : 0.0;
    config.liquidation.partial_from_usd = 20'000.0;
    config.liquidation.cool_down = Nanos(3 * kSecond.value);
    return config;
  }

  void place(AccountIndex account, Side side, std::span<const std::uint8_t, 6> bytes,
             std::int64_t size) {
    const std::int64_t away = 2 * std::int64_t{bytes[3]} - 100;
    OrderRequest request{
        .owner = OwnerId{account},
        .side = side,
        .kind = static_cast<OrderKind>(bytes[2] % 5),
        .is_reduce_only = (bytes[2] & 64U) != 0 && (bytes[2] & 32U) != 0,
        .price = PriceTicks(std::max<std::int64_t>(1, std::llround(price_) - sign(side) * away)),
        .quantity = Qty(size)};
    if ((bytes[2] & 128U) != 0 && bytes[4] < 60)
      request.trigger =
          Trigger{.kind = bytes[4] < 30 ? TriggerKind::kStop : TriggerKind::kTakeProfit,
                  .source = bytes[4] % 2 == 0 ? PriceSource::kMark : PriceSource::kLast,
                  .price = request.price};
    const auto placed = exchange_.place(request);
    if (placed && placed->state != PlacementState::kDone) ids_.push_back(placed->id);
  }

  void bring(AccountIndex account, double usd, std::span<const std::uint8_t, 6> bytes) {
    const LabContract contract = LabContract::of(exchange_.config().instrument).value();
    exchange_.deposit(account, contract.money_of_usd(usd, exchange_.mark()));
    const LabAccount& state = exchange_.ledger()[account];
    if (state.qty == 0) {
      exchange_.set_mode(account, bytes[2] < 128 ? MarginMode::kCross : MarginMode::kIsolated,
                         1.0 + 0.5 * bytes[4]);
    } else if (state.is_isolated) {
      exchange_.add_margin(account, state.wallet / 3);
    }
  }

  void second() {
    exchange_.set_time(exchange_.now() + kSecond);
    exchange_.sample_basis(price_);
    exchange_.sample_premium(price_);
    exchange_.update_mark(price_);
    exchange_.unwind();
  }

  void on_trade(UnixNanos, const Fill&) override { ++play_.fills; }
  void on_liquidation(const LiquidationRecord& record) override {
    ++play_.forced[static_cast<std::size_t>(record.kind)];
  }
  void on_deleverage(const DeleverageRecord&) override {}
  void on_funding(UnixNanos, std::int64_t) override {}
  void on_order_lost(const OrderView&, RemovalReason) override {}

  ExchangePlay play_;
  Exchange exchange_;
  std::vector<OrderId> ids_;
  double price_ = 100'000.0;
};

inline ExchangePlay play_exchange(std::span<const std::uint8_t> bytes) {
  if (bytes.empty()) return {};
  PlayedExchange exchange(bytes[0]);
  for (std::size_t at = 1; at + 6 <= bytes.size(); at += 6) {
    exchange.call(bytes.subspan(at).first<6>());
    if (std::string wrong = exchange.complaint(); !wrong.empty()) {
      ExchangePlay play = exchange.play();
      play.complaint = "after call " + std::to_string(at / 6) + ": " + wrong;
      return play;
    }
  }
  return exchange.play();
}

}  // namespace faultline
