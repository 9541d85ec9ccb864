#include "study/claims_market.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.hpp"
#include "study/claims_fuel.hpp"
#include "study/live_map.hpp"

namespace faultline {
namespace {

constexpr double kUsualDepth = 10e6;
constexpr double kThinDepth = kUsualDepth / 3.0;
constexpr double kDeepDepth = kUsualDepth * 3.0;
// As lab/makers.cpp and lab/readers.cpp have them.
constexpr double kDepthHalf = 0.03;
constexpr double kProviderReach = 0.05;
constexpr double kBehind = 5e-4;
constexpr std::size_t kProvidedMax = 3;

void crowd(MarketConfig& config) {
  config.holders.long_bias = 1.2;
  config.holders.leverage_median = 14.0;
  config.holders.position_usd_median = 30'000.0;
}

void add_news(MarketConfig& config, double size) {
  config.value.news_count = 1;
  config.value.news_size = size;
  config.value.news_sign = 0.0;
}

// Nobody borrows. The sizes of positions stay, the money behind them grows.
void unlever(MarketConfig& config) {
  config.holders.leverage_max = 1.0;
  config.takers.leverage = 1.0;
  config.trend.leverage = 1.0;
}

void split(MarketConfig& config) {
  config.venues.clear();
  constexpr std::array kShares{0.5, 0.3, 0.2};
  constexpr std::array kSymbols{"BTCUSDT", "BTCUSDC", "BTCUSD"};
  for (std::size_t i = 0; i < kShares.size(); ++i) {
    VenueConfig venue;
    venue.share = kShares[i];
    venue.exchange.instrument = lab_instrument(kSymbols[i]);
    config.venues.push_back(std::move(venue));
  }
}

// Takers at 1x in both arms: the holders' cap is all that differs between them.
void thin_tailed(MarketConfig& config, double leverage_max) {
  unlever(config);
  config.takers.tail = 0.0;
  config.takers.branching = 0.0;
  config.trend.followers = 0;
  config.trend.reverters = 0;
  config.makers.depth_usd_per_percent = kThinDepth;
  config.holders.leverage_median = 14.0;
  config.holders.position_usd_median = 30'000.0;
  config.holders.leverage_max = leverage_max;
}

// Those who read the map, on a market of crowded longs.
void add_readers(MarketConfig& config, ClaimArm arm) {
  config.readers.cluster_ratio = 1.3;
  // Nobody: the map is made for readers only, and a share that no holder falls into asks for it.
  config.readers.avoider_share = 1e-12;
  if (arm == ClaimArm::kAvoiders) config.readers.avoider_share = 0.5;
  if (arm == ClaimArm::kHunters) {
    config.readers.hunters = 4;
    config.readers.hunter_usd = 2e6;
    config.readers.hunter_gain = 1.0;
  }
  if (arm == ClaimArm::kProviders) config.readers.providers = 3;
}

bool is_one_of(ClaimArm arm, std::initializer_list<ClaimArm> arms) {
  return std::ranges::find(arms, arm) != arms.end();
}

// News, depth and venues of the arms of crowded holders.
void add_surroundings(MarketConfig& config, ClaimArm arm) {
  using enum ClaimArm;
  if (arm == kShock)
    add_news(config, 0.12);
  else if (shows_map(arm))
    add_news(config, 0.03);
  else if (arm != kCalm)
    add_news(config, 0.05);
  config.makers.depth_usd_per_percent = kUsualDepth;
  if (is_one_of(arm, {kThin, kThinUnlevered})) config.makers.depth_usd_per_percent = kThinDepth;
  if (is_one_of(arm, {kDeep, kDeepUnlevered})) config.makers.depth_usd_per_percent = kDeepDepth;
  if (is_one_of(arm, {kFragmented, kFragmentedUnlevered})) split(config);
}

void add_snapshot_row(const VenueTape& tape, std::size_t row, TrueProfile& out) {
  static const std::size_t kLiquidation =
      column_index(EventKind::kPosition, "liquidation_price_e9");
  const ColumnBatch& truth = tape.positions;
  const double usd = 1e-6 * static_cast<double>(truth.column("position_usd_e6")[row]);
  const auto side = static_cast<Side>(truth.column("side")[row]);
  if (side == Side::kLong) out.open_interest_usd += usd;
  if (!truth.columns[kLiquidation].has(row)) return;
  const double price = to_double_approx(PriceE9(truth.columns[kLiquidation].values[row]));
  const double distance = sign(side) * (out.log_mark - std::log(price));
  if (distance < 0.0) return;
  const auto band = static_cast<std::size_t>(distance / kTrueBand);
  if (band < kTrueBandCount) out.usd[index_of(side)][band] += usd;
  if (distance < kConcentrationReach) out.usd_squared[index_of(side)] += usd * usd;
}

void add_snapshots(const VenueTape& tape, MarketFacts& facts) {
  const auto times = tape.positions.column("time");
  for (std::size_t row = 0; row < times.size(); ++row) {
    const UnixNanos time(times[row]);
    auto& all = facts.snapshots;
    auto at = std::ranges::lower_bound(all, time, {}, &TrueProfile::time);
    if (at == all.end() || at->time != time) {
      TrueProfile fresh;
      fresh.time = time;
      fresh.log_mark = facts.log_mark_at(time);
      at = all.insert(at, std::move(fresh));
    }
    add_snapshot_row(tape, row, *at);
  }
}

void add_path(const VenueTape& tape, double share, MarketFacts& facts) {
  const auto times = tape.marks.column("time");
  const auto marks = tape.marks.column("mark_e9");
  for (std::size_t row = 0; row < times.size(); ++row) {
    const std::int64_t offset = times[row] - facts.begin.value;
    if (offset % kPathInterval.value != 0) continue;
    const auto index = static_cast<std::size_t>(offset / kPathInterval.value);
    if (facts.path.size() <= index) facts.path.resize(index + 1);
    facts.path[index] += share * std::log(to_double_approx(PriceE9(marks[row])));
  }
}

void add_forced(const VenueTape& tape, MarketFacts& facts) {
  const LabContract contract = LabContract::of(tape.instrument).value();
  for (const LiquidationRecord& record : tape.forced)
    facts.forced.push_back({.time = record.time,
                            .side = record.side,
                            .usd = contract.usd_of_money(record.value, record.mark),
                            .kind = record.kind});
}

// Keeps, each hour, the map near the price that it is shown at.
MapSource watched(MapSource source, const ReaderConfig& readers, std::vector<ShownMap>& shown) {
  return [source = std::move(source), &readers, &shown](
             UnixNanos now,
             std::span<const VenueTape* const> tapes) -> Outcome<std::optional<MapView>> {
    Outcome<std::optional<MapView>> view = source(now, tapes);
    if (!view || !*view || now.value % kHour.value != 0) return view;
    const std::int64_t last = tapes[0]->marks.column("mark_e9").back();
    const double log_mark = std::log(to_double_approx(PriceE9(last)));
    shown.push_back({.time = now,
                     .usd = bins_of(**view, log_mark),
                     .provided_usd = provided_usd(**view, log_mark, readers)});
    return view;
  };
}

}  // namespace

std::string_view name_of(ClaimArm arm) {
  constexpr std::array<std::string_view, kClaimArmCount> kNames{
      "similar",      "wide",          "crowded",         "thin book",       "deep book",
      "three venues", "crowded at 1x", "thin book at 1x", "deep book at 1x", "three venues at 1x",
      "cap 1",        "cap 125",       "balanced",        "nobody",          "hunters",
      "avoiders",     "providers",     "no news",         "12 % news"};
  return kNames[static_cast<std::size_t>(arm)];
}

bool is_levered(ClaimArm arm) {
  return arm < ClaimArm::kCrowdedUnlevered || arm > ClaimArm::kCapOne;
}

bool shows_map(ClaimArm arm) { return arm >= ClaimArm::kNobody && arm <= ClaimArm::kProviders; }

MarketConfig claim_market(ClaimArm arm, std::uint64_t seed) {
  MarketConfig config;
  config.seed = seed;
  config.length = Nanos(kDay.value);
  config.warm_up = Nanos(kDay.value);
  if (arm == ClaimArm::kSimilar || arm == ClaimArm::kWide) {
    const bool is_similar = arm == ClaimArm::kSimilar;
    config.holders.leverage_median = 20.0;
    config.holders.leverage_spread = is_similar ? 0.15 : 1.4;
    config.holders.crowding = is_similar ? 1.5 : 0.0;
    // A cross wallet of one to three times the need would spread the leverage again.
    config.holders.isolated_share = 1.0;
    return config;
  }
  if (arm == ClaimArm::kCapOne || arm == ClaimArm::kCapHigh) {
    thin_tailed(config, arm == ClaimArm::kCapOne ? 1.0 : 125.0);
    return config;
  }
  crowd(config);
  add_surroundings(config, arm);
  if (!is_levered(arm)) unlever(config);
  if (arm == ClaimArm::kBalanced) {
    config.holders.long_bias = 0.0;
    config.holders.crowding = 0.0;
  }
  if (shows_map(arm)) add_readers(config, arm);
  return config;
}

double calm_depth_usd(double depth_usd_per_percent, double reach) {
  return 100.0 * depth_usd_per_percent * kDepthHalf * std::log1p(reach / kDepthHalf);
}

RecoverySides bins_of(const MapView& view, double log_mark) {
  RecoverySides out{};
  for (const MapLevel& level : view.levels) {
    for (const Side side : {Side::kLong, Side::kShort}) {
      const double usd = side == Side::kLong ? level.long_usd : level.short_usd;
      const double middle = sign(side) * (log_mark - std::log(level.price));
      const double nearest = middle - 0.5 * view.level_log;
      for (std::size_t bin = 0; bin < kRecoveryBinCount; ++bin) {
        const double from = std::max(nearest, kRecoveryBin * static_cast<double>(bin));
        const double to =
            std::min(nearest + view.level_log, kRecoveryBin * static_cast<double>(bin + 1));
        if (to > from) out[index_of(side)][bin] += usd * (to - from) / view.level_log;
      }
    }
  }
  return out;
}

std::array<BookSums, 2> provided_usd(const MapView& view, double log_mark,
                                     const ReaderConfig& readers) {
  std::array<BookSums, 2> out{};
  if (readers.providers == 0) return out;
  std::array<std::size_t, 2> count{};
  for (const ShownCluster& cluster :
       shown_clusters(view, std::exp(log_mark), kProviderReach, readers.cluster_ratio)) {
    if (count[index_of(cluster.side)]++ >= kProvidedMax) continue;
    const double edge = cluster.side == Side::kLong ? cluster.price_low * (1.0 - kBehind)
                                                    : cluster.price_high * (1.0 + kBehind);
    const double distance = sign(cluster.side) * (log_mark - std::log(edge));
    for (std::size_t i = 0; i < kBookReaches.size(); ++i) {
      if (distance < kBookReaches[i])
        out[index_of(cluster.side)][i] += readers.provider_share * cluster.usd;
    }
  }
  return out;
}

double ShownMap::near(Side side) const {
  const auto bins = std::span(usd[index_of(side)]).first(kRecoveryNearCount);
  return std::accumulate(bins.begin(), bins.end(), 0.0);
}

double TrueProfile::within(Side side, double reach) const {
  const auto bands = static_cast<std::size_t>(std::llround(reach / kTrueBand));
  double sum = 0.0;
  for (std::size_t band = 0; band < std::min(bands, kTrueBandCount); ++band)
    sum += usd[index_of(side)][band];
  return sum;
}

std::size_t MarketFacts::index_at(UnixNanos time) const {
  const std::int64_t index = (time - begin).value / kPathInterval.value;
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(index, 0, static_cast<std::int64_t>(path.size()) - 1));
}

