#include "apps/study_finish.hpp"

namespace faultline {

ExitCode finish_study(const StudyReport& report, const ReportPlaces& places,
                      const OutputOptions& output) {
  if (const Outcome<void> done = write_report(report, places); !done)
    return fail(done.error(), output);
  if (output.is_json)
    say_json(report.json);
  else
    say(report.text);
  return ExitCode::kSuccess;
}

}  // namespace faultline
