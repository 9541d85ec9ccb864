#include "study/location.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "base/rng.hpp"
#include "core/time_text.hpp"
#include "infer/position_density.hpp"

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr std::size_t kBandsMax = 300;          // 30 % from the open
constexpr std::size_t kDistanceSampleMin = 30;  // bands that a distance's mean is taken over
constexpr double kStockMin = 1e-9;
constexpr std::size_t kReportEvery = 4'096;

struct Print {
  Side side;
  double log_price;
  double usd;
  std::size_t source;  // of LocationRequest::prints
};
using PrintsByTime = std::multimap<std::int64_t, Print>;

Outcome<void> read_prints(const Store& store, const InstrumentId& id, std::size_t source,
                          PrintsByTime& out) {
  Outcome<std::unique_ptr<ColumnReader>> reader =
      reader_if_recorded(store, id, EventKind::kLiquidation, kAllTime);
  if (!reader) return reader.error();
  if (!*reader)
    return Diagnostic{.code = Errc::kNoData,
                      .field = to_text(id),
                      .note = "no single liquidations are recorded of it"};
  const Outcome<InstrumentRecord> record = store.record(id);
  if (!record) return record.error();
  ColumnBatch batch(EventKind::kLiquidation);
  for (;;) {
    const Outcome<bool> more = (*reader)->next(batch);
    if (!more) return more.error();
    if (!*more) return {};
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
      const Outcome<LiquidationPrint> print = liquidation_print(record->specs, batch, row);
      if (!print) return print.error();
      out.emplace(print->time.value,
                  Print{print->side, std::log(print->price), print->usd, source});
    }
  }
}

// What the map holds on both sides of a price, by band: [side of the price][band], as shares of the
// side's stock.
struct NearMap {
  double log_open = 0.0;
  std::array<std::vector<double>, 2> share{};
};

NearMap near_map(const PositionDensity& density, double open) {
  NearMap out{.log_open = std::log(open)};
  for (const Side side : kSides) {
    const bool is_below = side == Side::kLong;
    const double span = static_cast<double>(kBandsMax) * kLocationBand;
    Profile profile;
    density.add_profile(side, 0,
                        {.log_begin = is_below ? out.log_open - span : out.log_open,
                         .row_log = kLocationBand,
                         .row_count = kBandsMax},
                        profile);
    if (is_below) std::ranges::reverse(profile.rows);
    for (double& mass : profile.rows) mass /= std::max(density.stock(side), kStockMin);
    out.share[index_of(side)] = std::move(profile.rows);
  }
  return out;
}

// The groups of one interval, now that its range is known.
void close_interval(const NearMap& map, const MarketStep& range, const PrintsByTime& prints,
                    std::size_t source_count, std::vector<LocationGroup>& out) {
  for (const Side side : kSides) {
    const double reach = side == Side::kLong ? map.log_open - std::log(range.low)
                                             : std::log(range.high) - map.log_open;
    const auto count = std::min(kBandsMax, static_cast<std::size_t>(reach / kLocationBand));
    LocationGroup group{.begin = range.begin, .side = side, .bands = {}};
    for (std::size_t band = 0; band < count; ++band) {
      group.bands.push_back(
          {.distance = static_cast<std::uint32_t>(band),
           .share = {map.share[index_of(side)][band], map.share[index_of(opposite(side))][band]},
           .usd = std::vector<double>(source_count, 0.0)});
    }
    const auto end = prints.lower_bound(range.end.value);
    for (auto at = prints.lower_bound(range.begin.value); at != end; ++at) {
      const Print& print = at->second;
      if (print.side != side) continue;
      const double s = sign(side);
      const double band = std::floor(s * (map.log_open - print.log_price) / kLocationBand);
      if (band < 0.0 || band >= static_cast<double>(count)) continue;
      group.bands[static_cast<std::size_t>(band)].usd[print.source] += print.usd;
    }
    if (!group.bands.empty()) out.push_back(std::move(group));
  }
}

