#include "lab/day.hpp"

#include <algorithm>
#include <cmath>
#include <queue>
#include <string>

#include "base/rng.hpp"
#include "core/time_text.hpp"
#include "lab/day_recorder.hpp"
#include "lab/ledger.hpp"
#include "lab/liquidation_index.hpp"
#include "lab/prices.hpp"

namespace faultline {
namespace {

constexpr Nanos kMilli{1'000'000};
constexpr Nanos kOpenInterestInterval{10 * kSecond.value};
constexpr Nanos kSnapshotInterval = kHour;
constexpr std::size_t kMakerCount = 8;
constexpr double kUsdPerUnit = 1e-4;  // of the ledger's money
constexpr double kBtcPerLot = 1e-3;
constexpr double kPositionUsdMax = 5e6;
// Orders reach the makers in clips; a large order takes at most so many.
constexpr double kClipUsdMean = 5'000.0;
constexpr std::int64_t kClipsPerOrderMax = 200;
constexpr double kPriceRangeMax = 20.0;
// What a trader does when its holding time is over: close, halve, or else add half.
constexpr double kCloseShare = 0.7;
constexpr double kHalveShare = 0.2;
// Log odds of selling per unit of premium: an expensive contract finds fewer buyers.
constexpr double kPremiumAversion = 1'000.0;
constexpr double kTrendMax = 3.0;
// A cross wallet holds between what the wanted leverage needs and three times that.
constexpr std::int64_t kCrossWalletFactor = 3;

struct Trader {
  double position_usd = 0.0;
  bool is_isolated = false;
  double leverage = 1.0;
  std::size_t patience = 0;
  std::uint64_t wake_stamp = 0;  // older wake-ups of this trader are void
};

struct Wake {
  UnixNanos time;
  AccountIndex trader = 0;
  std::uint64_t stamp = 0;
};
struct LaterFirst {
  bool operator()(const Wake& a, const Wake& b) const {
    return a.time != b.time ? a.time > b.time : a.trader > b.trader;
  }
};

struct Order {
  UnixNanos time;
  AccountIndex account = 0;
  Side opens_towards = Side::kLong;
  std::int64_t qty = 0;
};

// The market itself: traders wake up, makers fill, the mark judges.
class LabMarket {
 public:
  explicit LabMarket(const LabConfig& config);
  Outcome<LabDay> run(const ProgressFn& report);

 private:
  UnixNanos end() const { return config_.begin + config_.length; }
  bool is_every(Nanos interval, UnixNanos time) const {
    return (time - config_.begin).value % interval.value == 0;
  }
  void seat_traders();
  void schedule(AccountIndex trader, UnixNanos from, Nanos mean);
  void pay_funding(UnixNanos now);
  void snapshot(UnixNanos now);
  void liquidate(UnixNanos now);
  void force_out(AccountIndex account, UnixNanos time);
  void act(AccountIndex trader, UnixNanos time);
  void enter(AccountIndex trader, UnixNanos time);
  void halve(AccountIndex trader, UnixNanos time);
  void add(AccountIndex trader, UnixNanos time);
  void close(AccountIndex trader, UnixNanos time);
  PriceE9 execute(const Order& order);
  void reprice(AccountIndex account);
  void fund(AccountIndex trader, double usd);
  AccountIndex maker_for(Side opens_towards) const;
  double maker_share() const;
  std::int64_t lots_of(double usd) const;

