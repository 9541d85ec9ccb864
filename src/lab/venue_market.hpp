#pragma once

#include <cstdint>
#include <vector>

#include "base/hash.hpp"
#include "lab/exchange.hpp"
#include "lab/liquidation_feed.hpp"
#include "lab/market_config.hpp"
#include "lab/outside_value.hpp"
#include "lab/venue_tape.hpp"

namespace faultline {

// One venue of a market: the exchange, what its screens show to traders, and what is recorded.
//
// Its accounts, one after the other: makers, takers, followers, reverters, arbitrageurs, hunters,
// providers, holders.
struct VenueAccounts {
  AccountIndex makers = 0;
  AccountIndex takers = 0;
  AccountIndex trend = 0;
  AccountIndex arbitrage = 0;
  AccountIndex hunters = 0;
  AccountIndex providers = 0;
  AccountIndex holders = 0;
  AccountIndex end = 0;
};

class VenueMarket final : private ExchangeListener {
 public:
  VenueMarket(const MarketConfig& config, std::size_t venue, std::uint32_t holder_count,
              OutsideValue& value);
  VenueMarket(const VenueMarket&) = delete;
  VenueMarket& operator=(const VenueMarket&) = delete;

  // The second's work of the venue itself. `index` is what it judges margins by.
  void on_second(UnixNanos now, double index);

  Exchange& exchange() { return exchange_; }
  const Exchange& exchange() const { return exchange_; }
  const VenueAccounts& accounts() const { return accounts_; }
  const LabContract& contract() const { return contract_; }
  const VenueConfig& config() const { return config_; }
  double share() const { return share_; }

  // Sends a market order of an account, as far as its margin goes; the lots that were filled.
  std::int64_t take(AccountIndex account, Side side, std::int64_t lots);
  // No less than one lot.
  std::int64_t lots_of_usd(double usd) const;

  // What a screen shows.
  double mid() const { return exchange_.mid(); }
  // Mid over its hourly mean, in standard deviations that the configured volatility would give.
  double trend() const;
  // Recent volatility as a multiple of the configured one; 1 when calm.
  double stress() const { return stress_; }
  double premium_log() const;
  // How far makers believe the price to be from the outside value: impact that is still to decay,
  // and what their inventory asks for. Requires: time does not go back.
  double gap_log(UnixNanos now);
  // By how much depth is divided now.
  double thinning() const;
  // The makers' net position as a share of open interest.
  double maker_share() const;

  // Everything that has happened, in order. Two runs are the same if and only if these are.
  std::uint64_t trade_digest() const { return digest_.value(); }
  std::uint64_t trade_count() const { return trade_count_; }
  const VenueTape& tape() const { return tape_; }
  VenueTape take_tape() { return std::move(tape_); }
  void record_positions();
  void record_entry(const EntryRecord& entry) { tape_.entries.push_back(entry); }

 private:
  void on_trade(UnixNanos time, const Fill& fill) override;
  void on_liquidation(const LiquidationRecord& record) override;
  void on_deleverage(const DeleverageRecord& record) override;
  void on_funding(UnixNanos time, std::int64_t rate_e9) override;
  void on_order_lost(const OrderView&, RemovalReason) override {}

  void watch(UnixNanos now);
  void record_depth(UnixNanos now);

  VenueConfig config_;
  MakerConfig makers_;
  double share_;
  double volatility_second_;
  double impact_per_usd_;  // of all venues together, in log price
  double permanent_impact_;
  UnixNanos begin_;
  UnixNanos end_;
  OutsideValue& value_;
  VenueAccounts accounts_;
  LabContract contract_;
  Exchange exchange_;
  VenueTape tape_;
  TapeWriter writer_;
  LiquidationFeed feed_;
  Hash64 digest_;
  std::uint64_t trade_count_ = 0;
  UnixNanos funding_next_;
  double mid_log_ = 0.0;
  double mean_log_ = 0.0;
  double moved_from_log_ = 0.0;
  double variance_ratio_ = 1.0;
  double stress_ = 1.0;
  double gap_log_ = 0.0;
  UnixNanos gap_from_;
};

}  // namespace faultline
