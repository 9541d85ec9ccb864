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
#include "lab/map_view.hpp"
#include "lab/market.hpp"
#include "lab/outside_value.hpp"
#include "study/recovery_scores.hpp"

namespace faultline {

// The simulated markets that the claims are tried on, and what is kept of each.

// Arms with one seed share the outside value, the news, and each trader's own stream. Where there
// is news, its sign is a coin that the seed throws: in no arm is a side of the map told by the
// news.
//
// None is a shipped scenario file. All arms: one day after one of warm-up (the files: two after
// three), one piece of news where there is any. What else differs is said in each line.
enum class ClaimArm : std::uint8_t {
  kSimilar,     // leverage alike, entries with the trend; no news
  kWide,        // leverage of any kind, entries by a coin; no news
  kCrowded,     // holders of scenarios/crowded_longs.toml; news of 5 % by a coin, not two bad ones
  kThin,        // kCrowded over a third of the depth, which is all that differs; the file
                // thin_book.toml has smaller trend traders as well
  kDeep,        // kCrowded over three times the depth, as in deep_book.toml
  kFragmented,  // kCrowded over three venues that differ in size alone; those of
                // fragmented_venues.toml differ in contract, feed and style of liquidation
  kCrowdedUnlevered,  // the four markets before, with holders, takers and trend traders at 1x:
  kThinUnlevered,     // what the same news does in the same book where nobody can be
  kDeepUnlevered,     // liquidated on its way
  kFragmentedUnlevered,
  kCapOne,    // a third of the depth, exponential single orders, no trend traders, nobody above 1x;
              // no news
  kCapHigh,   // the same with holders of up to 125x
  kBalanced,  // holders of scenarios/balanced.toml with kCrowded's news (the file: four of 4 %)
  kNobody,    // kCrowded with news of 3 %; the map is made and nobody reads it
  kHunters,   // the readers of scenarios/hunters.toml, ...
  kAvoiders,  // ... avoiders.toml ...
  kProviders,  // ... and providers.toml; the files have two pieces of bad news
  kCalm,       // kCrowded without news
  kShock,      // kCrowded with a jump of 12 %; news_shock.toml has ordinary holders
};
inline constexpr std::size_t kClaimArmCount = 19;
std::string_view name_of(ClaimArm arm);
// Somebody may be liquidated within a few percent. Without that there is no map.
bool is_levered(ClaimArm arm);
bool shows_map(ClaimArm arm);

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
  ForcedKind kind = ForcedKind::kBook;
};

// How far the book is looked at; log price.
inline constexpr std::array kBookReaches{0.01, 0.02};
using BookSums = std::array<double, kBookReaches.size()>;

// What a reader was shown, in the bins of study recovery, and what providers bid and offered on it
// within each of kBookReaches; by Side.
struct ShownMap {
  UnixNanos time;
  RecoverySides usd{};
  std::array<BookSums, 2> provided_usd{};

  // Within kShownReach.
  double near(Side side) const;
};
inline constexpr double kShownReach = 0.05;
static_assert(kRecoveryNearCount * kRecoveryBin == kShownReach);
// A level goes to its bins by its share of their log price, to its own side of the price alone.
RecoverySides bins_of(const MapView& view, double log_mark);
// The orders that lab/readers.cpp places on this map, if there are providers. Why from the rule:
// tapes have no book.
std::array<BookSums, 2> provided_usd(const MapView& view, double log_mark,
                                     const ReaderConfig& readers);

// What lay ahead of an episode of liquidations when it began (study/claims_fuel.hpp).
struct FuelAhead {
  UnixNanos time;
  Side side = Side::kLong;
  double usd = 0.0;
};

inline constexpr Nanos kPathInterval{10 * kSecond.value};
struct MarketFacts {
  UnixNanos begin;
  double depth_usd_per_percent = 0.0;
  double daily_volatility = 0.0;
  std::vector<NewsJump> news;
  std::vector<double> path;            // log mark each kPathInterval, mean of venues by share
  std::vector<TrueProfile> snapshots;  // at the begin, each hour, and the end
  std::vector<ForcedSale> forced;      // by time
  std::vector<ShownMap> shown;         // each hour, where a map was made
  std::vector<FuelAhead> fuel;         // of larger episodes, in the arms of claim 4

  // The path at or just before a time; its ends beyond it.
  double log_mark_at(UnixNanos time) const;
  std::size_t index_at(UnixNanos time) const;
  // Square root of the sum of squares of the path's steps in [from, to).
  double realised(UnixNanos from, UnixNanos to) const;
  double forced_usd(UnixNanos from, UnixNanos to) const;
  // Of what was liquidated, the share that was sold into the book; 1 where nothing was.
  double book_share() const;
  // The last snapshot at or before a time.
  const TrueProfile& snapshot_at(UnixNanos time) const;
};

// USD that the configured makers keep within `reach` of log price on one side of a calm market.
// Why not the book's own: tapes have none. Makers thin out in stress; this does not.
double calm_depth_usd(double depth_usd_per_percent, double reach);

// Errors and cost: those of simulate_market(). Memory: some 200 kB a recorded day.
// Requires: `config` is claim_market() of the arm, shortened perhaps.
Outcome<MarketFacts> run_claim_market(ClaimArm arm, const MarketConfig& config,
                                      const ProgressFn& report);
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
