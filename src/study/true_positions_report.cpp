#include "study/true_positions_report.hpp"

#include "core/time_text.hpp"
#include "draw/axis_ticks.hpp"
#include "study/estimate_text.hpp"

namespace faultline {
namespace {

constexpr const char* kLimit =
    "Only shapes are compared: the known positions are a part of the market that nobody drew at "
    "random, so these numbers say as much about that part as about the map.";

}  // namespace

JsonValue json_of_positions(const PositionStudy& study) {
  JsonValue out = JsonValue::object();
  out.set("study", "true-positions")
      .set("instrument", to_text(study.request.instrument))
      .set("positions", to_text(study.request.positions))
      .set("members", static_cast<std::int64_t>(study.request.members))
      .set("seed", static_cast<std::int64_t>(study.request.seed))
      .set("replicas", static_cast<std::int64_t>(study.request.replicas))
      .set("band_log_price", kPositionBand)
      .set("reach_log_price", kPositionReach)
      .set("profiles", static_cast<std::int64_t>(study.profile_count))
      .set("days", static_cast<std::int64_t>(study.day_count))
      .set("known_usd_mean", study.usd_mean)
      .set("effective_positions_median", study.effective_count_median)
      .set("coverage_of_80", json_of_estimate(study.coverage))
      .set("coverage_of_80_with_sampling", json_of_estimate(study.coverage_with_sampling));
  JsonValue by_band = JsonValue::array();
  for (const double share : study.coverage_by_band) by_band.push(share);
  out.set("coverage_of_80_by_band", std::move(by_band));
  JsonValue shapes = JsonValue::array();
  for (const ShapeScore& score : study.shapes) {
    shapes.push(std::move(JsonValue::object()
                              .set("shape", score.shape)
                              .set("relative_l1", json_of_estimate(score.relative_l1))
                              .set("wasserstein_log_price", json_of_estimate(score.wasserstein))));
  }
  out.set("shapes", std::move(shapes));
  return out;
}

std::string text_of_positions(const PositionStudy& study) {
  std::string out = "# The map's shape against known liquidation prices\n\n";
  out += "Map of `" + to_text(study.request.instrument) + "` with " +
         std::to_string(study.request.members) + " members against positions of `" +
         to_text(study.request.positions) + "`: " + std::to_string(study.profile_count) +
         " profiles (a side of a snapshot) on " + std::to_string(study.day_count) +
         " days, in bands of 1 % up to 30 % from the mark. " + kLimit + "\n\n";
  out += "Known money within reach, mean of a profile: $" + grouped_text(study.usd_mean * 1e-6, 2) +
         "M, as good as " + grouped_text(study.effective_count_median, 1) +
         " positions of equal size (median).\n\nIntervals: 95 % of draws of whole days.\n" +
         few_days_text(study.day_count) + "\n";
  out += table_head({"density_interval of 80 %", "share of bands inside"});
  out += table_row({"as published", estimate_text(study.coverage)});
  out += table_row(
      {"widened by the scatter of so few positions", estimate_text(study.coverage_with_sampling)});
  out += "\n" + table_head({"shape", "relative L1 (0 .. 2)", "money has to move, log price"});
  for (const ShapeScore& score : study.shapes) {
    out += table_row(
        {score.shape, estimate_text(score.relative_l1), estimate_text(score.wasserstein)});
  }
  return out;
}

LineChart position_chart(const std::vector<PositionProfile>& profiles, Side side,
                         const PositionStudy& study) {
  LineChart chart;
  chart.title = std::string("Where ") + (side == Side::kLong ? "longs" : "shorts") +
                " are liquidated: known positions and the map";
  chart.subtitle = to_text(study.request.positions) + " · map of " +
                   to_text(study.request.instrument) + " · mean of all snapshots";
  chart.footer = kLimit;
  chart.x_label = "distance from the mark, % of log price";
  chart.y_label = "share of the money within 30 %";
  LineSeries known{.label = "known positions", .style = SeriesStyle::kPoints};
  LineSeries map{.label = "map, p10 .. p90 of its members"};
  double count = 0.0;
  for (const PositionProfile& profile : profiles) count += profile.side == side ? 1.0 : 0.0;
  for (std::size_t band = 0; band < kPositionBandCount && count > 0.0; ++band) {
    std::array<double, 4> sum{};
    for (const PositionProfile& profile : profiles) {
      if (profile.side != side) continue;
      sum[0] += profile.known[band];
      sum[1] += profile.mean[band];
      sum[2] += profile.p10[band];
      sum[3] += profile.p90[band];
    }
    const double x = 100.0 * kPositionBand * (static_cast<double>(band) + 0.5);
    known.x.push_back(x);
    known.y.push_back(sum[0] / count);
    map.x.push_back(x);
    map.y.push_back(sum[1] / count);
    map.low.push_back(sum[2] / count);
    map.high.push_back(sum[3] / count);
  }
  chart.series = {std::move(map), std::move(known)};
  return chart;
}

}  // namespace faultline
