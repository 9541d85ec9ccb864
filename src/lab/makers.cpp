#include "lab/makers.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace faultline {
namespace {

// Levels grow apart by one factor, from the half spread to here, whatever the spread.
constexpr double kFarthest = 0.1354;
// Depth per unit of price falls to a half here.
constexpr double kDepthHalf = 0.03;
// A level moves when its place is off by more than this share of its distance.
constexpr double kPlaceTolerance = 0.15;
constexpr double kTooFew = 0.7;  // of what should be there
constexpr double kTooMany = 1.4;
// Makers are never short of money: who they are is not what is studied. Each has this much, and no
// less than so many times what it quotes on one side.
constexpr double kMoneyUsd = 1e9;
constexpr double kMoneyOfQuotes = 20.0;
// What an account can count: more coins than there will ever be, and more dollars than there are.
constexpr double kMoneyUsdMax = 1e12;
constexpr double kMoneyCoinsMax = 1e9;

}  // namespace

Makers::Makers(const MarketConfig& config, std::uint16_t venue, VenueMarket& market,
               const OutsideValue& value, Agenda& agenda)
    : config_(config.makers),
      venue_(venue),
      market_(market),
      value_(value),
      agenda_(agenda),
      usd_per_log_(100.0 * config.makers.depth_usd_per_percent * market.share() /
                   static_cast<double>(config.makers.count)) {
  double from = 0.0;
  double distance = config_.half_spread;
  const double growth =
      std::pow(kFarthest / config_.half_spread, 1.0 / static_cast<double>(kLevels - 1));
  for (std::size_t level = 0; level < kLevels; ++level) {
    distance_[level] = distance;
    // The integral of the depth between the level before and this one.
    usd_[level] = usd_per_log_ * kDepthHalf *
                  std::log((1.0 + distance / kDepthHalf) / (1.0 + from / kDepthHalf));
    from = distance;
    distance *= growth;
  }
  const double quoted = std::accumulate(usd_.begin(), usd_.end(), 0.0);
  const double most_usd = std::min(kMoneyUsdMax, kMoneyCoinsMax * config.value.start_price);
  const double money_usd = std::min(std::max(kMoneyUsd, kMoneyOfQuotes * quoted), most_usd);
  for (std::uint32_t i = 0; i < config_.count; ++i) {
    Rng rng = Rng(config.seed).stream("maker", (std::uint64_t{venue} << 32U) | i);
    const double scale = std::exp(0.5 * (rng.uniform() - 0.5));
    makers_.push_back({.rng = rng, .scale = scale});
    for (const Side side : {Side::kLong, Side::kShort}) {
      for (std::size_t level = 0; level < kLevels; ++level)
        makers_.back().factors[index_of(side)][level] =
            std::exp(-sign(side) * distance_[level] * scale);
    }
    const AccountIndex account = market.accounts().makers + i;
    market.exchange().set_mode(account, MarginMode::kCross, 1.0);
    market.exchange().deposit(account,
                              market.contract().money_of_usd(money_usd, market.exchange().mark()));
    agenda.after(Nanos(1'000), makers_.back().rng, {LabEventKind::kMakerLook, venue, i, 0});
  }
}

void Makers::look(const LabEvent& event) {
  const LabContract& contract = market_.contract();
  const double price = std::exp(value_.log() + market_.gap_log(agenda_.now()));
  const View view{.centre = price / contract.price_approx(PriceTicks(1)),
                  .lots_per_usd = 1.0 / (contract.usd_approx(1, market_.exchange().mark()) *
                                         market_.thinning())};
  for (const Side side : {Side::kLong, Side::kShort}) {
    for (std::size_t level = 0; level < kLevels; ++level) requote(event.agent, side, level, view);
  }
  agenda_.after(config_.look_mean, makers_[event.agent].rng, event);
}

void Makers::requote(std::uint32_t index, Side side, std::size_t level, const View& view) {
  Maker& maker = makers_[index];
  Quote& quote = maker.quotes[index_of(side)][level];
  Exchange& exchange = market_.exchange();
  const double ticks = view.centre * maker.factors[index_of(side)][level];
  // Rounded away from the touch, so that both sides of a narrow spread can be quoted.
  const double whole = side == Side::kLong ? std::floor(ticks) : std::ceil(ticks);
  const PriceTicks price(
      static_cast<std::int64_t>(std::clamp(whole, 1.0, static_cast<double>(kPriceLevels - 1))));
  const std::int64_t wanted =
      std::max<std::int64_t>(1, std::llround(usd_[level] * maker.scale * view.lots_per_usd));
  if (quote.is_there) {
    const auto found = exchange.book().find(quote.id);
    quote.is_there = found.has_value();
    const double off = std::abs(static_cast<double>((price - quote.price).value));
    if (found && off > std::max(0.5, kPlaceTolerance * distance_[level] * ticks)) {
      (void)exchange.cancel(quote.id);
      quote.is_there = false;
    } else if (found) {
      const std::int64_t left = found->order.quantity.value;
      std::int64_t then = left;
      if (static_cast<double>(left) < kTooFew * static_cast<double>(wanted)) {
        const auto missing = static_cast<double>(wanted - left);
        then = left + std::max<std::int64_t>(1, std::llround(config_.refill_share * missing));
      } else if (static_cast<double>(left) > kTooMany * static_cast<double>(wanted)) {
        then = wanted;
      }
      if (then != left)
        (void)exchange.replace(quote.id, {.price = quote.price, .quantity = Qty(then)});
      return;
    }
  }
  const auto placed = exchange.place({.owner = OwnerId{market_.accounts().makers + index},
                                      .side = side,
                                      .kind = OrderKind::kPostOnly,
                                      .price = price,
                                      .quantity = Qty(wanted)});
  if (placed && placed->state == PlacementState::kResting)
    quote = {.id = placed->id, .price = price, .is_there = true};
}

}  // namespace faultline
