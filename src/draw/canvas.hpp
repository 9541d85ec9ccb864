#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "draw/palette.hpp"

namespace faultline {

// What the charts draw on: one interface, a PNG and an SVG behind it.
//
// Why our own SVG writer: cairo's turns text into numbered glyphs, which can be neither searched
// nor read aloud, and numbers its surfaces from a process-wide counter, so that two equal pictures
// differ in bytes.
// Units: device pixels from the upper left corner, y downward.
// Invariant: both canvases measure text with the same font, so the layout is one.

struct CanvasPoint {
  double x = 0.0;
  double y = 0.0;
};

struct CanvasRect {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
};

struct CanvasSegment {
  CanvasPoint from = {};
  CanvasPoint to = {};
};

struct Paint {
  Rgb color = {};
  double alpha = 1.0;
};

struct Stroke {
  Paint paint = {};
  double width_px = 1.0;
  double dash_px = 0.0;  // 0: solid
};

enum class FontWeight : std::uint8_t { kNormal, kBold };
enum class TextAnchor : std::uint8_t { kStart, kMiddle, kEnd };
enum class TextTurn : std::uint8_t { kLevel, kUpward };  // kUpward reads from bottom to top

struct TextStyle {
  double size_px = 12.0;
  FontWeight weight = FontWeight::kNormal;
  TextAnchor anchor = TextAnchor::kStart;
  TextTurn turn = TextTurn::kLevel;
};

// Opaque pixels, row 0 at the top.
struct PixelImage {
  int width_px = 0;
  int height_px = 0;
  std::vector<Rgb> pixels = {};

  Rgb at(int x, int y) const {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_px) +
                  static_cast<std::size_t>(x)];
  }
};

class Canvas {
 public:
  Canvas() = default;
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;
  virtual ~Canvas() = default;

  virtual void fill_rects(std::span<const CanvasRect> rects, Paint paint) = 0;
  virtual void fill_polygon(std::span<const CanvasPoint> corners, Paint paint) = 0;
  virtual void fill_circle(CanvasPoint center, double radius_px, Paint paint) = 0;
  virtual void stroke_circle(CanvasPoint center, double radius_px, Stroke stroke) = 0;
  virtual void stroke_polyline(std::span<const CanvasPoint> points, Stroke stroke) = 0;
  virtual void stroke_segments(std::span<const CanvasSegment> segments, Stroke stroke) = 0;
  // `at` is the point of the baseline that the style's anchor names.
  virtual void draw_text(CanvasPoint at, std::string_view text, TextStyle style, Paint paint) = 0;
  // One image pixel on one device pixel, from `at` rightward and down.
  virtual void draw_image(CanvasPoint at, const PixelImage& image) = 0;
  // Requires: every push_clip has its pop_clip.
  virtual void push_clip(CanvasRect rect) = 0;
  virtual void pop_clip() = 0;
  // The finished file. Requires: called once, last. Errors: kCannotWrite when the encoder fails.
  virtual Result<std::vector<std::uint8_t>> finish() = 0;

  void fill_rect(CanvasRect rect, Paint paint) { fill_rects({&rect, 1}, paint); }
  void stroke_line(CanvasPoint from, CanvasPoint to, Stroke stroke) {
    const CanvasSegment segment = {from, to};
    stroke_segments({&segment, 1}, stroke);
  }
};

// Errors: kCannotWrite when no surface of that size can be had.
Result<std::unique_ptr<Canvas>> make_png_canvas(int width_px, int height_px);
std::unique_ptr<Canvas> make_svg_canvas(int width_px, int height_px);

// The advance of `text` in pixels.
double text_width_px(std::string_view text, TextStyle style);

// `text`, or its beginning and "…" when it is wider than `width_px`.
std::string elide(std::string_view text, TextStyle style, double width_px);

// The pixels as a PNG file. Errors: kCannotWrite.
Result<std::vector<std::uint8_t>> encode_png(const PixelImage& image);

// A PNG file's pixels; transparency is laid on black. For tests and for comparing pictures.
// Errors: kBadFormat.
Result<PixelImage> decode_png(std::span<const std::uint8_t> bytes);

}  // namespace faultline