  LabConfig config_;
  Rng behaviour_;
  TierTable tiers_ = lab_tiers();
  LabPrices prices_;
  Ledger ledger_;
  LiquidationIndex index_;
  DayRecorder recorder_;
  std::vector<Trader> traders_;
  std::priority_queue<Wake, std::vector<Wake>, LaterFirst> wakes_;
  UnixNanos last_trade_{};
};

LabMarket::LabMarket(const LabConfig& config)
    : config_(config),
      behaviour_(Rng(config.seed).stream("behaviour")),
      prices_(config, Rng(config.seed)),
      ledger_(config.trader_count + kMakerCount),
      index_(config.trader_count + kMakerCount),
      recorder_(config.begin),
      traders_(config.trader_count) {
  seat_traders();
}

// The first positions are drawn as a long-running market would have them (holding scales weighted
// by how long they last), or open interest would grow through the whole day.
void LabMarket::seat_traders() {
  const UnixNanos start = config_.begin - config_.warm_up;
  for (AccountIndex i = 0; i < traders_.size(); ++i) {
    Rng rng = Rng(config_.seed).stream("trader", i);
    Trader& trader = traders_[i];
    const double size_log = config_.position_usd_spread * rng.normal();
    trader.position_usd =
        std::min(kPositionUsdMax, config_.position_usd_median * std::exp(size_log));
    trader.is_isolated = rng.uniform() < config_.isolated_share;
    schedule(i, start, config_.idle_mean);
  }
}

void LabMarket::schedule(AccountIndex trader, UnixNanos from, Nanos mean) {
  const double wait = behaviour_.exponential() * static_cast<double>(mean.value);
  // Beyond a thousand days nobody wakes up; it keeps the sum inside 64 bits.
  const double bounded = std::min(wait, 1'000.0 * static_cast<double>(kDay.value));
  const auto millis = static_cast<std::int64_t>(bounded) / kMilli.value + 1;
  wakes_.push({from + Nanos(millis * kMilli.value), trader, ++traders_[trader].wake_stamp});
}

AccountIndex LabMarket::maker_for(Side opens_towards) const {
  const auto first = static_cast<AccountIndex>(traders_.size());
  AccountIndex best = first;
  for (AccountIndex i = first; i < ledger_.accounts().size(); ++i) {
    if (sign(opens_towards) * (ledger_[i].qty - ledger_[best].qty) > 0) best = i;
  }
  return best;
}

double LabMarket::maker_share() const {
  std::int64_t net = 0;
  for (const LabAccount& maker : ledger_.accounts().subspan(traders_.size())) net += maker.qty;
  const auto total = std::max<std::int64_t>(1, ledger_.open_interest().value);
  return static_cast<double>(net) / static_cast<double>(total);
}

std::int64_t LabMarket::lots_of(double usd) const {
  return std::max<std::int64_t>(1, std::llround(usd / prices_.mid() / kBtcPerLot));
}

// Walks the makers' quotes in clips and returns the mean fill price.
PriceE9 LabMarket::execute(const Order& order) {
  last_trade_ = std::max(last_trade_, order.time);
  const std::int64_t clip_least = order.qty / kClipsPerOrderMax + 1;
  std::int64_t cost = 0;
  for (std::int64_t left = order.qty; left > 0;) {
    const std::int64_t drawn = lots_of(behaviour_.exponential() * kClipUsdMean);
    const std::int64_t clip = std::min(left, std::max(drawn, clip_least));
    const double usd = static_cast<double>(clip) * kBtcPerLot * prices_.mid();
    const Fill fill{.taker = order.account,
                    .maker = maker_for(order.opens_towards),
                    .opens_towards = order.opens_towards,
                    .price = prices_.take(order.opens_towards, usd),
                    .qty = Qty(clip)};
    ledger_.trade(fill);
    recorder_.trade(last_trade_, fill);
    cost += fill.price.value * clip;
    left -= clip;
  }
  reprice(order.account);
  return PriceE9(std::llround(static_cast<double>(cost) / static_cast<double>(order.qty) * 1e8));
}

void LabMarket::reprice(AccountIndex account) {
  const LabAccount& state = ledger_[account];
  const LabMargin margin{
      .tiers = &tiers_, .is_isolated = traders_[account].is_isolated, .mark = prices_.mark()};
  index_.place(account, state.side(), liquidation_price_of(state, margin));
}

// Brings the wallet to what a position of `usd` needs at the trader's leverage.
void LabMarket::fund(AccountIndex trader, double usd) {
  const std::int64_t wallet = ledger_[trader].wallet;
  const std::int64_t need = std::llround(usd / traders_[trader].leverage / kUsdPerUnit) + 1;
  const std::int64_t most = traders_[trader].is_isolated ? need : kCrossWalletFactor * need;
  ledger_.transfer(trader, std::clamp(wallet, need, most) - wallet);
}

void LabMarket::enter(AccountIndex index, UnixNanos time) {
  Trader& trader = traders_[index];
  const double trend = std::clamp(prices_.trend(), -kTrendMax, kTrendMax);
  const double odds_log = config_.crowding * trend - kPremiumAversion * prices_.premium();
  const bool is_long = behaviour_.uniform() < 1.0 / (1.0 + std::exp(-odds_log));
  const double usd = std::min(kPositionUsdMax, trader.position_usd * (0.5 + behaviour_.uniform()));
  const double wanted =
      config_.leverage_median * std::exp(config_.leverage_spread * behaviour_.normal());
  const auto tier = tiers_.tiers()[tiers_.tier_index_at(usd).value()];
  trader.leverage =
      std::clamp(wanted, 1.0, std::min(config_.leverage_max, tier.leverage_max.value_or(1.0)));
  // Positions from before the day's warm-up are met as often as they last.
  std::array<double, 3> weights = config_.holding_share;
  if (trader.wake_stamp == 1) {
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] *= static_cast<double>(config_.holding_mean[i].value);
  }
  double draw = behaviour_.uniform() * (weights[0] + weights[1] + weights[2]);
  trader.patience = 0;
  while (trader.patience + 1 < weights.size() && draw >= weights[trader.patience])
    draw -= weights[trader.patience++];
  fund(index, usd);
  execute({time, index, is_long ? Side::kLong : Side::kShort, lots_of(usd)});
  schedule(index, time, config_.holding_mean[trader.patience]);
}

void LabMarket::close(AccountIndex trader, UnixNanos time) {
  const LabAccount& state = ledger_[trader];
  execute({time, trader, opposite(state.side()), std::abs(state.qty)});
  if (state.wallet < 0) ledger_.settle(trader);
  if (traders_[trader].is_isolated) ledger_.transfer(trader, -state.wallet);
  schedule(trader, time, config_.idle_mean);
}

// Isolated margin of the half that goes is withdrawn with it, as venues do.
void LabMarket::halve(AccountIndex trader, UnixNanos time) {
  const LabAccount& state = ledger_[trader];
  const std::int64_t qty = std::abs(state.qty);
  if (qty < 2) return close(trader, time);
  if (traders_[trader].is_isolated)
    ledger_.transfer(trader, -std::max<std::int64_t>(state.wallet, 0) / 2);
  execute({time, trader, opposite(state.side()), qty / 2});
  schedule(trader, time, config_.holding_mean[traders_[trader].patience]);
}

void LabMarket::add(AccountIndex trader, UnixNanos time) {
  const LabAccount& state = ledger_[trader];
  const std::int64_t qty = std::max<std::int64_t>(1, std::abs(state.qty) / 2);
  const double usd = static_cast<double>(qty) * kBtcPerLot * prices_.mid();
  const auto margin = std::llround(usd / traders_[trader].leverage / kUsdPerUnit) + 1;
  ledger_.transfer(trader, margin);
  execute({time, trader, state.side(), qty});
  schedule(trader, time, config_.holding_mean[traders_[trader].patience]);
}

void LabMarket::act(AccountIndex trader, UnixNanos time) {
  if (ledger_[trader].qty == 0) return enter(trader, time);
  const double draw = behaviour_.uniform();
  if (draw < kCloseShare) return close(trader, time);
  if (draw < kCloseShare + kHalveShare) return halve(trader, time);
  const double usd = static_cast<double>(std::abs(ledger_[trader].cost)) * kUsdPerUnit;
  // A position at the limit is not added to: its ladder would allow less leverage than it has.
  return usd > traders_[trader].position_usd * 1.5 ? close(trader, time) : add(trader, time);
}

void LabMarket::force_out(AccountIndex account, UnixNanos time) {
  const LabAccount& state = ledger_[account];
  ForcedOrder order{.time = time,
                    .account_id = account + 1LL,
                    .side = state.side(),
                    .qty = Qty(std::abs(state.qty)),
                    .liquidation_price = index_.price_of(account).value(),
                    .mark = prices_.mark(),
                    .fill_price = {}};
  order.fill_price = execute({time, account, opposite(order.side), order.qty.value});
  order.time = last_trade_;
  ledger_.settle(account);
  recorder_.forced_order(order);
  schedule(account, time, config_.idle_mean);
}

// One forced order moves the price, and with it the mark that the next account is judged by.
void LabMarket::liquidate(UnixNanos now) {
  for (std::uint32_t i = 0; i < config_.forced_orders_per_tick_max; ++i) {
    std::optional<AccountIndex> account = index_.crossed(Side::kLong, prices_.mark());
    if (!account) account = index_.crossed(Side::kShort, prices_.mark());
    if (!account) return;
    const Nanos delay{std::min<std::int64_t>((i + 1) * kMilli.value, config_.tick.value / 2)};
    force_out(*account, now + delay);
  }
}

void LabMarket::pay_funding(UnixNanos now) {
  const std::int64_t rate_e9 = prices_.settle_funding_e9();
  ledger_.pay_funding({.rate_e9 = rate_e9, .mark = PriceTicks(prices_.mark().value / 100'000'000)});
  recorder_.funding(now, rate_e9);
  for (AccountIndex i = 0; i < traders_.size(); ++i) {
    if (ledger_[i].qty != 0) reprice(i);
  }
}

void LabMarket::snapshot(UnixNanos now) {
  for (AccountIndex i = 0; i < ledger_.accounts().size(); ++i) {
    const bool is_trader = i < traders_.size();
    recorder_.position(
        {.time = now,
         .account = i,
         .state = ledger_[i],
         .liquidation_price = index_.price_of(i),
         .is_isolated = is_trader ? std::optional(traders_[i].is_isolated) : std::nullopt,
         .mark = prices_.mark()});
  }
}

Outcome<LabDay> LabMarket::run(const ProgressFn& report) {
  const Nanos total = config_.warm_up + config_.length;
  const UnixNanos start = config_.begin - config_.warm_up;
  for (UnixNanos now = start;; now = now + config_.tick) {
    if (is_every(kMinute, now)) {
      const Progress progress{.what = "simulating",
                              .done = static_cast<std::uint64_t>((now - start).value),
                              .total = static_cast<std::uint64_t>(total.value)};
      if (!keep_going(report, progress)) return Diagnostic{.code = Errc::kCancelled};
    }
    prices_.tick(now, maker_share());
    const double moved = std::abs(std::log(prices_.mid() / config_.start_price));
    if (!(moved < std::log(kPriceRangeMax))) {
      return Diagnostic{.code = Errc::kOutOfRange,
                        .field = "price",
                        .note = "left the allowed range at " + to_text(now)};
    }
    if (is_every(config_.funding_interval, now) && now != end()) pay_funding(now);
    if (is_every(kSnapshotInterval, now) || now == end()) snapshot(now);
    if (now == end()) return recorder_.take();
    if (is_every(kOpenInterestInterval, now)) recorder_.open_interest(now, ledger_.open_interest());
    recorder_.prices(now, prices_);
    liquidate(now);
    while (!wakes_.empty() && wakes_.top().time < now + config_.tick) {
      const Wake wake = wakes_.top();
      wakes_.pop();
      if (wake.stamp == traders_[wake.trader].wake_stamp) act(wake.trader, wake.time);
    }
  }
}

// Of the range of UnixNanos that files may hold (core/time_text.hpp), in days since 1970.
constexpr std::int64_t kFirstDay = 14'245;
constexpr std::int64_t kLastDay = 47'450;

struct Bound {
  std::string_view field;
  double value;
  double least;
  double most;
};

Diagnostic complaint(Errc code, std::string_view field, std::string note) {
  return Diagnostic{.code = code, .field = std::string(field), .note = std::move(note)};
}

}  // namespace

Outcome<void> validate(const LabConfig& config) {
  const auto seconds = [](Nanos length) {
    return static_cast<double>(length.value) / static_cast<double>(kSecond.value);
  };
  const double day = seconds(kDay);
  const std::array bounds{
      Bound{"length", seconds(config.length), 1.0, 31.0 * day},
      Bound{"warm_up", seconds(config.warm_up), 0.0, 31.0 * day},
      Bound{"tick", seconds(config.tick), 0.1, 10.0},
      Bound{"start_price", config.start_price, 100.0, 1e7},
      Bound{"daily_volatility", config.daily_volatility, 1e-4, 0.5},
      Bound{"news_count", static_cast<double>(config.news_count), 0.0, 100.0},
      Bound{"news_size", config.news_size, 0.0, 0.5},
      Bound{"trader_count", static_cast<double>(config.trader_count), 1.0, 1e5},
      Bound{"position_usd_median", config.position_usd_median, 1.0, kPositionUsdMax},
      Bound{"position_usd_spread", config.position_usd_spread, 0.0, 4.0},
      Bound{"leverage_median", config.leverage_median, 1.0, 125.0},
      Bound{"leverage_spread", config.leverage_spread, 0.0, 4.0},
      Bound{"leverage_max", config.leverage_max, 1.0, 125.0},
      Bound{"isolated_share", config.isolated_share, 0.0, 1.0},
      Bound{"crowding", config.crowding, 0.0, 5.0},
      Bound{"holding_mean", seconds(std::ranges::min(config.holding_mean)), 1.0, 1000.0 * day},
      Bound{"holding_mean", seconds(std::ranges::max(config.holding_mean)), 1.0, 1000.0 * day},
      Bound{"holding_share", std::ranges::min(config.holding_share), 0.0, 1.0},
      Bound{"idle_mean", seconds(config.idle_mean), 1.0, 1000.0 * day},
      Bound{"depth_usd_per_percent", config.depth_usd_per_percent, 1e3, 1e12},
      Bound{"resilience_half_life", seconds(config.resilience_half_life), 0.1, day},
      Bound{"permanent_impact", config.permanent_impact, 0.0, 1.0},
      Bound{"funding_interval", seconds(config.funding_interval), 3600.0, day},
      Bound{"forced_orders_per_tick_max", static_cast<double>(config.forced_orders_per_tick_max),
            1.0, 1e4},
  };
  for (const Bound& bound : bounds) {
    // Written so that NaN fails.
    if (bound.value >= bound.least && bound.value <= bound.most) continue;
    return complaint(Errc::kOutOfRange, bound.field,
                     "from " + std::to_string(bound.least) + " to " + std::to_string(bound.most));
  }
  const double shares = config.holding_share[0] + config.holding_share[1] + config.holding_share[2];
  if (!(std::abs(shares - 1.0) < 1e-9))
    return complaint(Errc::kBadRequest, "holding_share", "must sum to 1");
  if (kOpenInterestInterval.value % config.tick.value != 0)
    return complaint(Errc::kBadRequest, "tick", "must divide ten seconds");
  if (config.begin.value % kSecond.value != 0 || config.begin.value < kFirstDay * kDay.value ||
      config.begin.value >= kLastDay * kDay.value)
    return complaint(Errc::kBadRequest, "begin", "must be a whole second of 2009 to 2099");
  if (config.funding_interval.value % kHour.value != 0)
    return complaint(Errc::kBadRequest, "funding_interval", "must be a multiple of an hour");
  if (config.length.value % kOpenInterestInterval.value != 0)
    return complaint(Errc::kBadRequest, "length", "must be a multiple of ten seconds");
  if (config.warm_up.value % kOpenInterestInterval.value != 0)
    return complaint(Errc::kBadRequest, "warm_up", "must be a multiple of ten seconds");
  return {};
}

Outcome<LabDay> simulate_day(const LabConfig& config, const ProgressFn& report) {
  if (auto valid = validate(config); !valid) return valid.error();
  return LabMarket(config).run(report);
}

}  // namespace faultline