// Where a band stands among all bands of its distance, in (0, 1): the share of them with less mass,
// equal ones in random order. By group and band.
//
// Why not the mass relative to a mean: near the price bands are often empty, far ones never, so the
// same residual is rare at one distance and usual at another, and prints that know nothing but the
// distance would get ranks that are not uniform. Quantiles are uniform at every distance.
std::vector<std::vector<double>> quantiles_by_distance(const std::vector<LocationGroup>& groups,
                                                       std::size_t map, Rng& rng) {
  struct Place {
    double share;
    double tie;
    std::size_t group;
    std::size_t band;
  };
  std::vector<std::vector<Place>> by_distance(kBandsMax);
  std::vector<std::vector<double>> out;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    out.emplace_back(groups[g].bands.size());
    for (std::size_t b = 0; b < groups[g].bands.size(); ++b) {
      const LocationBand& band = groups[g].bands[b];
      by_distance[band.distance].push_back({band.share[map], rng.uniform(), g, b});
    }
  }
  // Far distances are seldom reached: they are taken together until there are enough.
  std::vector<Place> pooled;
  for (std::size_t k = 0; k < kBandsMax; ++k) {
    pooled.insert(pooled.end(), by_distance[k].begin(), by_distance[k].end());
    if (pooled.size() < kDistanceSampleMin && k + 1 < kBandsMax) continue;
    std::ranges::sort(pooled, [](const Place& x, const Place& y) {
      return std::tie(x.share, x.tie) < std::tie(y.share, y.tie);
    });
    for (std::size_t i = 0; i < pooled.size(); ++i) {
      out[pooled[i].group][pooled[i].band] =
          (static_cast<double>(i) + 0.5) / static_cast<double>(pooled.size());
    }
    pooled.clear();
  }
  return out;
}

// The ranks of one group's bands, and which of them hold prints.
struct RankedGroup {
  std::int64_t day = 0;
  std::vector<double> rank;       // of every band, in (0, 1)
  std::vector<std::size_t> hits;  // bands with prints
  std::vector<double> usd;        // of the hits
};

std::vector<RankedGroup> rank_groups(const std::vector<LocationGroup>& groups, std::size_t map,
                                     std::optional<std::size_t> source, Rng& rng) {
  std::vector<RankedGroup> out;
  const std::vector<std::vector<double>> place = quantiles_by_distance(groups, map, rng);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const std::vector<LocationBand>& bands = groups[g].bands;
    RankedGroup ranked{
        .day = groups[g].begin.value / kDay.value, .rank = {}, .hits = {}, .usd = {}};
    for (std::size_t b = 0; b < bands.size(); ++b) {
      double usd = 0.0;
      for (std::size_t s = 0; s < bands[b].usd.size(); ++s)
        usd += !source || *source == s ? bands[b].usd[s] : 0.0;
      if (usd <= 0.0) continue;
      ranked.hits.push_back(b);
      ranked.usd.push_back(usd);
    }
    if (bands.size() < kLocationBandsMin || ranked.hits.empty() ||
        ranked.hits.size() == bands.size())
      continue;
    for (const double own : place[g]) {
      const auto below = std::ranges::count_if(place[g], [&](double other) { return other < own; });
      // Spread over its place, so that ranks of no knowledge are uniform.
      ranked.rank.push_back((static_cast<double>(below) + rng.uniform()) /
                            static_cast<double>(bands.size()));
    }
    out.push_back(std::move(ranked));
  }
  return out;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Puts each group's prints into other bands of it, drawn without replacement.
void permute(const std::vector<RankedGroup>& groups, LocationScore& score,
             const LocationRequest& request, Rng& rng) {
  const double mean = mean_of(score.ranks);
  std::size_t as_high = 0;
  std::size_t as_far = 0;
  std::vector<double> drawn;
  std::vector<double> pool;
  for (std::size_t replica = 0; replica < request.replicas; ++replica) {
    drawn.clear();
    for (const RankedGroup& group : groups) {
      pool = group.rank;
      for (std::size_t k = 0; k < group.hits.size(); ++k) {
        const std::size_t at =
            k + static_cast<std::size_t>(rng.uniform() * static_cast<double>(pool.size() - k));
        std::swap(pool[k], pool[std::min(at, pool.size() - 1)]);
        drawn.push_back(pool[k]);
      }
    }
    as_high += mean_of(drawn) >= mean ? 1U : 0U;
    as_far += ks_statistic(drawn) >= score.ks.statistic ? 1U : 0U;
  }
  const auto share = [&](std::size_t count) {
    return static_cast<double>(count + 1) / static_cast<double>(request.replicas + 1);
  };
  score.p_mean_rank = share(as_high);
  score.p_ks = share(as_far);
}

