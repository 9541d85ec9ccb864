#include "draw/palette.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace faultline {
namespace {

// Anchors at equal steps. Dark kTotal: nine samples of viridis. Source: S. van der Walt and
// N. Smith, "viridis", matplotlib 2015 (CC0). All other anchors are our own, picked by eye and held
// to monotone luminance by the tests.
constexpr std::array<Rgb, 9> kTotalDark = {{{68, 1, 84},
                                            {71, 44, 122},
                                            {59, 81, 139},
                                            {44, 113, 142},
                                            {33, 144, 141},
                                            {39, 173, 129},
                                            {92, 200, 99},
                                            {170, 220, 50},
                                            {253, 231, 37}}};
constexpr std::array<Rgb, 9> kTotalLight = {{{244, 248, 214},
                                             {216, 238, 178},
                                             {160, 218, 178},
                                             {96, 191, 181},
                                             {47, 154, 176},
                                             {38, 115, 160},
                                             {47, 75, 140},
                                             {56, 38, 104},
                                             {40, 10, 58}}};
constexpr std::array<Rgb, 6> kWarmDark = {
    {{44, 18, 14}, {96, 30, 20}, {160, 48, 28}, {221, 92, 39}, {251, 158, 80}, {255, 228, 176}}};
constexpr std::array<Rgb, 6> kCoolDark = {
    {{12, 28, 46}, {16, 58, 92}, {20, 104, 154}, {34, 155, 207}, {111, 202, 240}, {212, 241, 255}}};
constexpr std::array<Rgb, 6> kWarmLight = {
    {{255, 241, 224}, {253, 201, 146}, {245, 147, 79}, {217, 90, 39}, {156, 47, 23}, {82, 16, 9}}};
constexpr std::array<Rgb, 6> kCoolLight = {{{230, 244, 252},
                                            {179, 222, 243},
                                            {109, 185, 226},
                                            {46, 140, 196},
                                            {21, 93, 148},
                                            {8, 47, 85}}};

struct Lab {
  double lightness = 0.0;
  double a = 0.0;
  double b = 0.0;
};

double to_linear(std::uint8_t channel) {
  const double value = channel / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

std::uint8_t from_linear(double value) {
  const double clipped = std::clamp(value, 0.0, 1.0);
  const double coded =
      clipped <= 0.0031308 ? clipped * 12.92 : 1.055 * std::pow(clipped, 1.0 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(coded * 255.0));
}

// Source: B. Ottosson, "A perceptual color space for image processing" (Oklab), 2020.
Lab to_lab(Rgb color) {
  const double red = to_linear(color.red);
  const double green = to_linear(color.green);
  const double blue = to_linear(color.blue);
  const double l = std::cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const double m = std::cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const double s = std::cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

Rgb from_lab(Lab lab) {
  const double l = std::pow(lab.lightness + 0.3963377774 * lab.a + 0.2158037573 * lab.b, 3.0);
  const double m = std::pow(lab.lightness - 0.1055613458 * lab.a - 0.0638541728 * lab.b, 3.0);
  const double s = std::pow(lab.lightness - 0.0894841775 * lab.a - 1.2914855480 * lab.b, 3.0);
  return {from_linear(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          from_linear(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          from_linear(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

// Rounding to bytes can turn the luminance back by a hair between two near colours; such a colour
// repeats its neighbour, so that the order holds exactly.
void hold_monotone(Palette& palette) {
  const bool rises = luminance_of(palette.back()) > luminance_of(palette.front());
  for (std::size_t i = 1; i < palette.size(); ++i) {
    const double step = luminance_of(palette[i]) - luminance_of(palette[i - 1]);
    if (rises ? step < 0.0 : step > 0.0) palette[i] = palette[i - 1];
  }
}

Palette interpolate(std::span<const Rgb> anchors) {
  Palette palette;
  const double last_anchor = static_cast<double>(anchors.size() - 1);
  for (std::size_t i = 0; i < palette.size(); ++i) {
    const double place = last_anchor * static_cast<double>(i) / (kPaletteSize - 1);
    const std::size_t from = std::min(static_cast<std::size_t>(place), anchors.size() - 2);
    const double share = place - static_cast<double>(from);
    const Lab low = to_lab(anchors[from]);
    const Lab high = to_lab(anchors[from + 1]);
    palette[i] = from_lab({std::lerp(low.lightness, high.lightness, share),
                           std::lerp(low.a, high.a, share), std::lerp(low.b, high.b, share)});
  }
  hold_monotone(palette);
  return palette;
}

}  // namespace

const Palette& palette_of(PaletteKind kind, ChartTheme theme) {
  static const std::array<Palette, 6> palettes = {interpolate(kTotalDark), interpolate(kTotalLight),
                                                  interpolate(kWarmDark),  interpolate(kWarmLight),
                                                  interpolate(kCoolDark),  interpolate(kCoolLight)};
  return palettes[static_cast<std::size_t>(kind) * 2 + static_cast<std::size_t>(theme)];
}

double luminance_of(Rgb color) {
  return 0.2126 * to_linear(color.red) + 0.7152 * to_linear(color.green) +
         0.0722 * to_linear(color.blue);
}

Rgb mix(Rgb under, Rgb over, double share) {
  const auto channel = [share](std::uint8_t from, std::uint8_t to) {
    return static_cast<std::uint8_t>(
        std::lround(std::lerp(static_cast<double>(from), static_cast<double>(to), share)));
  };
  return {channel(under.red, over.red), channel(under.green, over.green),
          channel(under.blue, over.blue)};
}

std::optional<std::size_t> LogColorScale::index_of(double value) const {
  if (!(value >= floor)) return std::nullopt;
  const double share = std::log(value / floor) / std::log(ceiling / floor);
  const double index = std::floor(share * kPaletteSize);
  return static_cast<std::size_t>(std::clamp(index, 0.0, kPaletteSize - 1.0));
}

}  // namespace faultline
