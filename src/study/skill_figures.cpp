#include "study/skill_figures.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/time_text.hpp"

namespace faultline {
namespace {

constexpr const char* kFooter =
    "Conditional on the hour's realised range: a score of the map, not a forecast. Whiskers: 95 % "
    "of a bootstrap over days.";

std::string window_words(const SkillWindow& window) {
  return window.name + " window, " + day_text(window.from) + " to " + day_text(window.to);
}

std::string subtitle_of(const MapSkill& study) {
  return to_text(study.options.request.instrument) + " · liquidations of " +
         to_text(study.options.request.liquidations) + " · out of sample";
}

LineChart blank_chart(const MapSkill& study, std::string title) {
  LineChart chart;
  chart.width_px = 1800;
  chart.height_px = 760;
  chart.title = std::move(title);
  chart.subtitle = subtitle_of(study);
  chart.footer = kFooter;
  return chart;
}

void add_point(LineSeries& series, double x, const BootstrapEstimate& y) {
  series.x.push_back(x);
  series.y.push_back(y.value);
  series.low.push_back(std::min(y.low, y.value));
  series.high.push_back(std::max(y.high, y.value));
}

// Windows stand beside each other within a category.
double beside(std::size_t category, std::size_t window, std::size_t window_count) {
  const double shift = static_cast<double>(window) - 0.5 * static_cast<double>(window_count - 1);
  return static_cast<double>(category) + 0.24 * shift;
}

// Without the suffix that all categories of a picture share.
std::string short_name(std::string name) {
  constexpr std::string_view kSuffix = "_in_hour";
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size());
  return name;
}

LineChart ladder_chart(const MapSkill& study, MapTiming timing) {
  const bool is_in_hour = timing == MapTiming::kInHour;
  LineChart chart =
      blank_chart(study, is_in_hour ? "Explained liquidations, map updated in the hour"
                                    : "Explained liquidations, map frozen at the hour's "
                                      "begin");
  chart.y_label = "R² of ln(1 + USD) against the training mean";
  std::vector<std::size_t> shown;
  for (std::size_t i = 0; i < study.contestants.size(); ++i) {
    const ContestantInfo& info = study.contestants[i];
    if (info.timing != timing || info.is_placebo || info.name == "b0") continue;
    shown.push_back(i);
    chart.x_categories.push_back(short_name(info.name));
  }
  for (std::size_t w = 0; w < study.windows.size(); ++w) {
    LineSeries series{.label = window_words(study.windows[w]), .style = SeriesStyle::kPoints};
    for (std::size_t c = 0; c < shown.size(); ++c) {
      const Estimate& r_squared = study.windows[w].scores[shown[c]].r_squared;
      if (r_squared) add_point(series, beside(c, w, study.windows.size()), *r_squared);
    }
    chart.series.push_back(std::move(series));
  }
  return chart;
}

struct Pair {
  const char* name;
  const char* reference;
  const char* label;
};

LineChart increment_chart(const MapSkill& study, std::string title, std::span<const Pair> pairs) {
  LineChart chart = blank_chart(study, std::move(title));
  chart.y_label = "gain in R² of ln(1 + USD)";
  for (const Pair& pair : pairs) chart.x_categories.emplace_back(pair.label);
  for (std::size_t w = 0; w < study.windows.size(); ++w) {
    LineSeries series{.label = window_words(study.windows[w]), .style = SeriesStyle::kPoints};
    for (std::size_t c = 0; c < pairs.size(); ++c) {
      const SkillIncrement* one =
          study.windows[w].find_increment(pairs[c].name, pairs[c].reference);
      if (one != nullptr && one->r_squared)
        add_point(series, beside(c, w, study.windows.size()), *one->r_squared);
    }
    chart.series.push_back(std::move(series));
  }
  const double end = static_cast<double>(pairs.size()) - 0.5;
  chart.references.push_back(
      {.from_x = -0.5, .from_y = 0.0, .to_x = end, .to_y = 0.0, .label = "no gain"});
  return chart;
}

LineChart increments_chart(const MapSkill& study) {
  constexpr std::array kPairs{
      Pair{"faultline", "boosting", "ours − boosting"},
      Pair{"faultline", "learners", "ours − no map"},
      Pair{"faultline", "geometry_b7c", "ours − b7c"},
      Pair{"faultline_in_hour", "stack_in_hour", "in hour: ours − stack"},
      Pair{"faultline_in_hour", "learners_in_hour", "in hour: ours − no map"},
      Pair{"faultline_in_hour", "geometry_b7c_in_hour", "in hour: ours − b7c"},
  };
  return increment_chart(
      study, "What our map adds (\"no map\": the same learners; b7c: with geometry)", kPairs);
}

LineChart placebos_chart(const MapSkill& study) {
  constexpr std::array kPairs{
      Pair{"faultline", "learners", "the map"},
      Pair{"faultline_constant", "learners", "constant"},
      Pair{"faultline_mirrored", "learners", "mirrored"},
      Pair{"faultline_shifted", "learners", "shifted 7 days"},
      Pair{"faultline_shuffled", "learners", "shuffled"},
      Pair{"faultline_in_hour", "learners_in_hour", "in hour: the map"},
      Pair{"faultline_constant_in_hour", "learners_in_hour", "in hour: constant"},
      Pair{"faultline_mirrored_in_hour", "learners_in_hour", "in hour: mirrored"},
      Pair{"faultline_shifted_in_hour", "learners_in_hour", "in hour: shifted 7 days"},
      Pair{"faultline_shuffled_in_hour", "learners_in_hour", "in hour: shuffled"},
  };
  return increment_chart(study, "Our map and its placebos, over the same learners without a map",
                         kPairs);
}

double usd_of(double log_usd) { return std::max(1.0, std::expm1(log_usd)); }

LineChart predicted_chart(const MapSkill& study) {
  const SkillWindow& window = study.windows.front();
  LineChart chart = blank_chart(study, "Liquidated in an hour against expected, by tenths");
  chart.width_px = 1100;
  chart.subtitle += " · " + window_words(window);
  chart.x_label = "expected: exp of the mean of ln(1 + USD), less 1; USD";
  chart.y_label = "reported, the same mean; USD";
  chart.x_scale = AxisScale::kLog;
  chart.y_scale = AxisScale::kLog;
  double low = 1e18;
  double high = 1.0;
  for (const TimingBands& timing : window.bands) {
    LineSeries series{.label = timing.name, .style = SeriesStyle::kPoints};
    for (const PredictedBin& bin : timing.bins) {
      if (!bin.predicted || !bin.realised) continue;
      const double x = usd_of(bin.predicted->value);
      add_point(series, x,
                {.value = usd_of(bin.realised->value),
                 .low = usd_of(bin.realised->low),
                 .high = usd_of(bin.realised->high),
                 .t = std::nullopt});
      low = std::min(low, x);
      high = std::max(high, x);
    }
    chart.series.push_back(std::move(series));
  }
  if (low < high) {
    chart.references.push_back(
        {.from_x = low, .from_y = low, .to_x = high, .to_y = high, .label = "as expected"});
  }
  return chart;
}

LineChart bands_chart(const MapSkill& study) {
  constexpr double kApart = 0.008;
  LineChart chart = blank_chart(study, "Reliability of liquidation_interval");
  chart.x_label = "share of outcomes that a band promises to hold";
  chart.y_label = "share that it held, less what it promises";
  chart.x_view = AxisRange{0.05, 1.0};
  double shift = -1.5 * kApart;
  for (const SkillWindow& window : study.windows) {
    for (const TimingBands& timing : window.bands) {
      LineSeries series{.label = timing.name + ", " + window.name + " window",
                        .style = SeriesStyle::kPoints};
      for (const BandScore& band : timing.bands) {
        if (!band.coverage) continue;
        BootstrapEstimate excess = *band.coverage;
        excess.value -= band.level;
        excess.low -= band.level;
        excess.high -= band.level;
        add_point(series, band.level + shift, excess);
      }
      chart.series.push_back(std::move(series));
      shift += kApart;
    }
  }
  chart.references.push_back(
      {.from_x = 0.05, .from_y = 0.0, .to_x = 1.0, .to_y = 0.0, .label = "as promised"});
  return chart;
}

}  // namespace

std::vector<ReportFigure> skill_figures(const MapSkill& study) {
  return {{.name = "ladder_frozen", .chart = ladder_chart(study, MapTiming::kFrozen)},
          {.name = "ladder_in_hour", .chart = ladder_chart(study, MapTiming::kInHour)},
          {.name = "increments", .chart = increments_chart(study)},
          {.name = "placebos", .chart = placebos_chart(study)},
          {.name = "predicted", .chart = predicted_chart(study)},
          {.name = "bands", .chart = bands_chart(study)}};
}

}  // namespace faultline
