#include "study/true_positions.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "base/check.hpp"
#include "core/time_text.hpp"
#include "infer/ensemble_weights.hpp"
#include "infer/position_density.hpp"

namespace faultline {
namespace {

using Bands = std::array<double, kPositionBandCount>;

constexpr std::array kSides{Side::kLong, Side::kShort};
constexpr double kEightyPercent = 1.2816;  // standard errors to each side
constexpr std::size_t kReportEvery = 1'024;

struct KnownPosition {
  Side side;
  double usd;
  std::optional<double> liquidation_price;
};
// By time of the snapshot.
using Snapshots = std::map<std::int64_t, std::vector<KnownPosition>>;

Outcome<Snapshots> read_snapshots(const Store& store, const InstrumentId& id) {
  Outcome<std::unique_ptr<ColumnReader>> reader =
      reader_if_recorded(store, id, EventKind::kPosition, kAllTime);
  if (!reader) return reader.error();
  if (!*reader)
    return Diagnostic{
        .code = Errc::kNoData, .field = to_text(id), .note = "no positions are recorded of it"};
  Snapshots out;
  std::set<std::pair<std::int64_t, std::int64_t>> seen;  // time, account
  ColumnBatch batch(EventKind::kPosition);
  const std::size_t liquidation = column_index(EventKind::kPosition, "liquidation_price_e9");
  const std::size_t money = column_index(EventKind::kPosition, "position_usd_e6");
  for (;;) {
    const Outcome<bool> more = (*reader)->next(batch);
    if (!more) return more.error();
    if (!*more) return out;
    for (std::size_t row = 0; row < batch.row_count(); ++row) {
      const auto value = [&](std::size_t column) { return batch.columns[column].values[row]; };
      if (!batch.columns[money].has(row) || !seen.emplace(value(0), value(1)).second) continue;
      KnownPosition position{.side = static_cast<Side>(value(2)),
                             .usd = std::abs(to_double_approx(Notional(value(money)))),
                             .liquidation_price = std::nullopt};
      if (batch.columns[liquidation].has(row) && value(liquidation) > 0)
        position.liquidation_price = to_double_approx(PriceE9(value(liquidation)));
      out[value(0)].push_back(position);
    }
  }
}

// The known side of a profile; absent with too few positions within reach.
std::optional<PositionProfile> known_profile(const std::vector<KnownPosition>& positions, Side side,
                                             double mark) {
  PositionProfile profile{.side = side};
  double squares = 0.0;
  const double s = sign(side);
  for (const KnownPosition& position : positions) {
    if (position.side != side) continue;
    profile.usd_all += position.usd;
    if (!position.liquidation_price) continue;
    const double distance = s * std::log(mark / *position.liquidation_price);
    if (distance < 0.0 || distance >= kPositionReach) continue;
    const auto band =
        std::min(static_cast<std::size_t>(distance / kPositionBand), kPositionBandCount - 1);
    profile.known[band] += position.usd;
    profile.usd += position.usd;
    squares += position.usd * position.usd;
    ++profile.count;
  }
  if (profile.count < kPositionsMin || profile.usd <= 0.0) return std::nullopt;
  for (double& share : profile.known) share /= profile.usd;
  profile.effective_count = profile.usd * profile.usd / squares;
  return profile;
}

// The map's side of a profile: every member's shares, and their quantiles.
void add_map(const PositionDensity& density, double mark, PositionProfile& profile) {
  const std::size_t members = density.member_count();
  const bool is_below = profile.side == Side::kLong;
  const MemberProfiles all =
      density.profiles(profile.side, {.log_begin = std::log(mark) - (is_below ? kPositionReach : 0),
                                      .row_log = kPositionBand,
                                      .row_count = kPositionBandCount});
  std::vector<double> total(members, 0.0);
  for (std::size_t i = 0; i < all.rows.size(); ++i) total[i % members] += all.rows[i];
  std::vector<double> shares(all.rows.size());
  for (std::size_t band = 0; band < kPositionBandCount; ++band) {
    const std::size_t row = is_below ? kPositionBandCount - 1 - band : band;
    for (std::size_t m = 0; m < members; ++m) {
      const double share = total[m] > 0.0 ? all.rows[row * members + m] / total[m] : 0.0;
      shares[band * members + m] = share;
      profile.mean[band] += share / static_cast<double>(members);
    }
  }
  const std::vector<double> weights(members, 1.0 / static_cast<double>(members));
  const EnsembleQuantiles quantiles = weighted_quantiles(shares, weights);
  std::ranges::copy(quantiles.p10, profile.p10.begin());
  std::ranges::copy(quantiles.p50, profile.p50.begin());
  std::ranges::copy(quantiles.p90, profile.p90.begin());
}

double l1_of(const Bands& a, const Bands& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum;
}

double wasserstein_of(const Bands& a, const Bands& b) {
  double ahead = 0.0;
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ahead += a[i] - b[i];
    sum += std::abs(ahead) * kPositionBand;
  }
  return sum;
}

struct DayMeans {
  const Clusters& days;
  BootstrapOptions options;

