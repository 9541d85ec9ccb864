#include "apps/commands.hpp"
#include "apps/study_finish.hpp"
#include "study/lab_run.hpp"
#include "study/recovery_report.hpp"

namespace faultline {

ExitCode run_study_recovery(const RecoveryArguments& arguments, const OutputOptions& output) {
  RecoveryRequest request{.scenarios = {},
                          .replicas = arguments.replicas,
                          .burn_in = Nanos(arguments.burn_in_days * kDay.value),
                          .scored = Nanos(arguments.days * kDay.value),
                          .members = arguments.members,
                          .seed = arguments.seed,
                          .bootstrap = arguments.bootstrap,
                          .threads = arguments.threads,
                          .work_folder = arguments.out + "/work"};
  for (const std::string& path : arguments.scenarios) {
    Outcome<Scenario> scenario = read_scenario(path);
    if (!scenario) return fail(scenario.error(), output);
    request.scenarios.push_back(std::move(scenario).value());
  }
  const Outcome<RecoveryStudy> study = run_recovery(request, progress_bar(output));
  end_progress();
  if (!study) return fail(study.error(), output);
  return finish_study(report_of_recovery(*study),
                      {.json = arguments.out + "/recovery.json", .folder = arguments.out}, output);
}

}  // namespace faultline
