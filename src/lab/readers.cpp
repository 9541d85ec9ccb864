#include "lab/readers.hpp"

#include <algorithm>
#include <cmath>

namespace faultline {
namespace {

constexpr Nanos kPieceMean{3 * kSecond.value};
constexpr Nanos kHuntMax{10 * kMinute.value};
constexpr double kPieces = 10.0;  // of a push
// Providers stand behind a cluster by this share of the price, and behind no more than so many.
constexpr double kBehind = 5e-4;
constexpr std::size_t kProvidedMax = 3;
constexpr double kProviderReach = 0.05;
constexpr double kProviderUnwind = 0.25;  // of a position, at each map
constexpr double kReaderWalletUsd = 50e6;

// What a price is from the touch on the other side, at most.
PriceTicks ticks_of(const LabContract& contract, double price) {
  const double ticks = std::round(price / contract.price_approx(PriceTicks(1)));
  return PriceTicks(
      static_cast<std::int64_t>(std::clamp(ticks, 1.0, static_cast<double>(kPriceLevels - 1))));
}

}  // namespace

Readers::Readers(const MarketConfig& config, std::uint16_t venue, VenueMarket& market,
                 Agenda& agenda)
    : config_(config.readers), venue_(venue), market_(market), agenda_(agenda) {
  const VenueAccounts& at = market.accounts();
  for (AccountIndex account = at.hunters; account < at.holders; ++account) {
    market.exchange().set_mode(account, MarginMode::kCross, 5.0);
    market.exchange().deposit(
        account, market.contract().money_of_usd(kReaderWalletUsd, market.exchange().mark()));
  }
  for (std::uint32_t i = 0; i < config_.hunters; ++i)
    hunters_.push_back(
        {.rng = Rng(config.seed).stream("hunter", (std::uint64_t{venue} << 32U) | i)});
}

void Readers::on_map(const MapView& view) {
  const double price = market_.mid();
  const auto near = shown_clusters(view, price, config_.hunter_reach, config_.cluster_ratio);
  for (std::uint32_t i = 0; i < hunters_.size(); ++i) {
    if (hunters_[i].target == 0.0) decide(i, near);
  }
  if (config_.providers > 0)
    provide(shown_clusters(view, price, kProviderReach, config_.cluster_ratio));
}

// USD of orders that stand between the price and the near edge of the cluster.
double Readers::cost_to_reach(const ShownCluster& cluster) const {
  const LabContract& contract = market_.contract();
  const Side book_side = cluster.side;  // longs are liquidated by falling through bids
  const double edge = cluster.side == Side::kLong ? cluster.price_high : cluster.price_low;
  const PriceTicks limit = ticks_of(contract, edge);
  return contract.usd_approx(market_.exchange().book().lots_to(book_side, limit).value, limit);
}

void Readers::decide(std::uint32_t index, const std::vector<ShownCluster>& clusters) {
  Hunter& hunter = hunters_[index];
  for (const ShownCluster& cluster : clusters) {
    const double cost = cost_to_reach(cluster);
    if (cost > config_.hunter_usd || cluster.usd < config_.hunter_gain * cost) continue;
    hunter.target = cluster.side == Side::kLong ? cluster.price_high : cluster.price_low;
    hunter.towards = opposite(cluster.side);  // sells to reach longs
    hunter.spent_usd = 0.0;
    hunter.until = agenda_.now() + kHuntMax;
    agenda_.after(kPieceMean, hunter.rng, {LabEventKind::kReaderAct, venue_, index, 0});
    return;
  }
}

void Readers::act(const LabEvent& event) {
  Hunter& hunter = hunters_[event.agent];
  const AccountIndex account = market_.accounts().hunters + event.agent;
  const double mid = market_.mid();
  const bool is_there = sign(hunter.towards) * (mid - hunter.target) >= 0.0;
  const bool goes_on =
      !is_there && hunter.spent_usd < config_.hunter_usd && agenda_.now() < hunter.until;
  if (goes_on) {
    push(hunter, account);
  } else if (!give_back(account)) {
    hunter.target = 0.0;
    return;
  } else {
    hunter.until = agenda_.now();  // no second push
  }
  agenda_.after(kPieceMean, hunter.rng, event);
}

void Readers::push(Hunter& hunter, AccountIndex account) {
  const double usd = config_.hunter_usd / kPieces;
  market_.take(account, hunter.towards, market_.lots_of_usd(usd));
  hunter.spent_usd += usd;
}

// False when there is nothing left.
bool Readers::give_back(AccountIndex account) {
  const std::int64_t qty = market_.exchange().ledger()[account].qty;
  if (qty == 0) return false;
  const std::int64_t lots =
      std::min(std::abs(qty), market_.lots_of_usd(config_.hunter_usd / kPieces));
  market_.take(account, qty > 0 ? Side::kShort : Side::kLong, lots);
  return true;
}

void Readers::provide(const std::vector<ShownCluster>& clusters) {
  Exchange& exchange = market_.exchange();
  const VenueAccounts& at = market_.accounts();
  for (AccountIndex account = at.providers; account < at.holders; ++account) {
    exchange.cancel_all(account);
    const std::int64_t qty = exchange.ledger()[account].qty;
    const auto back = static_cast<std::int64_t>(kProviderUnwind * static_cast<double>(qty));
    if (back != 0) market_.take(account, back > 0 ? Side::kShort : Side::kLong, std::abs(back));
    std::array<std::size_t, 2> count{};
    for (const ShownCluster& cluster : clusters) {
      if (count[index_of(cluster.side)]++ >= kProvidedMax) continue;
      const double edge = cluster.side == Side::kLong ? cluster.price_low * (1.0 - kBehind)
                                                      : cluster.price_high * (1.0 + kBehind);
      const double usd = config_.provider_share * cluster.usd / config_.providers;
      (void)exchange.place({.owner = OwnerId{account},
                            .side = cluster.side,
                            .kind = OrderKind::kPostOnly,
                            .price = ticks_of(market_.contract(), edge),
                            .quantity = Qty(market_.lots_of_usd(usd))});
    }
  }
}

}  // namespace faultline
