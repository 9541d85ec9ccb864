#include "study/claims_measures.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr double kBin = 0.005;
constexpr std::size_t kBandsPerBin = 5;
constexpr std::size_t kTouchBins = 10;
constexpr Nanos kTouchWindow{15 * kMinute.value};
constexpr double kVolatilityLeast = 1e-6;
constexpr std::int64_t kBackstop =
    kMinute.value;  // an extreme may come so long after the last sale

double square_sum(std::span<const double> values) {
  double sum = 0.0;
  for (const double value : values) sum += value * value;
  return sum;
}

std::vector<double> smoothed(std::span<const double> mass) {
  const auto n = static_cast<std::ptrdiff_t>(mass.size());
  const auto reach = static_cast<std::ptrdiff_t>(kSmoothBins);
  std::vector<double> out(mass.size());
  const double weight_sum = static_cast<double>((reach + 1) * (reach + 1));
  for (std::ptrdiff_t from = 0; from < n; ++from) {
    for (std::ptrdiff_t step = -reach; step <= reach; ++step) {
      std::ptrdiff_t to = from + step;
      if (to < 0) to = -1 - to;
      if (to >= n) to = 2 * n - 1 - to;
      const double weight = static_cast<double>(reach + 1 - std::abs(step)) / weight_sum;
      out[static_cast<std::size_t>(to)] += weight * mass[static_cast<std::size_t>(from)];
    }
  }
  return out;
}

UnixNanos end_of(const MarketFacts& facts) {
  return facts.begin + Nanos(static_cast<std::int64_t>(facts.path.size()) * kPathInterval.value);
}

double log_volatility(const MarketFacts& facts, UnixNanos from, UnixNanos to) {
  return std::log(std::max(kVolatilityLeast, facts.realised(from, to)));
}

// When price first is `edge` away on the side's own side, within an hour of the snapshot.
std::optional<UnixNanos> first_touch(const MarketFacts& facts, const TrueProfile& snapshot,
                                     Side side, double edge) {
  const std::size_t last = facts.index_at(snapshot.time + kHour);
  for (std::size_t i = facts.index_at(snapshot.time); i <= last; ++i) {
    if (sign(side) * (snapshot.log_mark - facts.path[i]) < edge) continue;
    return facts.begin + Nanos(static_cast<std::int64_t>(i) * kPathInterval.value);
  }
  return std::nullopt;
}

}  // namespace

std::vector<double> half_percent_bins(std::span<const double> bands, std::size_t bin_count) {
  FAULTLINE_CHECK(bands.size() >= bin_count * kBandsPerBin);
  std::vector<double> bins(bin_count);
  for (std::size_t band = 0; band < bin_count * kBandsPerBin; ++band)
    bins[band / kBandsPerBin] += bands[band];
  return bins;
}

std::optional<double> concentration_excess(std::span<const double> mass, double sum_of_squares) {
  FAULTLINE_CHECK(mass.size() > kSmoothBins);
  double total = 0.0;
  for (const double one : mass) total += one;
  if (total <= 0.0) return std::nullopt;
  const double grain = sum_of_squares / (total * total);
  FAULTLINE_CHECK(grain >= 0.0 && grain <= 1.0 + 1e-9);
  const double found = square_sum(mass) / (total * total);
  const double smooth = square_sum(smoothed(mass)) / (total * total);
  return found / (grain + (1.0 - grain) * smooth) - 1.0;
}

std::vector<Touch> touches_of(const MarketFacts& facts) {
  std::vector<Touch> touches;
  for (const TrueProfile& snapshot : facts.snapshots) {
    if (snapshot.time + kHour > end_of(facts)) continue;
    for (const Side side : kSides) {
      const auto bins = half_percent_bins(snapshot.usd[index_of(side)], kTouchBins);
      double mean = 0.0;
      for (const double bin : bins) mean += bin / static_cast<double>(kTouchBins);
      // The nearest bin is touched from the begin on.
      for (std::size_t bin = 1; bin < kTouchBins; ++bin) {
        const bool is_cluster = bins[bin] >= kClusterRatio * mean && mean > 0.0;
        if (!is_cluster && bins[bin] >= mean) continue;
        const auto time = first_touch(facts, snapshot, side, kBin * static_cast<double>(bin));
        if (!time || *time - kTouchWindow < facts.begin || *time + kTouchWindow > end_of(facts))
          continue;
        touches.push_back({.bin = bin,
                           .is_cluster = is_cluster,
                           .log_before = log_volatility(facts, *time - kTouchWindow, *time),
                           .log_after = log_volatility(facts, *time, *time + kTouchWindow)});
      }
    }
  }
  return touches;
}

