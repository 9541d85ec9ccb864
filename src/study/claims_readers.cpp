// Claims about those who look at the map, about news, and about direction.

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/check.hpp"
#include "study/claims.hpp"
#include "study/claims_measures.hpp"

namespace faultline {
namespace {

using Kind = Expectation::Kind;
constexpr Expectation kPositive{Kind::kAbove, 0.0};
constexpr Expectation kNegative{Kind::kBelow, 0.0};

double forced_percent(const MarketFacts& facts) { return 100.0 * forced_share(facts); }
double worst_hour_percent(const MarketFacts& facts) { return 100.0 * worst_hour(facts); }

// A hunter leaves R where it is if no more than this much of it is moved.
constexpr double kSameCascadeNumber = 0.05;
constexpr std::array kReaders{ClaimArm::kHunters, ClaimArm::kAvoiders, ClaimArm::kProviders};

// Logarithm of what was shown within 5 % over what was there, hours summed. Requires: a map was
// shown, and something was there (checked: in a day of these arms both are).
double shown_ratio_log(const MarketFacts& facts) {
  return std::log(shown_map_score(facts, recovery_metric("bias_5")));
}

double cascade_number(const MarketFacts& facts, std::size_t reach) {
  return 0.5 * (mean_cascade_number(facts, Side::kLong, reach) +
                mean_cascade_number(facts, Side::kShort, reach));
}

using Measure = std::function<double(const MarketFacts&)>;

// Every reader against nobody, replica by replica.
std::vector<LabelledEstimate> add_readers(const ClaimsData& data, const std::string& what,
                                          const Measure& of,
                                          const std::array<Expectation, 3>& expected,
                                          std::vector<ClaimPart>& parts) {
  std::vector<LabelledEstimate> points;
  const auto nobody = over_replicas(data, ClaimArm::kNobody, of);
  parts.push_back({.what = "nobody: " + what, .estimate = mean_estimate(nobody)});
  for (std::size_t i = 0; i < kReaders.size(); ++i) {
    const std::string reader(name_of(kReaders[i]));
    const auto difference = paired_estimate(over_replicas(data, kReaders[i], of), nobody);
    parts.push_back({.what = reader + " less nobody: " + what,
                     .estimate = difference,
                     .expected = expected[i]});
    points.push_back({reader, difference});
  }
  return points;
}

// model.md, section 10: R becomes R (1 − u) / (1 + v / d). Avoiders are u, providers v; hunters
// bring a first order and leave R as it is.
void add_cascade_numbers(const ClaimsData& data, std::vector<ClaimPart>& parts) {
  constexpr Expectation kSame{Kind::kCovers, 0.0, kSameCascadeNumber};
  for (std::size_t reach = 0; reach < kBookReaches.size(); ++reach) {
    const std::string within = " within " + std::to_string(reach + 1) + " %";
    add_readers(
        data, "R" + within, [reach](const MarketFacts& one) { return cascade_number(one, reach); },
        {kSame, kNegative, kNegative}, parts);
    for (const Side side : {Side::kLong, Side::kShort})
      add_readers(
          data, (side == Side::kLong ? "R of longs" : "R of shorts") + within,
          [reach, side](const MarketFacts& one) { return mean_cascade_number(one, side, reach); },
          {}, parts);
    parts.push_back({.what = "providers: their orders over the makers'" + within,
                     .estimate = mean_estimate(
                         over_replicas(data, ClaimArm::kProviders, [reach](const MarketFacts& one) {
                           return mean_provided_share(one, reach);
                         }))});
  }
  add_readers(
      data, "share of liquidations sold into the book",
      [](const MarketFacts& one) { return one.book_share(); }, {}, parts);
}

void add_map_skill(const ClaimsData& data, std::vector<ClaimPart>& parts) {
  const auto score = [](const char* key, double scale) {
    return [&metric = recovery_metric(key), scale](const MarketFacts& one) {
      return scale * shown_map_score(one, metric);
    };
  };
  add_readers(data, "error of the shown map, relative L1 within 5 % at the truth's total",
              score("shape_l1_5", 1.0), {{{}, kPositive, {}}}, parts);
  add_readers(data, "error of the shown map, Wasserstein-1 within 5 %, % of price",
              score("wasserstein_5", 100.0), {{{}, kPositive, {}}}, parts);
}

double log_hour_after(const MarketFacts& shock, const MarketFacts& facts) {
  const UnixNanos from = shock.news.front().begin;
  return std::log(facts.realised(from, from + kHour));
}

using Drawn = std::span<const std::uint32_t>;

// A correlation over replicas, `power` 2: the share that a straight line explains.
std::optional<BootstrapEstimate> correlation_estimate(const std::vector<double>& x,
                                                      const std::vector<double>& y, int power) {
  return bootstrap_statistic(x.size(), [&](Drawn times) -> std::optional<double> {
    std::vector<double> drawn_x;
    std::vector<double> drawn_y;
    for (std::size_t i = 0; i < x.size(); ++i) {
      drawn_x.insert(drawn_x.end(), times[i], x[i]);
      drawn_y.insert(drawn_y.end(), times[i], y[i]);
    }
    const auto found = correlation(drawn_x, drawn_y);
    if (!found) return std::nullopt;
    return power == 2 ? *found * *found : *found;
  });
}

// One family of tests of direction: the arms, and all of them together.
struct DirectionFamily {
  std::vector<ScoredCase> all{};
  std::vector<ClaimPart> parts{};
  std::vector<double> p{};  // of the judged parts, in their order
  std::vector<LabelledEstimate> points{};
};

DirectionFamily direction_family(const ClaimsData& data, MassSource source,
                                 const std::string& what) {
  DirectionFamily family;
  for (std::uint32_t group = 0; group < kClaimArmCount; ++group) {
    const auto arm = static_cast<ClaimArm>(group);
    if (!data.has(arm) || (source == MassSource::kShownMap && !shows_map(arm))) continue;
    std::vector<ScoredCase> own;
    const auto replicas = data.of(arm);
    for (std::uint32_t replica = 0; replica < replicas.size(); ++replica) {
      for (ScoredCase one : direction_cases(replicas[replica], source)) {
        one.replica = replica;
        one.group = group;
        own.push_back(one);
      }
    }
    const auto test = auc_test(own, data.replica_count());
    const std::string label(name_of(arm));
    ClaimPart part{.what = label + ": " + what};
    if (test) part.estimate = test->estimate;
    family.points.push_back({label, part.estimate});
    // Without leverage nothing lies within 5 %, by design: there is no map that could foretell.
    if (is_levered(arm)) {
      part.expected = {Kind::kCovers, 0.5};
      family.p.push_back(test ? test->p : 1.0);
      family.all.insert(family.all.end(), own.begin(), own.end());
    }
    family.parts.push_back(std::move(part));
  }
  const std::vector<double> adjusted = holm_adjusted(family.p);
  std::size_t next = 0;
  for (ClaimPart& part : family.parts) {
    if (part.expected.kind == Kind::kNone) continue;
    part.p_adjusted = adjusted[next++];
    part.verdict = judge(part.estimate, part.expected, part.p_adjusted);
  }
  return family;
}

}  // namespace

ClaimResult claim_readers(const ClaimsData& data) {
  ClaimResult claim;
  claim.name = "readers";
  claim.statement =
      "Visible maps change behaviour: hunters liquidate more and leave R, avoiders liquidate less, "
      "lower R and make the map worse, providers lower R and calm the worst hour.";
  claim.measure =
      "Crowded longs with news of either sign of about 3 %, and a map that readers inside the "
      "market see; against the same market with a map that nobody reads. R = φ Λ / (D + v) at the "
      "hours, mean of both sides: φ the share of liquidations sold into the book, Λ the true mass "
      "within 1 or 2 % of the mark, D what the configured makers keep there in a calm market (no "
      "book is recorded: thinning in stress is not in it), v what providers add by their rule on "
      "the map of the hour. Errors of the shown map: scores of study recovery, hours summed.";
  const auto points = add_readers(data, "liquidated share of open interest, %", forced_percent,
                                  {kPositive, kNegative, {}}, claim.parts);
  add_readers(data, "volatility of the worst hour, %", worst_hour_percent, {{{}, {}, kNegative}},
              claim.parts);
  add_readers(data, "log of shown over true mass within 5 %", shown_ratio_log,
              {{{}, kPositive, {}}}, claim.parts);
  add_cascade_numbers(data, claim.parts);
  add_map_skill(data, claim.parts);
  claim.figure = estimates_chart("Liquidated with readers of the map, less without",
                                 "share of open interest, % points", points);
  return claim;
}

ClaimResult claim_news(const ClaimsData& data) {
  const auto shocks = data.of(ClaimArm::kShock);
  const auto calm = data.of(ClaimArm::kCalm);
  std::vector<double> news_share;
  std::vector<double> beyond;
  std::vector<double> fuel;
  std::vector<double> lean;
  std::vector<double> with;
  std::vector<double> without;
  for (std::size_t i = 0; i < shocks.size(); ++i) {
    const double moved = std::max(shock_move(shocks[i]), news_size(shocks[i]));
    news_share.push_back(news_size(shocks[i]) / moved);
    beyond.push_back(100.0 * (shock_move(shocks[i]) - news_size(shocks[i])));
    fuel.push_back(fuel_on_path(shocks[i], shocks[i], PathSide::kHit));
    lean.push_back(fuel.back() - fuel_on_path(shocks[i], shocks[i], PathSide::kOther));
    with.push_back(log_hour_after(shocks[i], shocks[i]));
    without.push_back(log_hour_after(shocks[i], calm[i]));
  }
  const auto difference = paired_estimate(with, without);
  ClaimResult claim;
  claim.name = "news";
  claim.statement = "News shocks override the map.";
  claim.measure =
      "Crowded longs with and without a jump of about 12 % of either sign at the same time. Fuel: "
      "true mass on the path of the news over the depth on it, at the last hourly snapshot.";
  claim.parts = {
      {.what = "with less without: log volatility of the shock hour",
       .estimate = difference,
       .expected = kPositive},
      {.what = "news as a share of the farthest move in 30 minutes",
       .estimate = mean_estimate(news_share),
       .expected = {Kind::kAbove, 0.5}},
      {.what = "share of the shock hour's log volatility that the map's side explains (R²)",
       .estimate = correlation_estimate(lean, with, 2),
       .expected = {Kind::kBelow, 0.5}},
      {.what = "move beyond the news, %", .estimate = mean_estimate(beyond)},
      {.what = "correlation of fuel on the path with the move beyond the news",
       .estimate = correlation_estimate(fuel, beyond, 1)},
      {.what = "fuel on the path over depth", .estimate = mean_estimate(fuel)},
  };
  claim.figure = estimates_chart("Volatility of the shock hour", "log of realised volatility",
                                 std::vector<LabelledEstimate>{{"no news", mean_estimate(without)},
                                                               {"12 % news", mean_estimate(with)}});
  return claim;
}

ClaimResult claim_direction(const ClaimsData& data) {
  ClaimResult claim;
  claim.name = "direction";
  claim.statement = "Direction is not predictable from the map.";
  claim.measure =
      "AUC of (longs − shorts) / (longs + shorts) of the mass within 5 % against the sign of the "
      "next hour's return, hours on the clock, pairs within an arm; in every arm whose traders "
      "borrow. All news is of either sign, by the seed. An arm is refuted if its p, corrected by "
      "Holm over the arms of its family, is below .05, and supports if its interval is within .1 "
      "of .5; the AUC of all arms together must cover .5 within .05.";
  const DirectionFamily truth = direction_family(data, MassSource::kTruth, "AUC of the truth");
  const DirectionFamily shown =
      direction_family(data, MassSource::kShownMap, "AUC of the map that was shown");
  constexpr Expectation kHalf{Kind::kCovers, 0.5, kPooledReach};
  std::vector<LabelledEstimate> points;
  const auto add_pooled = [&](const DirectionFamily& family, const char* what, const char* label) {
    const auto test = auc_test(family.all, data.replica_count());
    ClaimPart part{.what = what};
    if (test) part.estimate = test->estimate;
    part.expected = kHalf;
    part.verdict = judge(part.estimate, part.expected);
    points.push_back({label, part.estimate});
    claim.parts.push_back(std::move(part));
  };
  add_pooled(truth, "all arms: AUC of the truth", "all");
  if (!shown.parts.empty())
    add_pooled(shown, "arms with a map: AUC of the map that was shown", "shown maps");
  for (const DirectionFamily* family : {&truth, &shown})
    claim.parts.insert(claim.parts.end(), family->parts.begin(), family->parts.end());
  points.insert(points.end(), truth.points.begin(), truth.points.end());
  claim.figure = estimates_chart("Does the imbalance of the map foretell the next hour's sign?",
                                 "AUC", points);
  return claim;
}

}  // namespace faultline
