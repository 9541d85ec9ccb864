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

// Of 1 % or more of what lies within a percent of the price: those that claim 4 looks at.
inline constexpr double kEpisodeDepthLeast = 0.01;
std::vector<Episode> large_episodes_of(const MarketFacts& facts);

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

// R of model.md, section 8, between the price and kBookReaches[reach] beyond it, at the hours of
// facts.shown with a snapshot: mean of these hours.
//
//   R = φ Λ / (D + v)   φ share of forced money sold into the book, of the whole record
//                       Λ true mass of the side within reach
//                       D calm_depth_usd(), v what providers add on the map of that hour
//
// Requires: such an hour (checked).
double mean_cascade_number(const MarketFacts& facts, Side side, std::size_t reach);
// Mean v / D of both sides at the same hours.
double mean_provided_share(const MarketFacts& facts, std::size_t reach);
// A score of study recovery of the shown map against the truth, hours summed. Requires: an hour
// with both, and truth in it (checked).
double shown_map_score(const MarketFacts& facts, const RecoveryMetric& metric);

// Of the true mass on the path of `shock`'s first news, or as far on the other side of the price,
// over the depth on it, at the last snapshot of `facts` before that news.
enum class PathSide : std::uint8_t { kHit, kOther };
double fuel_on_path(const MarketFacts& shock, const MarketFacts& facts, PathSide path_side);

// What claim 4 knows of an episode, and what came of it.
struct EpisodeStart {
  double fuel = 0.0;    // within 1 % ahead when it begins, over the depth within 1 %
  double hourly = 0.0;  // the same by the last hourly snapshot alone
  double first = 0.0;   // USD of the first order
  double stress = 0.0;  // volatility of the ten minutes before, over the usual one
};
struct JudgedEpisode {
  EpisodeStart start;
  bool is_cascade = false;
  std::uint32_t replica = 0;
  std::uint32_t arm = 0;
};
// Large episodes that moved the price. Requires: facts.fuel of kCrowded and kBalanced (checked).
std::vector<JudgedEpisode> judged_episodes(const ClaimsData& data);

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