double MarketFacts::log_mark_at(UnixNanos time) const { return path[index_at(time)]; }

double MarketFacts::realised(UnixNanos from, UnixNanos to) const {
  double sum = 0.0;
  for (std::size_t i = index_at(from); i < index_at(to); ++i)
    sum += (path[i + 1] - path[i]) * (path[i + 1] - path[i]);
  return std::sqrt(sum);
}

double MarketFacts::forced_usd(UnixNanos from, UnixNanos to) const {
  double sum = 0.0;
  for (const ForcedSale& sale : forced) sum += sale.time >= from && sale.time < to ? sale.usd : 0.0;
  return sum;
}

double MarketFacts::book_share() const {
  double all = 0.0;
  double book = 0.0;
  for (const ForcedSale& sale : forced) {
    all += sale.usd;
    book += sale.kind == ForcedKind::kBook ? sale.usd : 0.0;
  }
  return all > 0.0 ? book / all : 1.0;
}

const TrueProfile& MarketFacts::snapshot_at(UnixNanos time) const {
  const auto after = std::ranges::upper_bound(snapshots, time, {}, &TrueProfile::time);
  return after == snapshots.begin() ? snapshots.front() : *(after - 1);
}

MarketFacts facts_of(const MarketConfig& config, const MarketRun& run) {
  MarketFacts facts;
  facts.begin = config.begin;
  facts.depth_usd_per_percent = config.makers.depth_usd_per_percent;
  facts.daily_volatility = config.value.daily_volatility;
  facts.news = planned_news(config);
  double share_sum = 0.0;
  for (const VenueConfig& venue : config.venues) share_sum += venue.share;
  for (std::size_t venue = 0; venue < run.venues.size(); ++venue)
    add_path(run.venues[venue], config.venues[venue].share / share_sum, facts);
  for (const VenueTape& tape : run.venues) {
    add_snapshots(tape, facts);
    add_forced(tape, facts);
  }
  std::ranges::stable_sort(facts.forced, {}, &ForcedSale::time);
  return facts;
}

Outcome<MarketFacts> run_claim_market(ClaimArm arm, const MarketConfig& config,
                                      const ProgressFn& report) {
  std::vector<ShownMap> shown;
  MapSource maps;
  if (shows_map(arm)) maps = watched(live_map_source({.reach = 0.15}), config.readers, shown);
  const Outcome<MarketRun> run = simulate_market(config, report, maps);
  if (!run) return run.error();
  MarketFacts facts = facts_of(config, *run);
  facts.shown = std::move(shown);
  // In one venue: an episode is one in its book.
  if (arm == ClaimArm::kCrowded || arm == ClaimArm::kBalanced)
    facts.fuel = fuel_of_episodes(config, run->venues[0], facts);
  return facts;
}

std::span<const MarketFacts> ClaimsData::of(ClaimArm arm) const {
  const auto found = runs_.find(arm);
  FAULTLINE_CHECK(found != runs_.end());
  return found->second;
}

}  // namespace faultline
