#include "draw/chart_frame.hpp"

#include <algorithm>
#include <utility>

namespace faultline {
namespace {

constexpr ChartColors kDarkColors = {.page = {16, 19, 26},
                                     .plot = {8, 10, 15},
                                     .line = {58, 65, 80},
                                     .text = {232, 236, 243},
                                     .text_dim = {156, 165, 182},
                                     .banner = {255, 193, 46},
                                     .banner_text = {28, 20, 0},
                                     .sides = {{{255, 138, 76}, {128, 206, 255}}},
                                     .ink = {246, 247, 250},
                                     .halo = {6, 8, 12},
                                     .series = {{{128, 206, 255},
                                                 {255, 138, 76},
                                                 {170, 220, 90},
                                                 {214, 160, 255},
                                                 {255, 214, 102},
                                                 {94, 211, 190},
                                                 {255, 150, 190},
                                                 {190, 198, 212}}}};

constexpr ChartColors kLightColors = {.page = {255, 255, 255},
                                      .plot = {252, 252, 250},
                                      .line = {205, 209, 216},
                                      .text = {24, 28, 36},
                                      .text_dim = {92, 100, 114},
                                      .banner = {255, 176, 0},
                                      .banner_text = {28, 20, 0},
                                      .sides = {{{206, 72, 24}, {24, 108, 184}}},
                                      .ink = {24, 28, 36},
                                      .halo = {255, 255, 255},
                                      .series = {{{24, 108, 184},
                                                  {206, 72, 24},
                                                  {58, 132, 52},
                                                  {126, 66, 176},
                                                  {158, 116, 0},
                                                  {0, 132, 124},
                                                  {188, 52, 112},
                                                  {92, 100, 114}}}};

// The number of bytes of the UTF-8 character at the front, or 0 when it is none.
std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  std::size_t count = 0;
  if (lead >= 0xc2 && lead <= 0xdf) count = 2;
  if (lead >= 0xe0 && lead <= 0xef) count = 3;
  if (lead >= 0xf0 && lead <= 0xf4) count = 4;
  if (count == 0 || text.size() < count) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f)) return 0;
  if ((lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f)) return 0;
  for (std::size_t i = 1; i < count; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U) return 0;
  }
  return count;
}

}  // namespace

const ChartColors& colors_of(ChartTheme theme) {
  return theme == ChartTheme::kDark ? kDarkColors : kLightColors;
}

ChartSizes sizes_of(int width_px) {
  if (width_px >= 2400) {
    return {.margin_px = 24.0, .title_px = 30.0, .text_px = 18.0, .small_px = 16.0};
  }
  if (width_px >= 1000) return {};
  return {.margin_px = 12.0, .title_px = 16.0, .text_px = 11.0, .small_px = 10.0};
}

double AxisMap::value(double px) const {
  const double at = (px - from_px_) / (to_px_ - from_px_);
  return scale_ == AxisScale::kLog ? range_.low * std::pow(range_.high / range_.low, at)
                                   : range_.low + at * (range_.high - range_.low);
}

LegendItem legend_item(double sign_width_px, std::string label, ChartSizes sizes, Rgb text_color,
                       std::function<void(Canvas&, CanvasPoint)> draw_sign) {
  const TextStyle style = {.size_px = sizes.small_px};
  const double width_px = sign_width_px + 6.0 + text_width_px(label, style) + 18.0;
  return {width_px, [=, sign = std::move(draw_sign), text = std::move(label)](Canvas& canvas,
                                                                              CanvasPoint at) {
            sign(canvas, at);
            canvas.draw_text({at.x + sign_width_px + 6.0, at.y + sizes.small_px * 0.36}, text,
                             style, {text_color});
          }};
}