  std::optional<BootstrapEstimate> operator()(const std::vector<double>& values,
                                              const std::vector<double>& counts) const {
    const std::vector<double> above = sum_by_cluster(values, days);
    const std::vector<double> below = sum_by_cluster(counts, days);
    return bootstrap_ratio({.numerator = above, .denominator = below}, options);
  }
};

void score_coverage(const std::vector<PositionProfile>& profiles, const DayMeans& mean,
                    PositionStudy& study) {
  std::vector<double> inside;
  std::vector<double> inside_widened;
  std::vector<double> counts;
  for (const PositionProfile& profile : profiles) {
    double hits = 0.0;
    double widened_hits = 0.0;
    for (std::size_t band = 0; band < kPositionBandCount; ++band) {
      const double known = profile.known[band];
      const bool is_inside = known >= profile.p10[band] && known <= profile.p90[band];
      const double share = profile.p50[band];
      const double scatter =
          kEightyPercent * std::sqrt(share * (1.0 - share) / profile.effective_count);
      const double low = std::hypot(share - profile.p10[band], scatter);
      const double high = std::hypot(profile.p90[band] - share, scatter);
      hits += is_inside ? 1.0 : 0.0;
      widened_hits += known >= share - low && known <= share + high ? 1.0 : 0.0;
      study.coverage_by_band[band] +=
          (is_inside ? 1.0 : 0.0) / static_cast<double>(profiles.size());
    }
    inside.push_back(hits);
    inside_widened.push_back(widened_hits);
    counts.push_back(static_cast<double>(kPositionBandCount));
  }
  study.coverage = mean(inside, counts);
  study.coverage_with_sampling = mean(inside_widened, counts);
}

}  // namespace

Outcome<std::vector<PositionProfile>> load_position_profiles(const Store& store,
                                                             const PositionRequest& request,
                                                             const ProgressFn& report) {
  const Outcome<Snapshots> snapshots = read_snapshots(store, request.positions);
  if (!snapshots) return snapshots.error();
  Outcome<OpenedSteps> opened = open_steps(
      store, request.instrument, {.assumed_open_interest = request.assumed_open_interest});
  if (!opened) return opened.error();
  // Whatever the venue: Hyperliquid's prior was measured on positions like these.
  const DensityConfig config;
  PositionDensity density(
      config, parameters_of(draw_ensemble({}, config, Rng(request.seed), request.members)));
  std::vector<PositionProfile> profiles;
  MarketStep step;
  auto next = snapshots->begin();
  for (std::uint64_t count = 0; next != snapshots->end(); ++count) {
    const Outcome<bool> more = opened->steps.next(step);
    if (!more) return more.error();
    if (!*more) break;
    density.advance(step);
    // The map as it was at the last whole step before the snapshot.
    for (; next != snapshots->end() && next->first < (step.end + (step.end - step.begin)).value;
         ++next) {
      if (next->first < step.end.value) continue;  // before the map began
      for (const Side side : kSides) {
        std::optional<PositionProfile> profile = known_profile(next->second, side, step.close);
        if (!profile) continue;
        profile->time = UnixNanos(next->first);
        add_map(density, step.close, *profile);
        profiles.push_back(*profile);
      }
    }
    if (count % kReportEvery == 0 && !keep_going(report, {.what = "map", .done = count}))
      return Diagnostic{.code = Errc::kCancelled};
  }
  if (profiles.empty())
    return Diagnostic{.code = Errc::kNoData,
                      .field = to_text(request.positions),
                      .note = "no snapshot with " + std::to_string(kPositionsMin) +
                              " positions of a side falls into the time of the map"};
  return profiles;
}

PositionStudy score_positions(const std::vector<PositionProfile>& profiles,
                              const PositionRequest& request) {
  FAULTLINE_CHECK(!profiles.empty());
  PositionStudy study;
  study.request = request;
  study.profile_count = profiles.size();
  std::vector<std::int64_t> day;
  std::vector<double> effective;
  for (const PositionProfile& profile : profiles) {
    day.push_back(profile.time.value / kDay.value);
    effective.push_back(profile.effective_count);
    study.usd_mean += profile.usd / static_cast<double>(profiles.size());
  }
  std::ranges::sort(effective);
  study.effective_count_median = effective[effective.size() / 2];
  const Clusters days = find_clusters(day);
  study.day_count = days.count;
  const DayMeans mean{days, {.replicas = request.replicas, .seed = request.seed}};
  score_coverage(profiles, mean, study);
  Bands flat{};
  flat.fill(1.0 / static_cast<double>(kPositionBandCount));
  const std::vector<double> ones(profiles.size(), 1.0);
  for (const char* shape : {"map", "flat"}) {
    std::vector<double> l1;
    std::vector<double> moved;
    for (const PositionProfile& profile : profiles) {
      const Bands& other = shape == std::string_view("map") ? profile.mean : flat;
      l1.push_back(l1_of(profile.known, other));
      moved.push_back(wasserstein_of(profile.known, other));
    }
    study.shapes.push_back(
        {.shape = shape, .relative_l1 = mean(l1, ones), .wasserstein = mean(moved, ones)});
  }
  return study;
}

}  // namespace faultline
