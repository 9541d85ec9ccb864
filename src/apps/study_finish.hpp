#pragma once

#include <optional>
#include <string>

#include "apps/terminal.hpp"
#include "study/report_files.hpp"

namespace faultline {

// The end of every study: its files, then its answer on stdout: JSON where that was asked for, else
// `said`, or the page of text where nothing shorter is given.
ExitCode finish_study(const StudyReport& report, const ReportPlaces& places,
                      const OutputOptions& output, const std::optional<std::string>& said = {});

}  // namespace faultline