double flow_legend(Canvas* canvas, CanvasRect area, double line_px,
                   std::span<const LegendItem> items) {
  if (items.empty()) return 0.0;
  double x = 0.0;
  double y = line_px / 2.0;
  for (const LegendItem& item : items) {
    if (x > 0.0 && x + item.width_px > area.width) {
      x = 0.0;
      y += line_px;
    }
    if (canvas != nullptr) item.draw(*canvas, {area.x + x, area.y + y});
    x += item.width_px;
  }
  return y + line_px / 2.0;
}

double place_header(Canvas* canvas, int width_px, const HeaderTexts& texts,
                    const ChartColors& colors) {
  const ChartSizes sizes = sizes_of(width_px);
  const double room_px = width_px - 2.0 * sizes.margin_px;
  double y = 0.0;
  if (!texts.banner.empty()) {
    const TextStyle style = {.size_px = sizes.title_px * 0.85,
                             .weight = FontWeight::kBold,
                             .anchor = TextAnchor::kMiddle};
    y = std::max(30.0, std::round(sizes.title_px * 1.6));
    if (canvas != nullptr) {
      canvas->fill_rect({0.0, 0.0, 1.0 * width_px, y}, {colors.banner});
      canvas->draw_text({width_px / 2.0, y / 2.0 + style.size_px * 0.36},
                        elide(texts.banner, style, room_px), style, {colors.banner_text});
    }
  }
  y += sizes.margin_px * 0.6;
  const auto place_line = [&](std::string_view text, TextStyle style, Rgb color) {
    if (text.empty()) return;
    y += style.size_px * 1.4;
    if (canvas == nullptr) return;
    canvas->draw_text({sizes.margin_px, y}, elide(text, style, room_px), style, {color});
  };
  place_line(texts.title, {.size_px = sizes.title_px, .weight = FontWeight::kBold}, colors.text);
  place_line(texts.subtitle, {.size_px = sizes.text_px + 1.0}, colors.text_dim);
  return std::round(y + sizes.margin_px * 0.6);
}

double footer_height_px(std::string_view footer, ChartSizes sizes) {
  return footer.empty() ? 0.0 : sizes.small_px * 1.8;
}

void draw_footer(Canvas& canvas, CanvasRect page, std::string_view footer,
                 const ChartColors& colors) {
  const ChartSizes sizes = sizes_of(static_cast<int>(page.width));
  if (footer.empty()) return;
  const TextStyle style = {.size_px = sizes.small_px};
  canvas.draw_text({sizes.margin_px, page.bottom() - sizes.small_px * 0.9},
                   elide(footer, style, page.width - 2.0 * sizes.margin_px), style,
                   {colors.text_dim});
}

void draw_tag(Canvas& canvas, CanvasPoint at, std::string_view text, TextStyle style, Rgb plate,
              Rgb ink) {
  const double width_px = text_width_px(text, style);
  const double height_px = std::round(style.size_px * 1.5);
  canvas.fill_rect(
      {std::round(at.x), std::round(at.y - height_px / 2.0), std::ceil(width_px + 10.0), height_px},
      {plate});
  canvas.draw_text({at.x + 5.0, at.y + style.size_px * 0.36}, text, style, {ink});
}

Result<void> check_numbers(std::span<const double> values, AxisRange allowed) {
  for (const double value : values) {
    if (!(value >= allowed.low && value <= allowed.high)) return Error{Errc::kOutOfRange};
  }
  return {};
}

Result<void> check_text(std::string_view text) {
  std::uint64_t offset = 0;
  while (offset < text.size()) {
    const std::size_t bytes = character_bytes(text.substr(offset));
    if (bytes == 0) return Error{Errc::kBadRequest, offset};
    offset += bytes;
  }
  return {};
}

Result<void> check_size(int width_px, int height_px) {
  const bool fits = width_px >= kChartWidthPxMin && width_px <= kChartSidePxMax &&
                    height_px >= kChartHeightPxMin && height_px <= kChartSidePxMax;
  if (!fits) return Error{Errc::kBadRequest};
  return {};
}

}  // namespace faultline