std::optional<LocationScore> score_of(const std::vector<RankedGroup>& groups,
                                      const LocationRequest& request, Rng& rng) {
  if (groups.empty()) return std::nullopt;
  LocationScore score;
  score.group_count = groups.size();
  std::vector<std::int64_t> day;
  std::vector<double> ones;
  std::vector<double> usd;
  std::vector<double> usd_rank;
  for (const RankedGroup& group : groups) {
    for (std::size_t k = 0; k < group.hits.size(); ++k) {
      day.push_back(group.day);
      ones.push_back(1.0);
      score.ranks.push_back(group.rank[group.hits[k]]);
      usd.push_back(group.usd[k]);
      usd_rank.push_back(group.usd[k] * score.ranks.back());
      score.usd += group.usd[k];
    }
  }
  const Clusters days = find_clusters(day);
  score.day_count = days.count;
  const BootstrapOptions options{.replicas = request.replicas, .seed = request.seed};
  score.ks = ks_test_clustered(score.ranks, days, options);
  const auto ratio = [&](const std::vector<double>& above, const std::vector<double>& below) {
    const std::vector<double> a = sum_by_cluster(above, days);
    const std::vector<double> b = sum_by_cluster(below, days);
    return bootstrap_ratio({.numerator = a, .denominator = b}, options);
  };
  score.mean_rank = ratio(score.ranks, ones);
  score.mean_rank_usd = ratio(usd_rank, usd);
  permute(groups, score, request, rng);
  std::ranges::sort(score.ranks);
  return score;
}

}  // namespace

Outcome<std::vector<LocationGroup>> load_location_groups(const Store& store,
                                                         const LocationRequest& request,
                                                         const ProgressFn& report) {
  PrintsByTime prints;
  for (std::size_t source = 0; source < request.prints.size(); ++source) {
    if (auto done = read_prints(store, request.prints[source], source, prints); !done)
      return done.error();
  }
  Outcome<OpenedSteps> opened = open_steps(
      store, request.instrument, {.assumed_open_interest = request.assumed_open_interest});
  if (!opened) return opened.error();
  PositionDensity density({}, {});
  std::vector<LocationGroup> groups;
  std::optional<NearMap> map;
  MarketStep range;
  MarketStep step;
  for (std::uint64_t count = 0;; ++count) {
    const Outcome<bool> more = opened->steps.next(step);
    if (!more) return more.error();
    const bool is_next = !*more || step.begin.value / request.interval.value !=
                                       range.begin.value / request.interval.value;
    if (map && is_next) close_interval(*map, range, prints, request.prints.size(), groups);
    if (!*more) return groups;
    if (is_next) {
      map.reset();
      range = step;
      if (count > 0) map = near_map(density, step.open);
    }
    range.low = std::min(range.low, step.low);
    range.high = std::max(range.high, step.high);
    range.end = step.end;
    density.advance(step);
    if (count % kReportEvery == 0 && !keep_going(report, {.what = "map", .done = count}))
      return Diagnostic{.code = Errc::kCancelled};
  }
}

Outcome<LocationStudy> score_location(const std::vector<LocationGroup>& groups,
                                      const LocationRequest& request) {
  constexpr std::array kMaps{"map", "mirrored"};
  LocationStudy study{.request = request, .scores = {}};
  for (const LocationGroup& group : groups) study.reached_bands += group.bands.size();
  const std::size_t sources = request.prints.size();
  const Rng root(request.seed);
  for (std::size_t source = 0; source <= sources; ++source) {
    const bool is_all = source == sources;
    if (is_all && sources == 1) break;
    for (std::size_t map = 0; map < kMaps.size(); ++map) {
      Rng rng = root.stream("ranks", source * kMaps.size() + map);
      const auto ranked =
          rank_groups(groups, map, is_all ? std::nullopt : std::optional(source), rng);
      std::optional<LocationScore> score = score_of(ranked, request, rng);
      if (!score) continue;
      score->prints = is_all ? "all" : to_text(request.prints[source]);
      score->map = kMaps[map];
      study.scores.push_back(std::move(*score));
    }
  }
  if (study.scores.empty())
    return Diagnostic{.code = Errc::kNoData,
                      .note = "no interval of " + to_text(request.interval) +
                              " has prints in some of at least " +
                              std::to_string(kLocationBandsMin) + " reached bands"};
  return study;
}

}  // namespace faultline
