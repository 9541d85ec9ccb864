#pragma once

#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "draw/line_chart.hpp"
#include "text/json.hpp"

namespace faultline {

// A study as files, the same for every study.
//
//   PLACES.json              the report for programs
//   PLACES.folder/report.md  the report for people
//   PLACES.folder/NAME.png   every figure, and NAME.svg

struct ReportFigure {
  std::string name;  // of the file, without its ending
  LineChart chart;
};

struct StudyReport {
  JsonValue json;
  std::string text;  // Markdown
  std::vector<ReportFigure> figures;
};

struct ReportPlaces {
  std::string json;
  std::string folder;  // empty: neither text nor figures are written
};

// Makes the folder. Errors: kCannotWrite, and those of the charts, with the name of the file.
Outcome<void> write_report(const StudyReport& report, const ReportPlaces& places);

}  // namespace faultline
