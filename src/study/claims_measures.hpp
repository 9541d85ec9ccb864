#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "study/claims_market.hpp"
#include "study/claims_rule.hpp"

namespace faultline {

// What the claims measure on one market. Definitions and thresholds were fixed before any run.

// By how much mass is more concentrated than positions of the same sizes that are placed by chance
// after a smooth profile of the same total: Herfindahl index over its expectation, less one.
//
//   expected = g + (1 − g) Σ s², g = Σ of squared positions / total², s = the profile smoothed over
//   kSmoothBins bins to both sides (triangle, reflected at the ends, so that a flat one stays flat)
//
// 0: no clusters beyond chance. Absent without mass.
// Requires: more than kSmoothBins bins; sum_of_squares is of the same positions (checked).
inline constexpr std::size_t kSmoothBins = 4;
std::optional<double> concentration_excess(std::span<const double> mass, double sum_of_squares);

// Bands of a profile summed to bins of .5 %.
std::vector<double> half_percent_bins(std::span<const double> bands, std::size_t bin_count);

// The first time within an hour that price reaches a bin of true mass at .5 % to 5 %.
struct Touch {
  std::size_t bin = 0;  // of .5 %, by distance at the snapshot
  bool is_cluster = false;
  double log_before = 0.0;  // of realised volatility in the 15 minutes before
  double log_after = 0.0;   // and after
};
// Clusters hold kClusterRatio times the mean bin within 5 % on their side or more, controls less
// than the mean; what lies between is left out.
inline constexpr double kClusterRatio = 1.5;
std::vector<Touch> touches_of(const MarketFacts& facts);

// To each cluster the control at the same distance whose volatility before was nearest, if within
// kBeforeCaliper; none is used twice. In order of the clusters.
inline constexpr double kBeforeCaliper = 0.35;
struct MatchedTouches {
  std::size_t cluster = 0;
  std::size_t control = 0;
};
std::vector<MatchedTouches> match_touches(std::span<const Touch> touches);

// Liquidations of one side with no pause longer than kEpisodePause.
inline constexpr Nanos kEpisodePause{2 * kMinute.value};
struct Episode {
  Side side = Side::kLong;
  UnixNanos from{};
  UnixNanos last{};
  double usd = 0.0;
  double first_usd = 0.0;
};
// In order of their begin. Requires: sales by time.
std::vector<Episode> episodes_of(std::span<const ForcedSale> forced);

// How far price went with an episode and what it took back; absent if it moved less than
// kEpisodeMoveLeast, or the record ends too soon.
inline constexpr double kEpisodeMoveLeast = 1e-3;
struct EpisodeMove {
  double extreme = 0.0;   // log price, positive
  double retraced = 0.0;  // share of it, kRetraceTime after the extreme
};
inline constexpr Nanos kRetraceTime{30 * kMinute.value};
std::optional<EpisodeMove> move_of(const MarketFacts& facts, const Episode& episode);

// The farthest move with the first news within kShockWindow. Requires: the market had news
// (checked).
inline constexpr Nanos kShockWindow{30 * kMinute.value};
double shock_move(const MarketFacts& facts);
double news_size(const MarketFacts& facts);
// Liquidated in that time, of the open interest before.
double shock_forced_share(const MarketFacts& facts);

// Liquidated in the whole record, of the open interest at its begin.
double forced_share(const MarketFacts& facts);
double record_volatility(const MarketFacts& facts);
// The largest realised volatility of an hour on the clock.
double worst_hour(const MarketFacts& facts);

// (longs − shorts) / (longs + shorts) within 5 % against the sign of the next hour's return.
// Absent hours: nothing near, or no move.
enum class MassSource : std::uint8_t { kTruth, kShownMap };
std::vector<ScoredCase> direction_cases(const MarketFacts& facts, MassSource source);

// Excess kurtosis. Absent if the values do not vary.
std::optional<double> excess_kurtosis(std::span<const double> values);
// Pearson's; absent if one does not vary.
std::optional<double> correlation(std::span<const double> x, std::span<const double> y);

// One number for each replica of an arm.
std::vector<double> over_replicas(const ClaimsData& data, ClaimArm arm,
                                  const std::function<double(const MarketFacts&)>& measure);

// Points with their intervals, one for each label. Absent estimates are left out.
struct LabelledEstimate {
  std::string label;
  std::optional<BootstrapEstimate> estimate;
};
LineChart estimates_chart(const std::string& title, const std::string& y_label,
                          std::span<const LabelledEstimate> points);

}  // namespace faultline
