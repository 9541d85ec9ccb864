#include "study/location_report.hpp"

#include "core/time_text.hpp"
#include "draw/axis_ticks.hpp"
#include "study/estimate_text.hpp"

namespace faultline {
namespace {

constexpr const char* kMeaning =
    "A rank is the place of a band with prints among the bands that price reached in the same "
    "interval on the same side, by the map's mass there relative to the mean at that distance. "
    "0.5 in the mean: the map knows nothing but the distance.";

std::string p_text(double p) { return p < 1e-3 ? "< 0.001" : grouped_text(p, 3); }

}  // namespace

JsonValue json_of_location(const LocationStudy& study) {
  JsonValue out = JsonValue::object();
  out.set("study", "location")
      .set("instrument", to_text(study.request.instrument))
      .set("interval_ns", study.request.interval.value)
      .set("band_log_price", kLocationBand)
      .set("seed", static_cast<std::int64_t>(study.request.seed))
      .set("replicas", static_cast<std::int64_t>(study.request.replicas))
      .set("reached_bands", static_cast<std::int64_t>(study.reached_bands));
  JsonValue scores = JsonValue::array();
  for (const LocationScore& score : study.scores) {
    JsonValue one = JsonValue::object();
    one.set("prints", score.prints)
        .set("map", score.map)
        .set("groups", static_cast<std::int64_t>(score.group_count))
        .set("days", static_cast<std::int64_t>(score.day_count))
        .set("bands_with_prints", static_cast<std::int64_t>(score.ranks.size()))
        .set("printed_usd", score.usd)
        .set("mean_rank", json_of_estimate(score.mean_rank))
        .set("mean_rank_by_usd", json_of_estimate(score.mean_rank_usd))
        .set("ks_statistic", score.ks.statistic)
        .set("ks_p_by_days", score.ks.p_clustered)
        .set("ks_p_by_permutation", score.p_ks)
        .set("mean_rank_p_by_permutation", score.p_mean_rank);
    scores.push(std::move(one));
  }
  out.set("scores", std::move(scores));
  return out;
}

std::string text_of_location(const LocationStudy& study) {
  std::string out = "# Where liquidations were printed, against the map\n\n";
  out += "Map of `" + to_text(study.request.instrument) + "`, frozen at the begin of every " +
         to_text(study.request.interval) + "; " + std::to_string(study.reached_bands) +
         " bands of 10 bp were reached. " + kMeaning +
         "\n\nIntervals: 95 % of draws of whole days. p by permutation: prints put into other "
         "bands of their own group, valid however few days there are.\n";
  out += few_days_text(study.scores.back().day_count) + "\n";
  out += table_head({"prints of", "map", "groups", "days", "bands with prints", "mean rank",
                     "mean rank by USD", "p", "KS distance", "p by permutation", "p by days"});
  for (const LocationScore& score : study.scores) {
    out +=
        table_row({score.prints, score.map, std::to_string(score.group_count),
                   std::to_string(score.day_count), std::to_string(score.ranks.size()),
                   estimate_text(score.mean_rank), estimate_text(score.mean_rank_usd),
                   p_text(score.p_mean_rank), grouped_text(score.ks.statistic, 3),
                   p_text(score.p_ks), score.day_count < 2 ? "-" : p_text(score.ks.p_clustered)});
  }
  return out;
}

LineChart location_chart(const LocationStudy& study) {
  LineChart chart;
  chart.title = "Ranks of the bands in which liquidations were printed";
  chart.subtitle = to_text(study.request.instrument) + " · among bands reached in the same " +
                   to_text(study.request.interval) + ", relative to their distance";
  chart.footer =
      "Below the diagonal: prints lie where the map had more than at that distance in "
      "the mean.";
  chart.x_label = "rank by the map's mass";
  chart.y_label = "share of bands with prints at or below";
  chart.x_view = AxisRange{0.0, 1.0};
  chart.y_view = AxisRange{0.0, 1.0};
  chart.references.push_back({0.0, 0.0, 1.0, 1.0, "the map knows nothing"});
  const std::string& last = study.scores.back().prints;
  for (const LocationScore& score : study.scores) {
    if (score.prints != last) continue;
    LineSeries series{.label = score.map + ", prints of " + score.prints};
    for (std::size_t i = 0; i < score.ranks.size(); ++i) {
      series.x.push_back(score.ranks[i]);
      series.y.push_back(static_cast<double>(i + 1) / static_cast<double>(score.ranks.size()));
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

}  // namespace faultline
