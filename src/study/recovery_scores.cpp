#include "study/recovery_scores.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr std::array kBothSides{std::size_t{0}, std::size_t{1}};

double sum_within(const RecoveryBins& bins, std::size_t count) {
  double sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) sum += bins[i];
  return sum;
}

double sum_within(const RecoverySides& sides, std::size_t count) {
  return sum_within(sides[0], count) + sum_within(sides[1], count);
}

double distance(const RecoverySides& a, const RecoverySides& b, std::size_t count) {
  double sum = 0.0;
  for (const std::size_t s : kBothSides) {
    for (std::size_t i = 0; i < count; ++i) sum += std::abs(a[s][i] - b[s][i]);
  }
  return sum;
}

template <std::size_t kCount>
RecoveryPart relative_l1(const RecoveryHour& hour, const JudgedMap& map) {
  return {distance(*map.map, hour.truth, kCount), sum_within(hour.truth, kCount)};
}

template <std::size_t kCount>
RecoveryPart excess_l1(const RecoveryHour& hour, const JudgedMap& map) {
  const double floor = distance(hour.intensity, hour.truth, kCount);
  return {distance(*map.map, hour.truth, kCount) - floor, sum_within(hour.truth, kCount)};
}

template <std::size_t kCount>
RecoveryPart l1_to_intensity(const RecoveryHour& hour, const JudgedMap& map) {
  return {distance(*map.map, hour.intensity, kCount), sum_within(hour.intensity, kCount)};
}

// Of a map that is scaled to the truth's sum on each side: what is left is shape. A side of a map
// that holds nothing has no shape and stays as it is.
template <std::size_t kCount>
RecoveryPart shape_l1(const RecoveryHour& hour, const JudgedMap& map) {
  RecoverySides scaled = *map.map;
  for (const std::size_t s : kBothSides) {
    const double held = sum_within(scaled[s], kCount);
    if (held <= 0.0) continue;
    for (double& usd : scaled[s]) usd *= sum_within(hour.truth[s], kCount) / held;
  }
  return {distance(scaled, hour.truth, kCount), sum_within(hour.truth, kCount)};
}

// Log price by which the shares of a side's money would have to move, sides weighted by the truth's
// money. A map that holds nothing is as far off as can be.
template <std::size_t kCount>
RecoveryPart wasserstein(const RecoveryHour& hour, const JudgedMap& map) {
  RecoveryPart part;
  for (const std::size_t s : kBothSides) {
    const double known = sum_within(hour.truth[s], kCount);
    const double held = sum_within((*map.map)[s], kCount);
    if (known <= 0.0) continue;
    double ahead = 0.0;
    double moved = held > 0.0 ? 0.0 : kRecoveryBin * static_cast<double>(kCount);
    for (std::size_t i = 0; i < kCount && held > 0.0; ++i) {
      ahead += (*map.map)[s][i] / held - hour.truth[s][i] / known;
      moved += std::abs(ahead) * kRecoveryBin;
    }
    part.above += known * moved;
    part.below += known;
  }
  return part;
}

template <std::size_t kCount>
RecoveryPart bias(const RecoveryHour& hour, const JudgedMap& map) {
  return {sum_within(*map.map, kCount), sum_within(hour.truth, kCount)};
}

template <std::size_t kSide>
RecoveryPart side_bias(const RecoveryHour& hour, const JudgedMap& map) {
  return {sum_within((*map.map)[kSide], kRecoveryNearCount),
          sum_within(hour.truth[kSide], kRecoveryNearCount)};
}

struct Run {
  std::size_t first;
  std::size_t last;  // included
};

std::vector<Run> clusters_of(const RecoveryBins& bins) {
  const double least =
      2.0 * sum_within(bins, kRecoveryBinCount) / static_cast<double>(kRecoveryBinCount);
  std::vector<Run> runs;
  for (std::size_t i = 0; i < kRecoveryBinCount; ++i) {
    if (!(bins[i] > least)) continue;
    if (!runs.empty() && runs.back().last + 1 == i)
      runs.back().last = i;
    else
      runs.push_back({i, i});
  }
  return runs;
}

// How many clusters of `looked_for` are found among those of `among`.
RecoveryPart found(const RecoverySides& looked_for, const RecoverySides& among) {
  RecoveryPart part;
  for (const std::size_t s : kBothSides) {
    const std::vector<Run> others = clusters_of(among[s]);
    for (const Run& run : clusters_of(looked_for[s])) {
      const bool is_met = std::ranges::any_of(others, [&](const Run& other) {
        return other.first <= run.last + 1 && run.first <= other.last + 1;
      });
      part.above += is_met ? 1.0 : 0.0;
      part.below += 1.0;
    }
  }
  return part;
}

RecoveryPart cluster_recall(const RecoveryHour& hour, const JudgedMap& map) {
  return found(hour.truth, *map.map);
}

RecoveryPart cluster_precision(const RecoveryHour& hour, const JudgedMap& map) {
  return found(*map.map, hour.truth);
}

