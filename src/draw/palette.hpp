#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace faultline {

// Colours for numbers: fixed perceptual palettes and the logarithmic scale that indexes them.
//
// Why fixed bounds: two pictures can be compared only if one colour means one amount, so a scale is
// chosen by the caller and never taken from the data.
// Invariant: every palette is monotone in luminance, away from its theme's background: it reads
// the same in grey and for every kind of colour blindness.

struct Rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  friend bool operator==(const Rgb&, const Rgb&) = default;
};

enum class ChartTheme : std::uint8_t { kDark, kLight };

// kTotal is of the viridis family. kWarm and kCool are the two hues for two sides on one picture.
enum class PaletteKind : std::uint8_t { kTotal, kWarm, kCool };

inline constexpr std::size_t kPaletteSize = 256;
using Palette = std::array<Rgb, kPaletteSize>;

// Index 0 is nearest to the background of the theme, the last index furthest from it.
const Palette& palette_of(PaletteKind kind, ChartTheme theme);

// Relative luminance of sRGB in [0, 1]. Source: IEC 61966-2-1.
double luminance_of(Rgb color);

// `share` of `over` on `1 - share` of `under`, in sRGB as screens blend.
Rgb mix(Rgb under, Rgb over, double share);

// Value -> palette index, logarithmic between fixed bounds.
//
// Units: those of the values; both bounds are above zero.
// Requires: 0 < floor < ceiling (the charts refuse other bounds with kBadRequest).
struct LogColorScale {
  double floor = 1e5;
  double ceiling = 1e8;

  // Nothing below `floor`: such a cell shows the background. Values above `ceiling` take the last
  // colour.
  std::optional<std::size_t> index_of(double value) const;
};

}  // namespace faultline
