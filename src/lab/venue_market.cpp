#include "lab/venue_market.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr Nanos kOpenInterestInterval{10 * kSecond.value};
constexpr Nanos kDepthInterval = kMinute;
// Memories of what a screen shows, in seconds.
constexpr double kTrendSeconds = 3600.0;
constexpr double kStressSeconds = 120.0;
// Volatility is measured over so long: within a second or two a book is as often empty as moved.
constexpr Nanos kMoveInterval{10 * kSecond.value};
constexpr double kMoveSeconds = 10.0;
constexpr double kStressMax = 100.0;
constexpr double kSecondsPerDay = 86'400.0;

VenueAccounts lay_out(const MarketConfig& config, std::uint32_t holder_count) {
  VenueAccounts at;
  at.takers = at.makers + config.makers.count;
  at.trend = at.takers + config.takers.count;
  at.arbitrage = at.trend + config.trend.followers + config.trend.reverters;
  at.hunters = at.arbitrage + (config.venues.size() > 1 ? config.arbitrage.count : 0);
  at.providers = at.hunters + config.readers.hunters;
  at.holders = at.providers + config.readers.providers;
  at.end = at.holders + holder_count;
  return at;
}

double share_of(const MarketConfig& config, std::size_t venue) {
  double sum = 0.0;
  for (const VenueConfig& one : config.venues) sum += one.share;
  return config.venues[venue].share / sum;
}

ExchangeConfig exchange_of(const MarketConfig& config, std::size_t venue, AccountIndex accounts) {
  ExchangeConfig exchange = config.venues[venue].exchange;
  const LabContract contract = LabContract::of(exchange.instrument).value();
  exchange.account_count = accounts;
  exchange.opening_time = config.begin - config.warm_up;
  exchange.opening_price =
      PriceTicks(std::llround(config.value.start_price / contract.price_approx(PriceTicks(1))));
  return exchange;
}

bool is_every(Nanos interval, UnixNanos time) { return time.value % interval.value == 0; }

}  // namespace

VenueMarket::VenueMarket(const MarketConfig& config, std::size_t venue, std::uint32_t holder_count,
                         OutsideValue& value)
    : config_(config.venues[venue]),
      makers_(config.makers),
      share_(share_of(config, venue)),
      volatility_second_(config.value.daily_volatility / std::sqrt(kSecondsPerDay)),
      impact_per_usd_(0.01 / config.makers.depth_usd_per_percent),
      permanent_impact_(config.value.permanent_impact),
      begin_(config.begin),
      end_(config.begin + config.length),
      value_(value),
      accounts_(lay_out(config, holder_count)),
      contract_(LabContract::of(config_.exchange.instrument).value()),
      exchange_(exchange_of(config, venue, accounts_.end), *this),
      writer_(tape_, contract_),
      feed_(config_.feed, Rng(config.seed).stream("feed", venue),
            [this](const Liquidation& print) { writer_.liquidation(print); }),
      funding_next_(config.begin - config.warm_up + config_.exchange.funding.interval),
      mid_log_(std::log(config.value.start_price)),
      mean_log_(mid_log_),
      moved_from_log_(mid_log_),
      gap_from_(config.begin - config.warm_up) {
  tape_.instrument = config_.exchange.instrument;
  tape_.feed = config_.feed;
}

std::int64_t VenueMarket::take(AccountIndex account, Side side, std::int64_t lots) {
  const auto placed = exchange_.place(
      {.owner = OwnerId{account}, .side = side, .kind = OrderKind::kMarket, .quantity = Qty(lots)});
  return placed ? placed->filled.value : 0;
}

std::int64_t VenueMarket::lots_of_usd(double usd) const {
  const double lots = usd / contract_.usd_approx(1, exchange_.mark());
  return std::max<std::int64_t>(1, std::llround(lots));
}

double VenueMarket::trend() const {
  const double deviation = volatility_second_ * std::sqrt(0.5 * kTrendSeconds);
  return (mid_log_ - mean_log_) / deviation;
}

double VenueMarket::premium_log() const { return std::log(mid() / value_.price()); }

double VenueMarket::thinning() const {
  return std::clamp(1.0 + makers_.thinning * (stress_ - 1.0), 1.0, makers_.thinning_max);
}

double VenueMarket::gap_log(UnixNanos now) {
  const double target = -makers_.inventory_skew * maker_share();
  const double lives = static_cast<double>((now - gap_from_).value) /
                       static_cast<double>(makers_.resilience_half_life.value);
  gap_log_ = target + (gap_log_ - target) * std::exp2(-lives);
  gap_from_ = now;
  return gap_log_;
}

