#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "draw/canvas.hpp"

namespace faultline {
namespace {

// At most two decimals, without trailing zeros: the same text on every machine.
std::string number(double value) {
  std::array<char, 64> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::fixed, 2);
  std::string text(buffer.data(), written.ptr);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string color_text(Rgb color) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "#";
  for (const std::uint8_t channel : {color.red, color.green, color.blue}) {
    text += kDigits[channel >> 4U];
    text += kDigits[channel & 15U];
  }
  return text;
}

// Control characters cannot stand in XML at all, not even escaped.
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve(bytes.size() / 3 * 4 + 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      word = (word << 8U) | (k < left ? bytes[i + k] : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= left ? kDigits[(word >> (18U - 6U * k)) & 63U] : '=';
    }
  }
  return out;
}

class SvgCanvas final : public Canvas {
 public:
  SvgCanvas(int width_px, int height_px) {
    const std::string width = std::to_string(width_px);
    const std::string height = std::to_string(height_px);
    body_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + width + "\" height=\"" + height +
            "\" viewBox=\"0 0 " + width + " " + height +
            "\" font-family=\"'DejaVu Sans', Verdana, sans-serif\" stroke-linejoin=\"round\">\n";
  }

  void fill_rects(std::span<const CanvasRect> rects, Paint paint) override {
    if (rects.empty()) return;
    body_ += "<path d=\"";
    for (const CanvasRect& rect : rects) {
      body_ += "M" + number(rect.x) + " " + number(rect.y) + "h" + number(rect.width) + "v" +
               number(rect.height) + "h" + number(-rect.width) + "z";
    }
    body_ += "\"" + fill_text(paint) + "/>\n";
  }

  void fill_polygon(std::span<const CanvasPoint> corners, Paint paint) override {
    if (corners.empty()) return;
    body_ += "<path d=\"" + path_text(corners) + "z\"" + fill_text(paint) + "/>\n";
  }

  void fill_circle(CanvasPoint center, double radius_px, Paint paint) override {
    body_ += circle_text(center, radius_px) + fill_text(paint) + "/>\n";
  }

  void stroke_circle(CanvasPoint center, double radius_px, Stroke stroke) override {
    body_ += circle_text(center, radius_px) + stroke_text(stroke) + "/>\n";
  }

  void stroke_polyline(std::span<const CanvasPoint> points, Stroke stroke) override {
    if (points.empty()) return;
    body_ += "<path d=\"" + path_text(points) + "\"" + stroke_text(stroke) + "/>\n";
  }

  void stroke_segments(std::span<const CanvasSegment> segments, Stroke stroke) override {
    if (segments.empty()) return;
    body_ += "<path d=\"";
    for (const CanvasSegment& segment : segments) {
      body_ += "M" + number(segment.from.x) + " " + number(segment.from.y) + "L" +
               number(segment.to.x) + " " + number(segment.to.y);
    }
    body_ += "\"" + stroke_text(stroke) + "/>\n";
  }

  // textLength keeps the layout where the viewer lacks our font.
  void draw_text(CanvasPoint at, std::string_view text, TextStyle style, Paint paint) override {
    if (text.empty()) return;
    constexpr std::array<std::string_view, 3> kAnchors = {"start", "middle", "end"};
    const std::string x = number(at.x);
    const std::string y = number(at.y);
    body_ += "<text x=\"" + x + "\" y=\"" + y + "\" font-size=\"" + number(style.size_px) + "\"";
    if (style.weight == FontWeight::kBold) body_ += " font-weight=\"bold\"";
    if (style.anchor != TextAnchor::kStart) {
      body_ += " text-anchor=\"";
      body_ += kAnchors[static_cast<std::size_t>(style.anchor)];
      body_ += "\"";
    }
    if (style.turn == TextTurn::kUpward) body_ += " transform=\"rotate(-90 " + x + " " + y + ")\"";
    body_ += " textLength=\"" + number(text_width_px(text, style)) +
             "\" lengthAdjust=\"spacingAndGlyphs\"" + fill_text(paint) + ">" + escape(text) +
             "</text>\n";
  }

  void draw_image(CanvasPoint at, const PixelImage& image) override {
    if (image.pixels.empty()) return;
    const Result<std::vector<std::uint8_t>> png = encode_png(image);
    if (!png) {
      has_failed_ = true;
      return;
    }
    body_ += "<image x=\"" + number(at.x) + "\" y=\"" + number(at.y) + "\" width=\"" +
             std::to_string(image.width_px) + "\" height=\"" + std::to_string(image.height_px) +
             "\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\"" +
             " href=\"data:image/png;base64," + base64(*png) + "\"/>\n";
  }

  void push_clip(CanvasRect rect) override {
    const std::string id = "clip" + std::to_string(++clip_count_);
    body_ += "<clipPath id=\"" + id + "\"><rect x=\"" + number(rect.x) + "\" y=\"" +
             number(rect.y) + "\" width=\"" + number(rect.width) + "\" height=\"" +
             number(rect.height) + "\"/></clipPath>\n<g clip-path=\"url(#" + id + ")\">\n";
  }

  void pop_clip() override { body_ += "</g>\n"; }

  Result<std::vector<std::uint8_t>> finish() override {
    if (has_failed_) return Error{Errc::kCannotWrite};
    body_ += "</svg>\n";
    return std::vector<std::uint8_t>(body_.begin(), body_.end());
  }

 private:
  static std::string fill_text(Paint paint) {
    std::string text = " fill=\"" + color_text(paint.color) + "\"";
    if (paint.alpha < 1.0) text += " fill-opacity=\"" + number(paint.alpha) + "\"";
    return text;
  }

  static std::string stroke_text(Stroke stroke) {
    std::string text = " fill=\"none\" stroke=\"" + color_text(stroke.paint.color) +
                       "\" stroke-width=\"" + number(stroke.width_px) + "\"";
    if (stroke.paint.alpha < 1.0) text += " stroke-opacity=\"" + number(stroke.paint.alpha) + "\"";
    if (stroke.dash_px > 0.0) text += " stroke-dasharray=\"" + number(stroke.dash_px) + "\"";
    return text;
  }

  static std::string circle_text(CanvasPoint center, double radius_px) {
    return "<circle cx=\"" + number(center.x) + "\" cy=\"" + number(center.y) + "\" r=\"" +
           number(radius_px) + "\"";
  }

  static std::string path_text(std::span<const CanvasPoint> points) {
    std::string text;
    for (const CanvasPoint& point : points) {
      text += (text.empty() ? "M" : "L") + number(point.x) + " " + number(point.y);
    }
    return text;
  }

  std::string body_;
  int clip_count_ = 0;
  bool has_failed_ = false;
};

}  // namespace

std::unique_ptr<Canvas> make_svg_canvas(int width_px, int height_px) {
  return std::make_unique<SvgCanvas>(width_px, height_px);
}

}  // namespace faultline
