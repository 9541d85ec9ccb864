#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "draw/axis_ticks.hpp"
#include "draw/canvas.hpp"
#include "draw/heatmap_chart.hpp"
#include "draw/heatmap_parts.hpp"
#include "draw/line_chart.hpp"

namespace faultline {
namespace {

constexpr double kStart = 1'768'867'200.0;  // 2026-01-20 00:00 UTC

// All cells empty, `column_count` hours by `row_count` rows from 90,000 to 110,000.
HeatmapChart chart_of(std::size_t column_count, std::size_t row_count) {
  HeatmapChart chart;
  chart.width_px = 900;
  chart.height_px = 600;
  chart.title = "Latent liquidations";
  for (std::size_t i = 0; i <= column_count; ++i) {
    chart.grid.time_edges_s.push_back(kStart + 3600.0 * static_cast<double>(i));
  }
  for (std::size_t i = 0; i <= row_count; ++i) {
    chart.grid.price_edges.push_back(90'000.0 + 20'000.0 * static_cast<double>(i) /
                                                    static_cast<double>(row_count));
  }
  chart.grid.values.assign(column_count * row_count, 0.0F);
  chart.price_scale = AxisScale::kLinear;
  return chart;
}

HeatmapChart full_chart() {
  HeatmapChart chart = chart_of(24, 40);
  for (std::size_t i = 0; i < chart.grid.values.size(); ++i) {
    chart.grid.values[i] = static_cast<float>(1e5 * std::exp(0.007 * static_cast<double>(i)));
    chart.grid.is_uncertain.push_back(i % 40 < 4);
  }
  ChartProfile profile;
  profile.title = "at risk now";
  for (std::size_t side = 0; side < 2; ++side) {
    profile.usd[side].assign(40, 2e6F);
    profile.usd_p10[side].assign(40, 1e6F);
    profile.usd_p90[side].assign(40, 3e6F);
  }
  chart.profile = profile;
  chart.price_now = 100'000.0;
  for (int i = 0; i < 24; ++i) {
    const double begin_s = kStart + 3600.0 * i;
    chart.candles.push_back(
        {begin_s, begin_s + 3600.0, 100'000.0, 101'000.0, 99'000.0, 100'500.0 - 40.0 * i});
  }
  chart.markers = {{kStart + 7200.0, 96'000.0, 5e6, 0}, {kStart + 9000.0, 104'000.0, 2e7, 1}};
  chart.panes = {{"open interest", "USD", {{"total", {kStart, kStart + 80'000.0}, {4e9, 5e9}}}}};
  chart.subtitle = "model 0.1 · as of 2026-01-21";
  chart.footer = "An estimate, not a measurement.";
  chart.banner = "SIMULATED MARKET";
  return chart;
}

PixelImage picture_of(const HeatmapChart& chart) {
  const auto png = render_png(chart);
  EXPECT_TRUE(png.has_value());
  return decode_png(*png).value();
}

struct Box {
  int left = 1 << 20;
  int right = -1;
  int top = 1 << 20;
  int bottom = -1;
};

Box box_of(const PixelImage& image, Rgb color) {
  Box box;
  for (int y = 0; y < image.height_px; ++y) {
    for (int x = 0; x < image.width_px; ++x) {
      if (image.at(x, y) != color) continue;
      box = {std::min(box.left, x), std::max(box.right, x), std::min(box.top, y),
             std::max(box.bottom, y)};
    }
  }
  return box;
}

// The colour of the hottest cells; the colour legend lies above the plot and is left out.
Box hot_box(const HeatmapChart& chart) {
  const PixelImage image = picture_of(chart);
  PixelImage plot = image;
  std::fill_n(plot.pixels.begin(), 80 * plot.width_px, Rgb{});
  return box_of(plot, palette_of(PaletteKind::kTotal, chart.theme).back());
}

Errc code_of(const HeatmapChart& chart) {
  const auto png = render_png(chart);
  const auto svg = render_svg(chart);
  EXPECT_FALSE(png.has_value());
  EXPECT_FALSE(svg.has_value());
  return png.has_value() ? Errc::kEmpty : png.error().code;
}

TEST(Palette, LuminanceIsMonotoneAndLeavesTheBackground) {
  for (const PaletteKind kind : {PaletteKind::kTotal, PaletteKind::kWarm, PaletteKind::kCool}) {
    for (const ChartTheme theme : {ChartTheme::kDark, ChartTheme::kLight}) {
      const Palette& palette = palette_of(kind, theme);
      const double sign = theme == ChartTheme::kDark ? 1.0 : -1.0;
      std::size_t repeat_count = 0;
      for (std::size_t i = 1; i < palette.size(); ++i) {
        EXPECT_GE(sign * (luminance_of(palette[i]) - luminance_of(palette[i - 1])), 0.0) << i;
        repeat_count += palette[i] == palette[i - 1];
      }
      EXPECT_LT(repeat_count, 16U);
      EXPECT_GT(std::abs(luminance_of(palette.back()) - luminance_of(palette.front())), 0.5);
    }
  }
}

TEST(Palette, KeepsItsAnchors) {
  const Palette& palette = palette_of(PaletteKind::kTotal, ChartTheme::kDark);
  EXPECT_EQ(palette.front(), (Rgb{68, 1, 84}));
  EXPECT_EQ(palette.back(), (Rgb{253, 231, 37}));
}

TEST(LogColorScale, HasFixedBounds) {
  const LogColorScale scale = {1e5, 1e8};
  EXPECT_FALSE(scale.index_of(0.0));
  EXPECT_FALSE(scale.index_of(99'999.0));
  EXPECT_EQ(scale.index_of(1e5), 0U);
  EXPECT_EQ(scale.index_of(std::sqrt(1e13) * 1.001), 128U);
  EXPECT_EQ(scale.index_of(1e8), 255U);
  EXPECT_EQ(scale.index_of(1e12), 255U);
}

TEST(HeatmapChart, HotCellStandsWhereItBelongs) {
  HeatmapChart chart = chart_of(10, 10);
  const Box whole = [&] {
    HeatmapChart hot = chart;
    hot.grid.values.assign(100, 1e9F);
    return hot_box(hot);
  }();
  chart.grid.values[7 * 10 + 8] = 1e9F;  // column 7, row 8: right and high
  const Box box = hot_box(chart);
  const double width_px = whole.right - whole.left + 1.0;
  const double height_px = whole.bottom - whole.top + 1.0;
  EXPECT_NEAR(box.left - whole.left, 0.7 * width_px, 1.5);
  EXPECT_NEAR(box.right + 1 - whole.left, 0.8 * width_px, 1.5);
  EXPECT_NEAR(box.top - whole.top, 0.1 * height_px, 1.5);
  EXPECT_NEAR(box.bottom + 1 - whole.top, 0.2 * height_px, 1.5);
}

TEST(HeatmapChart, ReductionKeepsTheLargest) {
  HeatmapChart chart = chart_of(20'000, 10);
  chart.grid.time_edges_s.clear();
  for (int i = 0; i <= 20'000; ++i) chart.grid.time_edges_s.push_back(kStart + 60.0 * i);
  chart.grid.values[12'345 * 10 + 3] = 1e9F;
  const Box box = hot_box(chart);
  EXPECT_EQ(box.left, box.right);
  EXPECT_GE(box.bottom - box.top, 20);
  EXPECT_NE(render_svg(chart)->find("max per pixel"), std::string::npos);
  EXPECT_EQ(render_svg(chart_of(10, 10))->find("max per pixel"), std::string::npos);
}

TEST(HeatmapChart, NarrowCellsAreNotLost) {
  HeatmapChart chart = chart_of(3, 1);
  chart.grid.time_edges_s = {kStart, kStart + 50'000.2, kStart + 50'000.3, kStart + 90'000.0};
  chart.grid.values = {0.0F, 1e9F, 0.0F};
  const Box box = hot_box(chart);
  EXPECT_EQ(box.left, box.right);
}

TEST(HeatmapChart, BelowTheFloorIsBackground) {
  HeatmapChart chart = chart_of(4, 4);
  const PixelImage empty = picture_of(chart);
  chart.grid.values.assign(16, 99'999.0F);
  EXPECT_EQ(picture_of(chart).pixels, empty.pixels);
}

TEST(HeatmapChart, SidesHaveTheirHues) {
  HeatmapChart chart = chart_of(2, 1);
  chart.grid.values = {1e9F, 1e6F};
  chart.grid.values_second = {1e6F, 1e9F};
  PixelImage image = picture_of(chart);
  std::fill_n(image.pixels.begin(), 80 * image.width_px, Rgb{});
  const Box warm = box_of(image, palette_of(PaletteKind::kWarm, chart.theme).back());
  const Box cool = box_of(image, palette_of(PaletteKind::kCool, chart.theme).back());
  EXPECT_GT(warm.right, 0);
  EXPECT_GT(cool.left, warm.right);
}

TEST(HeatmapChart, UncertainCellsAreHatched) {
  HeatmapChart chart = chart_of(2, 2);
  chart.grid.values.assign(4, 1e9F);
  const std::string plain = render_svg(chart).value();
  chart.grid.is_uncertain = {0, 0, 1, 1};
  const PixelImage image = picture_of(chart);
  const Rgb hot = palette_of(PaletteKind::kTotal, chart.theme).back();
  const auto count_in = [&](int from_x, int to_x) {
    int count = 0;
    for (int x = from_x; x < to_x; ++x) count += image.at(x, 300) == hot;
    return count;
  };
  EXPECT_GE(count_in(200, 300), 98);  // grid lines cross the row
  EXPECT_LT(count_in(600, 700), 80);
  EXPECT_GT(count_in(600, 700), 60);
  EXPECT_EQ(plain.find(chart.uncertain_label), std::string::npos);
  EXPECT_NE(render_svg(chart)->find(chart.uncertain_label), std::string::npos);
}

TEST(HeatmapChart, SameInputSameBytes) {
  const HeatmapChart chart = full_chart();
  EXPECT_EQ(*render_png(chart), *render_png(chart));
  EXPECT_EQ(*render_svg(chart), *render_svg(chart));
}

TEST(HeatmapChart, SvgHoldsItsTexts) {
  HeatmapChart chart = full_chart();
  chart.title = "a < b & c";
  const std::string svg = render_svg(chart).value();
  for (const char* text : {"a &lt; b &amp; c",
                           "as of 2026-01-21",
                           "$100k",
                           "$1M",
                           "$10M",
                           "≥$100M",
                           "$2M",
                           "$20M",
                           "95,000",
                           "105,000",
                           "price, USDT",
                           "time, UTC",
                           "USD notional at risk per 0.1 % of price",
                           "longs liquidated",
                           "shorts liquidated",
                           "candles 1 h",
                           "open interest, USD",
                           "20 Jan 2026",
                           "100,000",
                           "An estimate, not a measurement.",
                           "SIMULATED MARKET",
                           "data:image/png;base64,"}) {
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  }
}

TEST(HeatmapChart, BannerStandsAcrossThePicture) {
  const PixelImage image = picture_of(full_chart());
  const Rgb banner = colors_of(ChartTheme::kDark).banner;
  EXPECT_EQ(image.at(2, 5), banner);
  EXPECT_EQ(image.at(897, 5), banner);
  EXPECT_GT(box_of(image, banner).bottom, 300);  // the tag in the plot
}

TEST(HeatmapChart, DrawsEverySizeAndTheme) {
  HeatmapChart chart = full_chart();
  for (const auto& [width_px, height_px] :
       {std::pair(640, 400), std::pair(640, 2000), std::pair(3000, 400), std::pair(1600, 1000)}) {
    for (const ChartTheme theme : {ChartTheme::kDark, ChartTheme::kLight}) {
      chart.width_px = width_px;
      chart.height_px = height_px;
      chart.theme = theme;
      const PixelImage image = picture_of(chart);
      EXPECT_EQ(image.width_px, width_px);
      EXPECT_EQ(image.height_px, height_px);
    }
  }
}

TEST(HeatmapChart, OneCellIsEnoughAndNoneNeedsViews) {
  HeatmapChart chart = chart_of(1, 1);
  EXPECT_TRUE(render_png(chart).has_value());
  chart.grid = {};
  EXPECT_EQ(code_of(chart), Errc::kBadRequest);
  chart.time_view = AxisRange{kStart, kStart + 3600.0};
  chart.price_view = AxisRange{90'000.0, 100'000.0};
  EXPECT_TRUE(render_png(chart).has_value());
}

TEST(HeatmapChart, RefusesWhatDoesNotFit) {
  const auto broken = [](auto&& change) {
    HeatmapChart chart = full_chart();
    change(chart);
    return code_of(chart);
  };
  using C = HeatmapChart;
  EXPECT_EQ(broken([](C& c) { c.width_px = 639; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.height_px = 399; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.height_px = 8193; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.grid.values.pop_back(); }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.grid.is_uncertain.pop_back(); }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.grid.values_second = {1.0F}; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.grid.price_edges[3] = c.grid.price_edges[2]; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.color_scale.ceiling = 1e5; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.time_view = AxisRange{2.0, 1.0}; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.profile->usd[1].pop_back(); }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.profile->usd_p10[0].clear(); }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.panes[0].series[0].values.pop_back(); }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.markers[0].side = 2; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.candles[2].high = 1.0; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { std::swap(c.candles[2], c.candles[3]); }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.title = "\xff"; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.footer = "two\nlines"; }), Errc::kBadRequest);
  EXPECT_EQ(broken([](C& c) { c.panes.resize(5); }), Errc::kLimit);
}

TEST(HeatmapChart, RefusesNumbersThatAreNone) {
  static constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  static constexpr float kInf = std::numeric_limits<float>::infinity();
  const auto broken = [](auto&& change) {
    HeatmapChart chart = full_chart();
    change(chart);
    return code_of(chart);
  };
  using C = HeatmapChart;
  EXPECT_EQ(broken([](C& c) { c.grid.values[5] = kInf; }), Errc::kOutOfRange);
  EXPECT_EQ(broken([](C& c) { c.grid.values[5] = std::nanf(""); }), Errc::kOutOfRange);
  EXPECT_EQ(broken([](C& c) { c.grid.values[5] = -1.0F; }), Errc::kOutOfRange);
  EXPECT_EQ(broken([](C& c) { c.grid.time_edges_s[0] = kNan; }), Errc::kOutOfRange);
  EXPECT_EQ(broken([](C& c) { c.price_now = kNan; }), Errc::kOutOfRange);
  EXPECT_EQ(broken([](C& c) { c.markers[0].usd = kNan; }), Errc::kOutOfRange);
  EXPECT_EQ(broken([](C& c) { c.candles[0].close = kNan; }), Errc::kOutOfRange);
  EXPECT_EQ(broken([](C& c) { c.panes[0].series[0].values[0] = kNan; }), Errc::kOutOfRange);
  EXPECT_EQ(broken([](C& c) {
              c.price_scale = AxisScale::kLog;
              c.grid.price_edges[0] = 0.0;
            }),
            Errc::kOutOfRange);
}

TEST(Candles, AggregateKeepsOpenHighLowClose) {
  const std::vector<ChartCandle> candles = {{0, 60, 10, 12, 9, 11},
                                            {60, 120, 11, 15, 11, 14},
                                            {120, 180, 14, 14, 7, 8},
                                            {300, 360, 8, 9, 8, 9}};
  const auto merged = aggregate_candles(candles, 180.0);
  ASSERT_EQ(merged.size(), 2U);
  EXPECT_EQ(merged[0], (ChartCandle{0, 180, 10, 15, 7, 8}));
  EXPECT_EQ(merged[1], (ChartCandle{180, 360, 8, 9, 8, 9}));
  EXPECT_TRUE(aggregate_candles({}, 60.0).empty());
}

TEST(Profile, CumulativeRunsOutwardFromThePrice) {
  HeatmapChart chart = chart_of(1, 4);  // rows of 5,000 from 90,000
  chart.bin_fraction = 0.0;
  chart.profile = ChartProfile{};
  chart.profile->usd = {std::vector<float>{1, 2, 4, 8}, std::vector<float>{1, 2, 4, 8}};
  chart.price_now = 102'500.0;  // in the middle of the third row
  EXPECT_EQ(cumulative_usd(chart, 0), (std::vector<double>{5, 4, 2, 0}));
  EXPECT_EQ(cumulative_usd(chart, 1), (std::vector<double>{0, 0, 2, 10}));
  chart.bin_fraction = 0.001;
  EXPECT_NEAR(cumulative_usd(chart, 1)[2], 4.0 * std::log(105.0 / 102.5) / 0.001, 1e-9);
}

TEST(ReduceLine, KeepsExtremesOfEachPixel) {
  std::vector<CanvasPoint> points;
  for (int i = 0; i < 1000; ++i) points.push_back({0.5 + i * 1e-4, i == 500 ? 99.0 : 1.0});
  points.push_back({7.0, 3.0});
  const auto kept = reduce_line(points);
  EXPECT_LE(kept.size(), 5U);
  EXPECT_TRUE(std::ranges::any_of(kept, [](CanvasPoint p) { return p.y == 99.0; }));
  EXPECT_EQ(kept.back().x, 7.0);
}

TEST(Texts, OfNumbers) {
  EXPECT_EQ(dollars_text(1e5), "$100k");
  EXPECT_EQ(dollars_text(2.5e6), "$2.5M");
  EXPECT_EQ(dollars_text(999'950.0), "$1M");
  EXPECT_EQ(dollars_text(-3e9), "-$3B");
  EXPECT_EQ(dollars_text(0.0), "$0");
  EXPECT_EQ(grouped_text(95'000.0, 0), "95,000");
  EXPECT_EQ(grouped_text(-1'234'567.891, 2), "-1,234,567.89");
  EXPECT_EQ(grouped_text(-0.001, 1), "0.0");
  EXPECT_EQ(short_text(0.0312), "0.0312");
  EXPECT_EQ(duration_text(14'400.0), "4 h");
}

TEST(Ticks, AreRoundAndFew) {
  const auto prices = linear_ticks({90'500.0, 104'000.0}, 5);
  ASSERT_EQ(prices.size(), 2U);
  EXPECT_EQ(prices[0].label, "95,000");
  const auto amounts = log_ticks({1e5, 1e8}, 5);
  ASSERT_EQ(amounts.size(), 4U);
  const auto hours = time_ticks({kStart - 7200.0, kStart + 14'400.0}, 6);
  ASSERT_EQ(hours.size(), 6U);
  EXPECT_EQ(hours[0].label, "22:00");
  EXPECT_EQ(hours[0].second_label, "19 Jan 2026");
  EXPECT_EQ(hours[2].label, "00:00");
  EXPECT_EQ(hours[2].second_label, "20 Jan");
  const auto months = time_ticks({kStart, kStart + 200 * 86'400.0}, 8);
  EXPECT_EQ(months[0].label, "Feb");
  for (const double span_s : {60.0, 5e3, 1e5, 2e6, 1e7, 1e9}) {
    for (const int count : {2, 7, 20}) {
      EXPECT_LE(time_ticks({kStart, kStart + span_s}, count).size(),
                static_cast<std::size_t>(count) + 2);
    }
  }
}

LineChart line_chart() {
  LineChart chart;
  chart.title = "Reliability";
  chart.x_label = "forecast";
  chart.y_label = "observed";
  chart.series = {{"model", SeriesStyle::kLine, {0, 1, 2}, {0, 1, 4}, {0, 0, 3}, {1, 2, 5}},
                  {"binned", SeriesStyle::kPoints, {0, 2}, {1, 3}, {0, 2}, {2, 4}},
                  {"count", SeriesStyle::kBars, {0, 1, 2}, {2, -1, 3}, {}, {}}};
  chart.references = {{0, 0, 2, 2, "perfect"}};
  return chart;
}

TEST(LineChart, DrawsItsSeriesTheSameTwice) {
  const LineChart chart = line_chart();
  EXPECT_EQ(*render_png(chart), *render_png(chart));
  const std::string svg = render_svg(chart).value();
  EXPECT_EQ(svg, *render_svg(chart));
  for (const char* text : {"Reliability", "model", "binned", "count", "perfect", "observed"}) {
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  }
  const PixelImage image = decode_png(*render_png(chart)).value();
  EXPECT_GT(box_of(image, colors_of(chart.theme).series[1]).right, 0);
  EXPECT_TRUE(render_png(LineChart{}).has_value());
}

TEST(LineChart, RefusesWhatDoesNotFit) {
  const auto code = [](auto&& change) {
    LineChart chart = line_chart();
    change(chart);
    const auto svg = render_svg(chart);
    return svg.has_value() ? Errc::kEmpty : svg.error().code;
  };
  EXPECT_EQ(code([](LineChart& c) { c.series[0].y.pop_back(); }), Errc::kBadRequest);
  EXPECT_EQ(code([](LineChart& c) { c.series[0].high.clear(); }), Errc::kBadRequest);
  EXPECT_EQ(code([](LineChart& c) { std::swap(c.series[0].x[0], c.series[0].x[1]); }),
            Errc::kBadRequest);
  EXPECT_EQ(code([](LineChart& c) { c.y_scale = AxisScale::kLog; }), Errc::kOutOfRange);
  EXPECT_EQ(code([](LineChart& c) { c.series[1].x[0] = std::nan(""); }), Errc::kOutOfRange);
  EXPECT_EQ(code([](LineChart& c) { c.series.resize(13); }), Errc::kLimit);
  EXPECT_EQ(code([](LineChart& c) { c.width_px = 9000; }), Errc::kBadRequest);
}

TEST(Png, RefusesOtherBytes) {
  const std::vector<std::uint8_t> bytes = {1, 2, 3};
  EXPECT_EQ(decode_png(bytes).error().code, Errc::kBadFormat);
}

}  // namespace
}  // namespace faultline
