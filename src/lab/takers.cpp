#include "lab/takers.hpp"

#include <algorithm>
#include <cmath>

namespace faultline {
namespace {

constexpr double kTrendMax = 3.0;
// What a taker or trend trader brings, as a multiple of its usual position's margin.
constexpr double kSpareFactor = 3.0;
constexpr double kRefillBelow = 0.5;
constexpr double kOrderUsdMax = 2e6;
constexpr double kWaitMaxNanos = 1e16;   // four months: longer than any market
constexpr double kTrendDeadBand = 0.25;  // of the position; smaller changes are not traded

double seconds(Nanos length) {
  return static_cast<double>(length.value) / static_cast<double>(kSecond.value);
}

double position_usd(const VenueMarket& market, AccountIndex account) {
  const std::int64_t qty = market.exchange().ledger()[account].qty;
  const double usd = market.contract().usd_approx(std::abs(qty), market.exchange().mark());
  return qty < 0 ? -usd : usd;
}

// Money comes from outside until the account could carry `usd` at its leverage, with some to spare.
void keep_funded(VenueMarket& market, AccountIndex account, double needed_usd) {
  Exchange& exchange = market.exchange();
  const double equity = market.contract().usd_of_money(
      exchange.ledger().equity(account, exchange.mark()), exchange.mark());
  if (equity >= kRefillBelow * needed_usd) return;
  exchange.deposit(account, market.contract().money_of_usd(needed_usd - equity, exchange.mark()));
}

}  // namespace

Takers::Takers(const MarketConfig& config, std::uint16_t venue, VenueMarket& market, Agenda& agenda)
    : config_(config.takers),
      venue_(venue),
      market_(market),
      agenda_(agenda),
      rng_(Rng(config.seed).stream("takers", venue)),
      base_rate_(config.takers.orders_per_second * market.share() *
                 (1.0 - config.takers.branching)),
      excited_from_(agenda.now()) {
  for (std::uint32_t i = 0; i < config_.count; ++i)
    market.exchange().set_mode(market.accounts().takers + i, MarginMode::kCross, config_.leverage);
  if (config_.count > 0 && base_rate_ > 0.0) draw_next();
}

double Takers::excited_at(UnixNanos time) const {
  return excited_ * std::exp(-seconds(time - excited_from_) / seconds(config_.memory));
}

void Takers::draw_next() {
  candidate_rate_ = base_rate_ + excited_at(agenda_.now());
  const double mean = std::min(kWaitMaxNanos, 1e9 / candidate_rate_);
  agenda_.after(Nanos(static_cast<std::int64_t>(mean)), rng_,
                {LabEventKind::kTakerOrder, venue_, 0, 0});
}

void Takers::candidate(const LabEvent&) {
  const double rate = base_rate_ + excited_at(agenda_.now());
  if (rng_.uniform() * candidate_rate_ < rate) {
    excited_ = rate - base_rate_ + config_.branching / seconds(config_.memory);
    excited_from_ = agenda_.now();
    order();
  }
  draw_next();
}

void Takers::order() {
  const auto who = static_cast<AccountIndex>(rng_.below(config_.count));
  const AccountIndex account = market_.accounts().takers + who;
  const double held = position_usd(market_, account);
  const bool is_buy = rng_.uniform() < 1.0 / (1.0 + std::exp(held / config_.turn_usd));
  // Of median `size_usd_median` in both cases.
  const double draw = config_.tail > 0.0 ? rng_.pareto(config_.tail) / std::exp2(1.0 / config_.tail)
                                         : rng_.exponential() / std::log(2.0);
  const double usd = std::min(kOrderUsdMax, config_.size_usd_median * draw);
  keep_funded(market_, account,
              kSpareFactor * (std::abs(held) + usd + config_.turn_usd) / config_.leverage);
  market_.take(account, is_buy ? Side::kLong : Side::kShort, market_.lots_of_usd(usd));
}

TrendTraders::TrendTraders(const MarketConfig& config, std::uint16_t venue, VenueMarket& market,
                           Agenda& agenda)
    : config_(config.trend), market_(market), agenda_(agenda) {
  const std::uint32_t count = config_.followers + config_.reverters;
  for (std::uint32_t i = 0; i < count; ++i) {
    rngs_.push_back(Rng(config.seed).stream("trend", (std::uint64_t{venue} << 32U) | i));
    market.exchange().set_mode(market.accounts().trend + i, MarginMode::kCross, config_.leverage);
    agenda.after(config_.look_mean, rngs_.back(), {LabEventKind::kTrendLook, venue, i, 0});
  }
}

void TrendTraders::look(const LabEvent& event) {
  const AccountIndex account = market_.accounts().trend + event.agent;
  const double trend = std::clamp(market_.trend(), -kTrendMax, kTrendMax) / kTrendMax;
  const int direction = event.agent < config_.followers ? 1 : -1;
  const double usd_max = config_.position_usd * market_.share();
  const double change = direction * trend * usd_max - position_usd(market_, account);
  if (std::abs(change) > kTrendDeadBand * usd_max) {
    keep_funded(market_, account, kSpareFactor * usd_max / config_.leverage);
    market_.take(account, change > 0.0 ? Side::kLong : Side::kShort,
                 market_.lots_of_usd(std::abs(change)));
  }
  agenda_.after(config_.look_mean, rngs_[event.agent], event);
}

}  // namespace faultline