std::vector<MatchedTouches> match_touches(std::span<const Touch> touches) {
  std::vector<MatchedTouches> pairs;
  std::vector<bool> is_used(touches.size());
  for (std::size_t i = 0; i < touches.size(); ++i) {
    if (!touches[i].is_cluster) continue;
    std::optional<std::size_t> best;
    double best_gap = kBeforeCaliper;
    for (std::size_t j = 0; j < touches.size(); ++j) {
      if (touches[j].is_cluster || is_used[j] || touches[j].bin != touches[i].bin) continue;
      const double gap = std::abs(touches[j].log_before - touches[i].log_before);
      if (gap > best_gap) continue;
      best = j;
      best_gap = gap;
    }
    if (!best) continue;
    is_used[*best] = true;
    pairs.push_back({.cluster = i, .control = *best});
  }
  return pairs;
}

std::vector<Episode> episodes_of(std::span<const ForcedSale> forced) {
  std::vector<Episode> episodes;
  std::array<std::optional<std::size_t>, 2> open;
  for (const ForcedSale& sale : forced) {
    std::optional<std::size_t>& at = open[index_of(sale.side)];
    if (!at || sale.time - episodes[*at].last > kEpisodePause) {
      at = episodes.size();
      episodes.push_back({.side = sale.side, .from = sale.time, .first_usd = sale.usd});
    }
    episodes[*at].last = sale.time;
    episodes[*at].usd += sale.usd;
  }
  return episodes;
}

std::vector<Episode> large_episodes_of(const MarketFacts& facts) {
  std::vector<Episode> large;
  for (const Episode& one : episodes_of(facts.forced))
    if (one.usd >= kEpisodeDepthLeast * facts.depth_usd_per_percent) large.push_back(one);
  return large;
}

std::optional<EpisodeMove> move_of(const MarketFacts& facts, const Episode& episode) {
  const UnixNanos until = episode.last + Nanos(kBackstop);
  if (until + kRetraceTime + kPathInterval > end_of(facts)) return std::nullopt;
  const double start = facts.log_mark_at(episode.from);
  const auto moved = [&](std::size_t index) {
    return sign(episode.side) * (start - facts.path[index]);
  };
  std::size_t extreme = facts.index_at(episode.from);
  for (std::size_t i = extreme; i <= facts.index_at(until); ++i)
    if (moved(i) > moved(extreme)) extreme = i;
  if (moved(extreme) < kEpisodeMoveLeast) return std::nullopt;
  const auto later = static_cast<std::size_t>(kRetraceTime.value / kPathInterval.value);
  return EpisodeMove{.extreme = moved(extreme),
                     .retraced = 1.0 - moved(extreme + later) / moved(extreme)};
}

double news_size(const MarketFacts& facts) {
  FAULTLINE_CHECK(!facts.news.empty());
  return std::abs(facts.news.front().size_log);
}

double shock_move(const MarketFacts& facts) {
  FAULTLINE_CHECK(!facts.news.empty());
  const NewsJump& news = facts.news.front();
  const double start = facts.log_mark_at(news.begin);
  double farthest = 0.0;
  for (std::size_t i = facts.index_at(news.begin); i <= facts.index_at(news.begin + kShockWindow);
       ++i)
    farthest = std::max(farthest, std::copysign(1.0, news.size_log) * (facts.path[i] - start));
  return farthest;
}

double shock_forced_share(const MarketFacts& facts) {
  const UnixNanos from = facts.news.front().begin;
  return facts.forced_usd(from, from + kShockWindow) / facts.snapshot_at(from).open_interest_usd;
}

double forced_share(const MarketFacts& facts) {
  return facts.forced_usd(facts.begin, end_of(facts)) / facts.snapshots.front().open_interest_usd;
}

double record_volatility(const MarketFacts& facts) {
  return facts.realised(facts.begin, end_of(facts));
}

double worst_hour(const MarketFacts& facts) {
  double worst = 0.0;
  for (UnixNanos hour = facts.begin; hour < end_of(facts); hour = hour + kHour)
    worst = std::max(worst, facts.realised(hour, hour + kHour));
  return worst;
}

double mean_cascade_number(const MarketFacts& facts, Side side, std::size_t reach) {
  const double depth = calm_depth_usd(facts.depth_usd_per_percent, kBookReaches[reach]);
  double sum = 0.0;
  double count = 0.0;
  for (const ShownMap& map : facts.shown) {
    const TrueProfile& truth = facts.snapshot_at(map.time);
    if (truth.time != map.time) continue;
    sum +=
        truth.within(side, kBookReaches[reach]) / (depth + map.provided_usd[index_of(side)][reach]);
    count += 1.0;
  }
  FAULTLINE_CHECK(count > 0.0);
  return facts.book_share() * sum / count;
}

