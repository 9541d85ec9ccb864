#include "study/report_files.hpp"

#include "store/files.hpp"

namespace faultline {
namespace {

Outcome<void> write_figure(const ReportFigure& figure, const std::string& folder) {
  const std::string path = folder + "/" + figure.name;
  const auto refused = [&](const Error& error) {
    return Diagnostic{.code = error.code, .file = path, .note = "the picture cannot be drawn"};
  };
  const Result<std::vector<std::uint8_t>> png = render_png(figure.chart);
  if (!png) return refused(png.error());
  const Result<std::string> svg = render_svg(figure.chart);
  if (!svg) return refused(svg.error());
  const std::string_view bytes(reinterpret_cast<const char*>(png->data()), png->size());
  if (auto done = write_file_atomically(path + ".png", bytes); !done) return done;
  return write_file_atomically(path + ".svg", *svg);
}

}  // namespace

Outcome<void> write_report(const StudyReport& report, const ReportPlaces& places) {
  if (auto done = write_file_atomically(places.json, write_json(report.json, 1) + "\n"); !done)
    return done;
  if (places.folder.empty()) return {};
  if (auto done = make_folders(places.folder); !done) return done;
  if (auto done = write_file_atomically(places.folder + "/report.md", report.text); !done)
    return done;
  for (const ReportFigure& figure : report.figures) {
    if (Outcome<void> done = write_figure(figure, places.folder); !done) return done;
  }
  return {};
}

}  // namespace faultline
