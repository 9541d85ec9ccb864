#include "lab/holders.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace faultline {
namespace {

// Log odds of selling per unit of premium: an expensive contract finds fewer buyers.
constexpr double kPremiumAversion = 1'000.0;
constexpr double kTrendMax = 3.0;
constexpr Nanos kClipPause{5 * kSecond.value};
constexpr double kAvoidReach = 0.1;  // of the price

}  // namespace

Holders::Holders(const MarketConfig& config, std::uint16_t venue, std::uint32_t count,
                 VenueMarket& market, Agenda& agenda)
    : laws_(config.holders, market.contract(), market.exchange().config().tiers),
      readers_(config.readers),
      venue_(venue),
      market_(market),
      agenda_(agenda),
      streams_(Rng(config.seed).stream("holders", venue)),
      holders_(count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    Rng rng = draws_of(i);
    Holder& holder = holders_[i];
    holder.position_usd = laws_.position_usd(rng);
    holder.is_isolated = laws_.is_isolated(rng);
    // By a stream of its own, so that a share of none leaves the market as it is.
    holder.is_avoider =
        Rng(config.seed).stream("avoider", (std::uint64_t{venue} << 32U) | i).uniform() <
        readers_.avoider_share;
    if (holder.is_avoider) avoiders_.push_back(i);
    sleep(i, laws_.config().idle_mean, rng);
  }
}

Rng Holders::draws_of(std::uint32_t holder) {
  return streams_.stream("wake", (std::uint64_t{holder} << 32U) | holders_[holder].draws++);
}

void Holders::sleep(std::uint32_t holder, Nanos mean, Rng& rng) {
  agenda_.after(mean, rng, {LabEventKind::kHolderWake, venue_, holder, ++holders_[holder].stamp});
}

void Holders::send(std::uint32_t holder, std::int64_t lots, bool is_reducing) {
  holders_[holder].working = lots;
  holders_[holder].is_reducing = is_reducing;
  agenda_.at(agenda_.now() + market_.config().latency,
             {LabEventKind::kHolderOrder, venue_, holder, ++holders_[holder].stamp});
}

void Holders::wake(const LabEvent& event) {
  Holder& holder = holders_[event.agent];
  if (event.stamp != holder.stamp) return;
  Rng rng = draws_of(event.agent);
  if (holder.phase == Phase::kHolding && state_of(event.agent).qty == 0) {
    holder.phase = Phase::kIdle;  // taken from it, or stopped out
    holder.has_stop = false;
    sleep(event.agent, laws_.config().idle_mean, rng);
  } else if (holder.phase == Phase::kHolding) {
    act(event.agent, rng);
  } else {
    enter(event.agent, rng);
  }
}

// Brings the wallet to what a position of `usd` more needs at the holder's leverage.
void Holders::fund(std::uint32_t index, double usd) {
  const Holder& holder = holders_[index];
  Exchange& exchange = market_.exchange();
  const WalletRange range = laws_.wallet(usd, holder.leverage, holder.is_isolated, exchange.mark());
  const std::int64_t wallet = state_of(index).wallet;
  const std::int64_t wanted = std::clamp(wallet, range.least, range.most);
  if (wanted > wallet) exchange.deposit(account_of(index), wanted - wallet);
  if (wanted < wallet) exchange.withdraw(account_of(index), wallet - wanted);
}

void Holders::enter(std::uint32_t index, Rng& rng) {
  Holder& holder = holders_[index];
  const double trend = std::clamp(market_.trend(), -kTrendMax, kTrendMax);
  const double odds_log = laws_.config().long_bias + laws_.config().crowding * trend -
                          kPremiumAversion * market_.premium_log();
  const bool is_long = rng.uniform() < 1.0 / (1.0 + std::exp(-odds_log));
  const double usd =
      std::min(laws_.config().position_usd_max, holder.position_usd * HolderLaws::size_factor(rng));
  holder.leverage = laws_.leverage(usd, market_.exchange().mark(), rng);
  holder.patience = laws_.patience(holder.draws == 2, rng);
  market_.exchange().set_mode(account_of(index),
                              holder.is_isolated ? MarginMode::kIsolated : MarginMode::kCross,
                              static_cast<double>(holder.leverage));
  fund(index, usd);
  const std::int64_t lots = market_.lots_of_usd(usd);
  send(index, is_long ? lots : -lots, false);
}

void Holders::act(std::uint32_t index, Rng& rng) {
  Holder& holder = holders_[index];
  const LabAccount& state = state_of(index);
  const PriceTicks mark = market_.exchange().mark();
  const HolderSituation situation{
      .usd = market_.contract().usd_approx(std::abs(state.qty), mark),
      .position_usd = holder.position_usd,
      .is_divisible = std::abs(state.qty) >= 2,
      .is_losing = market_.contract().value(state.qty, mark) < state.entry_value()};
  const HolderAct act = laws_.act(situation, rng);
  if (act == HolderAct::kAdd) {
    add(index, rng);
    return;
  }
  if (act == HolderAct::kWait) {
    sleep(index, laws_.holding_mean(holder.patience), rng);
    return;
  }
  drop_stop(index);
  send(index, act == HolderAct::kHalve ? -state.qty / 2 : -state.qty, true);
}

