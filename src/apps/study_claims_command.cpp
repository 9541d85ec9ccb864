// The study of the seven claims, on simulated markets.

#include "apps/commands.hpp"
#include "apps/terminal.hpp"
#include "store/files.hpp"
#include "study/claims.hpp"

namespace faultline {

ExitCode run_study_claims(const ClaimsArguments& arguments, const OutputOptions& output) {
  // Before hours of work, not after them.
  if (const Outcome<void> made = make_folders(arguments.out); !made)
    return fail(made.error(), output);
  const ClaimsRequest request{.replicas = arguments.replicas,
                              .seed = arguments.seed,
                              .only = arguments.only,
                              .threads = arguments.threads};
  const Outcome<ClaimsStudy> study = run_claims(request, progress_bar(output));
  end_progress();
  if (!study) return fail(study.error(), output);
  // The page is long, and is in the folder; here one line a claim.
  const StudyReport page = report_of_claims(*study);
  const ReportPlaces places{.json = arguments.out + "/claims.json", .folder = arguments.out};
  if (const Outcome<void> done = write_report(page, places); !done)
    return fail(done.error(), output);
  if (output.is_json)
    say_json(page.json);
  else
    say(summary_of_claims(*study));
  return ExitCode::kSuccess;
}

}  // namespace faultline
