#include "lab/arbitrage.hpp"

#include <cmath>
#include <utility>

namespace faultline {

Arbitrage::Arbitrage(const MarketConfig& config, std::vector<VenueMarket*> markets, Agenda& agenda)
    : config_(config.arbitrage),
      markets_(std::move(markets)),
      agenda_(agenda),
      legs_(config.arbitrage.count, std::vector<Leg>(markets_.size())) {
  for (std::uint32_t i = 0; i < config_.count; ++i) {
    rngs_.push_back(Rng(config.seed).stream("arbitrage", i));
    for (VenueMarket* market : markets_) {
      const AccountIndex account = market->accounts().arbitrage + i;
      Exchange& exchange = market->exchange();
      exchange.set_mode(account, MarginMode::kCross, 1.0);
      // Rich, like makers: they carry positions from venue to venue that never meet.
      exchange.deposit(account, market->contract().money_of_usd(1e9, exchange.mark()));
    }
    agenda_.after(config_.look_mean, rngs_.back(), {LabEventKind::kArbitrageLook, 0, i, 0});
  }
}

void Arbitrage::handle(const LabEvent& event) {
  if (event.kind == LabEventKind::kArbitrageOrder) {
    arrive(event);
    return;
  }
  look(event.agent);
  agenda_.after(config_.look_mean, rngs_[event.agent], event);
}

void Arbitrage::look(std::uint32_t who) {
  std::size_t cheap = 0;
  std::size_t dear = 0;
  double ask_least = 0.0;
  double bid_most = 0.0;
  for (std::size_t i = 0; i < markets_.size(); ++i) {
    if (legs_[who][i].lots != 0) return;  // still on its way
    const OrderBook& book = markets_[i]->exchange().book();
    const auto bid = book.best_price(Side::kLong);
    const auto ask = book.best_price(Side::kShort);
    if (!bid || !ask) continue;
    const double bid_price = markets_[i]->contract().price_approx(*bid);
    const double ask_price = markets_[i]->contract().price_approx(*ask);
    if (ask_least == 0.0 || ask_price < ask_least) {
      ask_least = ask_price;
      cheap = i;
    }
    if (bid_price > bid_most) {
      bid_most = bid_price;
      dear = i;
    }
  }
  if (cheap == dear || bid_most < ask_least * (1.0 + config_.gap_least)) return;
  const double middle = 0.5 * (ask_least + bid_most);
  send(who, cheap, Side::kLong, middle);
  send(who, dear, Side::kShort, middle);
}

void Arbitrage::send(std::uint32_t who, std::size_t venue, Side side, double limit) {
  VenueMarket& market = *markets_[venue];
  legs_[who][venue] = {.lots = sign(side) * market.lots_of_usd(config_.order_usd), .limit = limit};
  agenda_.at(agenda_.now() + market.config().latency,
             {LabEventKind::kArbitrageOrder, static_cast<std::uint16_t>(venue), who, 0});
}

void Arbitrage::arrive(const LabEvent& event) {
  const Leg leg = std::exchange(legs_[event.agent][event.venue], {});
  VenueMarket& market = *markets_[event.venue];
  const double tick = market.contract().price_approx(PriceTicks(1));
  const bool is_buy = leg.lots > 0;
  const double limit = is_buy ? std::floor(leg.limit / tick) : std::ceil(leg.limit / tick);
  // A refusal is a gap that was not worth it: there is nothing to do about it.
  (void)market.exchange().place({.owner = OwnerId{market.accounts().arbitrage + event.agent},
                                 .side = is_buy ? Side::kLong : Side::kShort,
                                 .kind = OrderKind::kImmediateOrCancel,
                                 .price = PriceTicks(static_cast<std::int64_t>(limit)),
                                 .quantity = Qty(is_buy ? leg.lots : -leg.lots)});
}

}  // namespace faultline