void Holders::add(std::uint32_t index, Rng& rng) {
  const LabAccount& state = state_of(index);
  const std::int64_t lots = state.qty / 2;
  if (lots == 0) {
    sleep(index, laws_.holding_mean(holders_[index].patience), rng);
    return;
  }
  const PriceTicks mark = market_.exchange().mark();
  const double usd = market_.contract().usd_approx(std::abs(lots), mark);
  market_.exchange().deposit(account_of(index),
                             laws_.addition_margin(usd, holders_[index].leverage, mark));
  drop_stop(index);
  send(index, lots, false);
}

void Holders::on_map(const MapView& view) {
  if (avoiders_.empty()) return;
  const double price = market_.mid();
  const auto clusters = shown_clusters(view, price, kAvoidReach, readers_.cluster_ratio);
  for (const std::uint32_t index : avoiders_) {
    const Holder& holder = holders_[index];
    const LabAccount& state = state_of(index);
    if (holder.phase != Phase::kHolding || holder.working != 0 || state.qty == 0) continue;
    const auto tick = market_.exchange().liquidation_tick_of(account_of(index));
    if (!tick) continue;
    const double own = market_.contract().price_approx(*tick);
    const bool is_inside = std::ranges::any_of(clusters, [&](const ShownCluster& cluster) {
      return cluster.side == state.side() && own >= cluster.price_low && own <= cluster.price_high;
    });
    if (!is_inside) continue;
    Rng rng = draws_of(index);
    avoid(index, rng);
  }
}

// Half of them close half of the position, the others bring as much margin again.
void Holders::avoid(std::uint32_t index, Rng& rng) {
  const LabAccount& state = state_of(index);
  if (rng.uniform() < 0.5 && std::abs(state.qty) >= 2) {
    drop_stop(index);
    send(index, -state.qty / 2, true);
    return;
  }
  Exchange& exchange = market_.exchange();
  const std::int64_t margin = std::max<std::int64_t>(state.backing(), 0);
  exchange.deposit(account_of(index), margin);
  if (state.is_isolated) exchange.add_margin(account_of(index), margin);
}

void Holders::order(const LabEvent& event) {
  Holder& holder = holders_[event.agent];
  if (event.stamp != holder.stamp) return;
  const std::int64_t clip_most = market_.lots_of_usd(laws_.config().clip_usd);
  const std::int64_t lots = std::min(std::abs(holder.working), clip_most);
  const Side side = holder.working > 0 ? Side::kLong : Side::kShort;
  const auto placed = market_.exchange().place({.owner = OwnerId{account_of(event.agent)},
                                                .side = side,
                                                .kind = OrderKind::kMarket,
                                                .is_reduce_only = holder.is_reducing,
                                                .quantity = Qty(lots)});
  holder.working -= sign(side) * lots;
  if (placed && placed->filled.value > 0 && !holder.is_reducing)
    market_.record_entry({.time = agenda_.now(),
                          .account = account_of(event.agent),
                          .side = side,
                          .lots = placed->filled,
                          .mark = market_.exchange().mark(),
                          .is_addition = holder.phase == Phase::kHolding});
  if (!placed || holder.working == 0) {
    rest_after_order(event.agent);
    return;
  }
  Rng rng = draws_of(event.agent);
  agenda_.after(kClipPause, rng, {LabEventKind::kHolderOrder, venue_, event.agent, ++holder.stamp});
}

void Holders::rest_after_order(std::uint32_t index) {
  Holder& holder = holders_[index];
  Rng rng = draws_of(index);
  const LabAccount& state = state_of(index);
  holder.working = 0;
  if (state.qty != 0) {
    holder.phase = Phase::kHolding;
    if (!holder.has_stop && laws_.wants_stop(rng)) set_stop(index, rng);
    sleep(index, laws_.holding_mean(holder.patience), rng);
    return;
  }
  holder.phase = Phase::kIdle;
  if (holder.is_isolated) market_.exchange().withdraw(account_of(index), state.wallet);
  sleep(index, laws_.config().idle_mean, rng);
}

// On the mark, .2 to .8 of the way to liquidation.
void Holders::set_stop(std::uint32_t index, Rng& rng) {
  Holder& holder = holders_[index];
  Exchange& exchange = market_.exchange();
  const auto tick = exchange.liquidation_tick_of(account_of(index));
  if (!tick) return;
  const LabAccount& state = state_of(index);
  const double way = HolderLaws::stop_way(rng);
  const auto distance = static_cast<double>((*tick - exchange.mark()).value);
  const PriceTicks price = exchange.mark() + TickDelta(std::llround(way * distance));
  const auto placed = exchange.place({.owner = OwnerId{account_of(index)},
                                      .side = opposite(state.side()),
                                      .kind = OrderKind::kMarket,
                                      .is_reduce_only = true,
                                      .quantity = Qty(std::abs(state.qty)),
                                      .trigger = Trigger{.price = price}});
  if (!placed || placed->state != PlacementState::kWaiting) return;
  holder.stop = placed->id;
  holder.has_stop = true;
}

void Holders::drop_stop(std::uint32_t index) {
  Holder& holder = holders_[index];
  if (!holder.has_stop) return;
  holder.has_stop = false;
  (void)market_.exchange().cancel(holder.stop);  // gone already where it fired
}

}  // namespace faultline