double VenueMarket::maker_share() const {
  std::int64_t net = 0;
  for (AccountIndex account = accounts_.makers; account < accounts_.takers; ++account)
    net += exchange_.ledger()[account].qty;
  const std::int64_t total = std::max<std::int64_t>(1, exchange_.open_interest().value);
  return static_cast<double>(net) / static_cast<double>(total);
}

void VenueMarket::watch(UnixNanos now) {
  mid_log_ = std::log(mid());
  mean_log_ += (mid_log_ - mean_log_) / kTrendSeconds;
  if (!is_every(kMoveInterval, now)) return;
  const double moved =
      (mid_log_ - moved_from_log_) / (volatility_second_ * std::sqrt(kMoveSeconds));
  moved_from_log_ = mid_log_;
  variance_ratio_ += (moved * moved - variance_ratio_) * kMoveSeconds / kStressSeconds;
  stress_ = std::clamp(std::sqrt(variance_ratio_), 1.0, kStressMax);
}

void VenueMarket::on_second(UnixNanos now, double index) {
  watch(now);
  const ExchangeConfig& rules = exchange_.config();
  if (is_every(rules.mark.basis_interval, now)) exchange_.sample_basis(index);
  if (is_every(rules.funding.sample_interval, now)) exchange_.sample_premium(index);
  if (now >= funding_next_ && now < end_) {
    exchange_.settle_funding();
    funding_next_ = funding_next_ + rules.funding.interval;
  }
  feed_.close(now);
  // States are recorded before the second's own orders.
  if (now >= begin_ && now < end_) {
    writer_.mark(now, exchange_.mark(), index, exchange_.funding_estimate());
    if (is_every(kOpenInterestInterval, now)) writer_.open_interest(now, exchange_.open_interest());
    if (is_every(kDepthInterval, now)) record_depth(now);
  }
  if (now >= end_) return;
  exchange_.update_mark(index);
  exchange_.unwind();
}

void VenueMarket::record_depth(UnixNanos now) {
  for (const Side side : {Side::kLong, Side::kShort}) {
    const double furthest = mid() * (1.0 - sign(side) * kDepthBand);
    std::int64_t lots = 0;
    double usd = 0.0;
    exchange_.book().visit_levels(side, [&](PriceTicks price, Qty here) {
      if (sign(side) * (contract_.price_approx(price) - furthest) < 0.0) return false;
      lots += here.value;
      usd += contract_.usd_approx(here.value, price);
      return true;
    });
    writer_.depth(now, side, Qty(lots), usd);
  }
}

void VenueMarket::record_positions() {
  FAULTLINE_CHECK(exchange_.ledger().is_conserved());
  (void)exchange_.liquidation_levels();
  for (AccountIndex account = 0; account <= exchange_.fund_account(); ++account) {
    const bool is_maker = account < accounts_.takers || account == exchange_.fund_account();
    writer_.position(
        {.time = exchange_.now(),
         .account = account,
         .state = exchange_.ledger()[account],
         .liquidation_tick = is_maker ? std::nullopt : exchange_.liquidation_tick_of(account),
         .mark = exchange_.mark(),
         .is_maker = is_maker});
  }
}

void VenueMarket::on_trade(UnixNanos time, const Fill& fill) {
  digest_.add_u64(static_cast<std::uint64_t>(time.value))
      .add_u64(static_cast<std::uint64_t>(fill.price.value))
      .add_u64(static_cast<std::uint64_t>(sign(fill.opens_towards) * fill.qty.value))
      .add_u64((std::uint64_t{fill.taker} << 32U) | fill.maker);
  ++trade_count_;
  const double usd = contract_.usd_approx(fill.qty.value, fill.price);
  const double move = sign(fill.opens_towards) * usd * impact_per_usd_;
  value_.learn(move);
  // By the depth that is usual: a thin book is pierced, and makers know that it was thin.
  gap_log_ += move * (1.0 / share_ - permanent_impact_);
  if (time >= begin_) writer_.trade(time, fill);
}

void VenueMarket::on_liquidation(const LiquidationRecord& record) {
  if (record.time < begin_) return;
  tape_.forced.push_back(record);
  feed_.add(writer_.print_of(record));
}

void VenueMarket::on_deleverage(const DeleverageRecord& record) {
  if (record.time >= begin_) tape_.deleveraged.push_back(record);
}

void VenueMarket::on_funding(UnixNanos time, std::int64_t rate_e9) {
  if (time >= begin_) writer_.funding(time, rate_e9);
}

}  // namespace faultline
