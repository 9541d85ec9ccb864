#include <cairo.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>

#include "draw/canvas.hpp"

#if defined(__SANITIZE_ADDRESS__)
// Fontconfig keeps its patterns alive through offsets instead of pointers, which LeakSanitizer
// cannot follow: what cairo's font cache still holds at exit is reported as lost. Ours stay
// checked.
extern "C" __attribute__((weak)) const char* __lsan_default_suppressions() {
  return "leak:libfontconfig";
}
#endif

namespace faultline {
namespace {

struct SurfaceCloser {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};
struct ContextCloser {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceCloser>;
using Context = std::unique_ptr<cairo_t, ContextCloser>;

constexpr const char* kFontFamily = "DejaVu Sans";

// Unhinted advances, so that SVG and PNG have one layout at every size.
void select_font(cairo_t* context, TextStyle style) {
  cairo_select_font_face(
      context, kFontFamily, CAIRO_FONT_SLANT_NORMAL,
      style.weight == FontWeight::kBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context, style.size_px);
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(context, options);
  cairo_font_options_destroy(options);
}

double anchor_share(TextAnchor anchor) {
  if (anchor == TextAnchor::kStart) return 0.0;
  return anchor == TextAnchor::kMiddle ? 0.5 : 1.0;
}

double measure(cairo_t* context, const std::string& text, TextStyle style) {
  select_font(context, style);
  cairo_text_extents_t extents;
  cairo_text_extents(context, text.c_str(), &extents);
  return extents.x_advance;
}

cairo_status_t append_bytes(void* closure, const unsigned char* bytes, unsigned int count) {
  auto* out = static_cast<std::vector<std::uint8_t>*>(closure);
  out->insert(out->end(), bytes, bytes + count);
  return CAIRO_STATUS_SUCCESS;
}

struct ByteSource {
  std::span<const std::uint8_t> rest;
};

cairo_status_t take_bytes(void* closure, unsigned char* bytes, unsigned int count) {
  auto* source = static_cast<ByteSource*>(closure);
  if (source->rest.size() < count) return CAIRO_STATUS_READ_ERROR;
  std::memcpy(bytes, source->rest.data(), count);
  source->rest = source->rest.subspan(count);
  return CAIRO_STATUS_SUCCESS;
}

Result<std::vector<std::uint8_t>> png_of(cairo_surface_t* surface) {
  std::vector<std::uint8_t> bytes;
  const cairo_status_t status = cairo_surface_write_to_png_stream(surface, append_bytes, &bytes);
  if (status != CAIRO_STATUS_SUCCESS) return Error{Errc::kCannotWrite};
  return bytes;
}

// RGB24: one 32-bit word a pixel, the upper byte unused.
Surface surface_of(const PixelImage& image) {
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, image.width_px, image.height_px));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) return surface;
  cairo_surface_flush(surface.get());
  unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int stride_bytes = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < image.height_px; ++y) {
    unsigned char* row = data + static_cast<std::ptrdiff_t>(y) * stride_bytes;
    for (int x = 0; x < image.width_px; ++x) {
      const Rgb color = image.at(x, y);
      const std::uint32_t word = 0xff000000U | (static_cast<std::uint32_t>(color.red) << 16U) |
                                 (static_cast<std::uint32_t>(color.green) << 8U) | color.blue;
      std::memcpy(row + static_cast<std::ptrdiff_t>(x) * 4, &word, 4);
    }
  }
  cairo_surface_mark_dirty(surface.get());
  return surface;
}

class PngCanvas final : public Canvas {
 public:
  explicit PngCanvas(Surface surface)
      : surface_(std::move(surface)), context_(cairo_create(surface_.get())) {
    cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
  }

  void fill_rects(std::span<const CanvasRect> rects, Paint paint) override {
    for (const CanvasRect& rect : rects) {
      cairo_rectangle(context_.get(), rect.x, rect.y, rect.width, rect.height);
    }
    fill(paint);
  }

  void fill_polygon(std::span<const CanvasPoint> corners, Paint paint) override {
    trace(corners);
    cairo_close_path(context_.get());
    fill(paint);
  }

  void fill_circle(CanvasPoint center, double radius_px, Paint paint) override {
    circle(center, radius_px);
    fill(paint);
  }

  void stroke_circle(CanvasPoint center, double radius_px, Stroke stroke) override {
    circle(center, radius_px);
    finish_stroke(stroke);
  }

  void stroke_polyline(std::span<const CanvasPoint> points, Stroke stroke) override {
    trace(points);
    finish_stroke(stroke);
  }

  void stroke_segments(std::span<const CanvasSegment> segments, Stroke stroke) override {
    for (const CanvasSegment& segment : segments) {
      cairo_move_to(context_.get(), segment.from.x, segment.from.y);
      cairo_line_to(context_.get(), segment.to.x, segment.to.y);
    }
    finish_stroke(stroke);
  }

