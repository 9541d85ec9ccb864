#pragma once

#include "apps/terminal.hpp"
#include "study/report_files.hpp"

namespace faultline {

// The end of every study: its files, then its answer on stdout: JSON where that was asked for, else
// the page of text.
ExitCode finish_study(const StudyReport& report, const ReportPlaces& places,
                      const OutputOptions& output);

}  // namespace faultline
