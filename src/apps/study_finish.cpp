#include "apps/study_finish.hpp"

namespace faultline {

ExitCode finish_study(const StudyReport& report, const ReportPlaces& places,
                      const OutputOptions& output, const std::optional<std::string>& said) {
  if (const Outcome<void> done = write_report(report, places); !done)
    return fail(done.error(), output);
  if (output.is_json)
    say_json(report.json);
  else
    say(said.value_or(report.text));
  return ExitCode::kSuccess;
}

}  // namespace faultline
