#pragma once

#include <string>
#include <vector>

#include "study/recovery.hpp"
#include "study/report_files.hpp"

namespace faultline {

// The study as JSON, as a page and as figures; docs/studies/recovery.md says what the numbers mean.
StudyReport report_of_recovery(const RecoveryStudy& study);

}  // namespace faultline