// `kFrom` counts the levels of the band from outside: 0 is 95 %, 1 is 80 %, 2 is 50 %.
template <std::size_t kFrom>
RecoveryPart share_inside(const RecoverySides& known, const RecoveryBand& band) {
  RecoveryPart part;
  for (const std::size_t s : kBothSides) {
    for (std::size_t i = 0; i < kRecoveryBinCount; ++i) {
      const bool is_inside = known[s][i] >= band[kFrom][s][i] &&
                             known[s][i] <= band[kRecoveryLevels.size() - 1 - kFrom][s][i];
      part.above += is_inside ? 1.0 : 0.0;
      part.below += 1.0;
    }
  }
  return part;
}

template <std::size_t kFrom>
RecoveryPart coverage(const RecoveryHour& hour, const JudgedMap& map) {
  return share_inside<kFrom>(hour.truth, *map.band);
}

template <std::size_t kFrom>
RecoveryPart coverage_of_intensity(const RecoveryHour& hour, const JudgedMap& map) {
  return share_inside<kFrom>(hour.intensity, *map.band);
}

constexpr std::size_t kNear = kRecoveryNearCount;
constexpr std::size_t kAll = kRecoveryBinCount;

constexpr std::array kMetrics{
    RecoveryMetric{"relative_l1_5", "relative L1 within 5 %", relative_l1<kNear>},
    RecoveryMetric{"excess_l1_5", "L1 beyond the floor within 5 %", excess_l1<kNear>},
    RecoveryMetric{"relative_l1_10", "relative L1 within 10 %", relative_l1<kAll>},
    RecoveryMetric{"excess_l1_10", "L1 beyond the floor within 10 %", excess_l1<kAll>},
    RecoveryMetric{"wasserstein_5", "money has to move within 5 %, log price", wasserstein<kNear>},
    RecoveryMetric{"wasserstein_10", "money has to move within 10 %, log price", wasserstein<kAll>},
    RecoveryMetric{"shape_l1_5", "L1 within 5 % at the truth's sums", shape_l1<kNear>},
    RecoveryMetric{"intensity_l1_5", "L1 to the intensity within 5 %", l1_to_intensity<kNear>},
    RecoveryMetric{"bias_5", "sum over the truth's within 5 %", bias<kNear>},
    RecoveryMetric{"bias_10", "sum over the truth's within 10 %", bias<kAll>},
    RecoveryMetric{"bias_long_5", "the same of longs within 5 %", side_bias<0>},
    RecoveryMetric{"bias_short_5", "the same of shorts within 5 %", side_bias<1>},
    RecoveryMetric{"cluster_recall", "true clusters that are found", cluster_recall},
    RecoveryMetric{"cluster_precision", "clusters that are true", cluster_precision},
    RecoveryMetric{"coverage_50", "truth inside the 50 % interval", coverage<2>, true},
    RecoveryMetric{"coverage_80", "truth inside the 80 % interval", coverage<1>, true},
    RecoveryMetric{"coverage_95", "truth inside the 95 % interval", coverage<0>, true},
    RecoveryMetric{"intensity_coverage_50", "intensity inside the 50 % interval",
                   coverage_of_intensity<2>, true},
    RecoveryMetric{"intensity_coverage_80", "intensity inside the 80 % interval",
                   coverage_of_intensity<1>, true},
    RecoveryMetric{"intensity_coverage_95", "intensity inside the 95 % interval",
                   coverage_of_intensity<0>, true},
};

}  // namespace

std::string_view name_of(RecoveryMap map) {
  constexpr std::array<std::string_view, kRecoveryMapCount> kNames{
      "faultline_full", "faultline_throttled", "flat_kernel", "b4", "b6", "b7c"};
  return kNames[static_cast<std::size_t>(map)];
}

JudgedMap judged(const RecoveryHour& hour, RecoveryMap map) {
  const auto index = static_cast<std::size_t>(map);
  return {&hour.maps[index], index < kRecoveryFeedCount ? &hour.bands[index] : nullptr};
}

std::span<const RecoveryMetric> recovery_metrics() { return kMetrics; }

const RecoveryMetric& recovery_metric(std::string_view key) {
  const auto* found = std::ranges::find(kMetrics, key, &RecoveryMetric::key);
  FAULTLINE_CHECK(found != kMetrics.end());
  return *found;
}

std::optional<BootstrapEstimate> recovery_score(const RecoveryMetric& metric,
                                                std::span<const std::vector<RecoveryHour>> replicas,
                                                const std::optional<RecoveryMap>& map,
                                                const BootstrapOptions& options) {
  std::vector<double> above;
  std::vector<double> below;
  for (const std::vector<RecoveryHour>& hours : replicas) {
    RecoveryPart sum;
    for (const RecoveryHour& hour : hours) {
      const JudgedMap one = map ? judged(hour, *map) : JudgedMap{&hour.intensity, nullptr};
      if (metric.needs_band && one.band == nullptr) return std::nullopt;
      const RecoveryPart part = metric.part(hour, one);
      sum.above += part.above;
      sum.below += part.below;
    }
    above.push_back(sum.above);
    below.push_back(sum.below);
  }
  return bootstrap_ratio({.numerator = above, .denominator = below}, options);
}

}  // namespace faultline
