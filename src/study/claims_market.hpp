#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/progress.hpp"
#include "lab/market.hpp"
#include "lab/outside_value.hpp"

namespace faultline {

// The simulated markets that the claims are tried on, and what is kept of each.

// Arms with one seed share the outside value, the news, and each trader's own stream.
enum class ClaimArm : std::uint8_t {
  kSimilar,        // leverage alike, entries with the trend; no news
  kWide,           // leverage of any kind, entries by a coin; no news
  kCrowdedBad,     // scenarios/crowded_longs.toml, one piece of bad news
  kThin,           // the same over a third of the depth
  kDeep,           // the same over three times the depth
  kFragmented,     // the same over three venues that differ in size alone
  kCapOne,         // thin book, exponential single orders, no trend traders, no leverage; no news
  kCapHigh,        // the same with leverage up to 125
  kCrowdedEither,  // crowded longs, news of either sign
  kBalanced,       // scenarios/balanced.toml: the same depth, the same news
  kNobody,         // crowded longs, news of either sign; the map is made and nobody reads it
  kHunters,
  kAvoiders,
  kProviders,
  kCalm,   // crowded longs without news
  kShock,  // the same with a jump of 12 %, of either sign
};
inline constexpr std::size_t kClaimArmCount = 16;
std::string_view name_of(ClaimArm arm);
// The news all goes one way: such a market says nothing about what foretells direction.
bool has_signed_news(ClaimArm arm);

MarketConfig claim_market(ClaimArm arm, std::uint64_t seed);

// Positions by distance of their liquidation price on their own side of the mark.
//
// Units: USD at the mark; band i is [i, i + 1) · kTrueBand of log price away.
inline constexpr double kTrueBand = 0.001;
inline constexpr std::size_t kTrueBandCount = 160;
struct TrueProfile {
  UnixNanos time;
  double log_mark = 0.0;
  std::array<std::vector<double>, 2> usd{std::vector<double>(kTrueBandCount),
                                         std::vector<double>(kTrueBandCount)};
  // Σ of the squares of single positions within kConcentrationReach.
  std::array<double, 2> usd_squared{};
  double open_interest_usd = 0.0;

  // Within `reach` of log price; whole bands.
  double within(Side side, double reach) const;
};
inline constexpr double kConcentrationReach = 0.10;

struct ForcedSale {
  UnixNanos time;
  Side side = Side::kLong;
  double usd = 0.0;
};

// What a reader was shown within kShownReach of the price.
struct ShownMass {
  UnixNanos time;
  std::array<double, 2> usd{};
};
inline constexpr double kShownReach = 0.05;

inline constexpr Nanos kPathInterval{10 * kSecond.value};
struct MarketFacts {
  UnixNanos begin;
  double depth_usd_per_percent = 0.0;
  double daily_volatility = 0.0;
  std::vector<NewsJump> news;
  std::vector<double> path;            // log mark each kPathInterval, mean of venues by share
  std::vector<TrueProfile> snapshots;  // at the begin, each hour, and the end
  std::vector<ForcedSale> forced;      // by time
  std::vector<ShownMass> shown;        // each hour, where a map was made

  // The path at or just before a time; its ends beyond it.
  double log_mark_at(UnixNanos time) const;
  std::size_t index_at(UnixNanos time) const;
  // Square root of the sum of squares of the path's steps in [from, to).
  double realised(UnixNanos from, UnixNanos to) const;
  double forced_usd(UnixNanos from, UnixNanos to) const;
  // The last snapshot at or before a time.
  const TrueProfile& snapshot_at(UnixNanos time) const;
};

// Errors and cost: those of simulate_market(). Memory: some 200 kB a recorded day.
Outcome<MarketFacts> run_claim_market(ClaimArm arm, std::uint64_t seed, const ProgressFn& report);
// From what a market recorded. Requires: the run is of `config`.
MarketFacts facts_of(const MarketConfig& config, const MarketRun& run);

// All replicas of the arms that ran; replica r of every arm has the same seed.
class ClaimsData {
 public:
  explicit ClaimsData(std::size_t replica_count) : replica_count_(replica_count) {}

  void add(ClaimArm arm, MarketFacts facts) { runs_[arm].push_back(std::move(facts)); }
  bool has(ClaimArm arm) const { return runs_.contains(arm); }
  // Requires: the arm ran (checked).
  std::span<const MarketFacts> of(ClaimArm arm) const;
  std::size_t replica_count() const { return replica_count_; }

 private:
  std::size_t replica_count_;
  std::map<ClaimArm, std::vector<MarketFacts>> runs_;
};

}  // namespace faultline