  void draw_text(CanvasPoint at, std::string_view text, TextStyle style, Paint paint) override {
    const std::string owned(text);
    cairo_save(context_.get());
    const double shift_px = anchor_share(style.anchor) * measure(context_.get(), owned, style);
    cairo_translate(context_.get(), std::round(at.x), std::round(at.y));
    if (style.turn == TextTurn::kUpward) cairo_rotate(context_.get(), -std::numbers::pi / 2.0);
    cairo_move_to(context_.get(), std::round(-shift_px), 0.0);
    set_source(paint);
    cairo_show_text(context_.get(), owned.c_str());
    cairo_new_path(context_.get());
    cairo_restore(context_.get());
  }

  void draw_image(CanvasPoint at, const PixelImage& image) override {
    if (image.pixels.empty()) return;
    const Surface source = surface_of(image);
    cairo_save(context_.get());
    cairo_set_source_surface(context_.get(), source.get(), std::round(at.x), std::round(at.y));
    cairo_pattern_set_filter(cairo_get_source(context_.get()), CAIRO_FILTER_NEAREST);
    cairo_paint(context_.get());
    cairo_restore(context_.get());
  }

  void push_clip(CanvasRect rect) override {
    cairo_save(context_.get());
    cairo_rectangle(context_.get(), rect.x, rect.y, rect.width, rect.height);
    cairo_clip(context_.get());
  }

  void pop_clip() override { cairo_restore(context_.get()); }

  Result<std::vector<std::uint8_t>> finish() override {
    if (cairo_status(context_.get()) != CAIRO_STATUS_SUCCESS) return Error{Errc::kCannotWrite};
    cairo_surface_flush(surface_.get());
    return png_of(surface_.get());
  }

 private:
  void set_source(Paint paint) {
    cairo_set_source_rgba(context_.get(), paint.color.red / 255.0, paint.color.green / 255.0,
                          paint.color.blue / 255.0, paint.alpha);
  }

  void fill(Paint paint) {
    set_source(paint);
    cairo_fill(context_.get());
  }

  void finish_stroke(Stroke stroke) {
    set_source(stroke.paint);
    cairo_set_line_width(context_.get(), stroke.width_px);
    cairo_set_dash(context_.get(), &stroke.dash_px, stroke.dash_px > 0.0 ? 1 : 0, 0.0);
    cairo_stroke(context_.get());
  }

  void circle(CanvasPoint center, double radius_px) {
    cairo_new_sub_path(context_.get());
    cairo_arc(context_.get(), center.x, center.y, radius_px, 0.0, 2.0 * std::numbers::pi);
  }

  void trace(std::span<const CanvasPoint> points) {
    for (const CanvasPoint& point : points) cairo_line_to(context_.get(), point.x, point.y);
  }

  Surface surface_;
  Context context_;
};

}  // namespace

Result<std::unique_ptr<Canvas>> make_png_canvas(int width_px, int height_px) {
  Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width_px, height_px));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) {
    return Error{Errc::kCannotWrite};
  }
  return std::unique_ptr<Canvas>(std::make_unique<PngCanvas>(std::move(surface)));
}

double text_width_px(std::string_view text, TextStyle style) {
  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1));
  const Context context(cairo_create(surface.get()));
  return measure(context.get(), std::string(text), style);
}

std::string elide(std::string_view text, TextStyle style, double width_px) {
  if (text_width_px(text, style) <= width_px) return std::string(text);
  std::string kept(text);
  while (!kept.empty()) {
    // A UTF-8 character goes as a whole: its continuation bytes are 10xxxxxx.
    while ((static_cast<unsigned char>(kept.back()) & 0xc0U) == 0x80U && kept.size() > 1) {
      kept.pop_back();
    }
    kept.pop_back();
    if (text_width_px(kept + "…", style) <= width_px) break;
  }
  return kept + "…";
}

Result<std::vector<std::uint8_t>> encode_png(const PixelImage& image) {
  const Surface surface = surface_of(image);
  return png_of(surface.get());
}

Result<PixelImage> decode_png(std::span<const std::uint8_t> bytes) {
  ByteSource source = {bytes};
  const Surface surface(cairo_image_surface_create_from_png_stream(take_bytes, &source));
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) return Error{Errc::kBadFormat};
  PixelImage image = {cairo_image_surface_get_width(surface.get()),
                      cairo_image_surface_get_height(surface.get()),
                      {}};
  const unsigned char* data = cairo_image_surface_get_data(surface.get());
  const int stride_bytes = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < image.height_px; ++y) {
    for (int x = 0; x < image.width_px; ++x) {
      std::uint32_t word = 0;
      std::memcpy(&word,
                  data + static_cast<std::ptrdiff_t>(y) * stride_bytes + std::ptrdiff_t{4} * x, 4);
      image.pixels.push_back({static_cast<std::uint8_t>(word >> 16U),
                              static_cast<std::uint8_t>(word >> 8U),
                              static_cast<std::uint8_t>(word)});
    }
  }
  return image;
}

}  // namespace faultline