double mean_provided_share(const MarketFacts& facts, std::size_t reach) {
  const double depth = calm_depth_usd(facts.depth_usd_per_percent, kBookReaches[reach]);
  double sum = 0.0;
  double count = 0.0;
  for (const ShownMap& map : facts.shown) {
    for (const Side side : kSides) sum += map.provided_usd[index_of(side)][reach] / depth;
    count += 2.0;
  }
  FAULTLINE_CHECK(count > 0.0);
  return sum / count;
}

double shown_map_score(const MarketFacts& facts, const RecoveryMetric& metric) {
  RecoveryPart sum;
  for (const ShownMap& map : facts.shown) {
    const TrueProfile& truth = facts.snapshot_at(map.time);
    if (truth.time != map.time) continue;
    RecoveryHour hour;
    for (const Side side : kSides)
      std::ranges::copy(half_percent_bins(truth.usd[index_of(side)], kRecoveryBinCount),
                        hour.truth[index_of(side)].begin());
    const RecoveryPart part = metric.part(hour, {.map = &map.usd});
    sum.above += part.above;
    sum.below += part.below;
  }
  FAULTLINE_CHECK(sum.below > 0.0);
  return sum.above / sum.below;
}

double fuel_on_path(const MarketFacts& shock, const MarketFacts& facts, PathSide path_side) {
  FAULTLINE_CHECK(!shock.news.empty());
  const NewsJump& news = shock.news.front();
  const Side hit = news.size_log < 0.0 ? Side::kLong : Side::kShort;
  const double reach = std::abs(news.size_log);
  return facts.snapshot_at(news.begin)
             .within(path_side == PathSide::kHit ? hit : opposite(hit), reach) /
         (100.0 * reach * facts.depth_usd_per_percent);
}

std::vector<ScoredCase> direction_cases(const MarketFacts& facts, MassSource source) {
  std::vector<ScoredCase> cases;
  const auto add = [&](UnixNanos time, double longs, double shorts) {
    if (time + kHour > end_of(facts) || longs + shorts <= 0.0) return;
    const double moved = facts.log_mark_at(time + kHour) - facts.log_mark_at(time);
    if (moved == 0.0) return;
    cases.push_back({.score = (longs - shorts) / (longs + shorts), .is_positive = moved > 0.0});
  };
  if (source == MassSource::kTruth) {
    for (const TrueProfile& one : facts.snapshots)
      add(one.time, one.within(Side::kLong, kShownReach), one.within(Side::kShort, kShownReach));
  } else {
    for (const ShownMap& one : facts.shown)
      add(one.time, one.near(Side::kLong), one.near(Side::kShort));
  }
  return cases;
}

std::optional<double> excess_kurtosis(std::span<const double> values) {
  double mean = 0.0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double second = 0.0;
  double fourth = 0.0;
  for (const double value : values) {
    const double square = (value - mean) * (value - mean);
    second += square / static_cast<double>(values.size());
    fourth += square * square / static_cast<double>(values.size());
  }
  if (second <= 0.0) return std::nullopt;
  return fourth / (second * second) - 3.0;
}

std::optional<double> correlation(std::span<const double> x, std::span<const double> y) {
  FAULTLINE_CHECK(x.size() == y.size());
  const double n = static_cast<double>(x.size());
  double mean_x = 0.0;
  double mean_y = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  double xx = 0.0;
  double xy = 0.0;
  double yy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  if (xx <= 0.0 || yy <= 0.0) return std::nullopt;
  return xy / std::sqrt(xx * yy);
}

std::vector<double> over_replicas(const ClaimsData& data, ClaimArm arm,
                                  const std::function<double(const MarketFacts&)>& measure) {
  std::vector<double> values;
  for (const MarketFacts& facts : data.of(arm)) values.push_back(measure(facts));
  return values;
}

LineChart estimates_chart(const std::string& title, const std::string& y_label,
                          std::span<const LabelledEstimate> points) {
  LineChart chart;
  chart.title = title;
  chart.footer = "Simulated markets. Whiskers: 95 % over replicas.";
  chart.y_label = y_label;
  LineSeries series{.label = "with its interval", .style = SeriesStyle::kPoints};
  for (const LabelledEstimate& point : points) {
    if (!point.estimate) continue;
    series.x.push_back(static_cast<double>(chart.x_categories.size()));
    series.y.push_back(point.estimate->value);
    series.low.push_back(point.estimate->low);
    series.high.push_back(point.estimate->high);
    chart.x_categories.push_back(point.label);
  }
  if (!series.x.empty()) chart.series.push_back(std::move(series));
  return chart;
}

}  // namespace faultline
