#include <fmt/core.h>

#include "apps/arguments.hpp"
#include "apps/commands.hpp"
#include "store/files.hpp"
#include "study/skill_figures.hpp"
#include "study/skill_report.hpp"

namespace faultline {
namespace {

// The instrument that was named, or the only one there is.
Outcome<InstrumentId> chosen(const char* option, const std::string& text, const char* what,
                             const std::vector<InstrumentId>& candidates) {
  if (!text.empty()) return instrument_argument(option, text);
  if (candidates.size() == 1) return candidates.front();
  std::string list;
  for (const InstrumentId& id : candidates) list += (list.empty() ? "" : ", ") + to_text(id);
  const bool is_none = candidates.empty();
  return Diagnostic{.code = is_none ? Errc::kNoData : Errc::kBadRequest,
                    .field = option,
                    .note = is_none ? fmt::format("the data hold no {}", what)
                                    : fmt::format("several have {}: {}; name one", what, list)};
}

Outcome<MapSkillOptions> options_of(const MapSkillArguments& arguments, const Store& store) {
  MapSkillOptions options;
  const SkillCandidates candidates = skill_candidates(store);
  const auto totals = chosen("--liquidations", arguments.liquidations, "liquidation totals",
                             candidates.liquidations);
  if (!totals) return totals.error();
  const auto instrument = chosen("--instrument", arguments.instrument, "prices and open interest",
                                 candidates.instruments);
  if (!instrument) return instrument.error();
  options.request = {.instrument = *instrument, .liquidations = *totals};
  const auto from = time_argument("--primary-from", arguments.primary_from);
  if (!from) return from.error();
  const auto to = time_argument("--primary-to", arguments.primary_to);
  if (!to) return to.error();
  options.primary_from = *from;
  options.primary_to = *to;
  options.burn_in_days = arguments.burn_in_days;
  options.seed = arguments.seed;
  options.bootstrap = arguments.bootstrap;
  return options;
}

Outcome<MapSkill> study_of(const MapSkillArguments& arguments, const OutputOptions& output,
                           const ProgressFn& report) {
  const Outcome<StudyStore> store = StudyStore::open(arguments.data, arguments.out, output, report);
  if (!store) return store.error();
  const Outcome<MapSkillOptions> options = options_of(arguments, **store);
  if (!options) return options.error();
  const Outcome<SkillData> data = load_skill_data(**store, options->request, report);
  if (!data) return data.error();
  return run_map_skill(*data, *options, report);
}

// Before minutes of work, not after.
Outcome<void> make_output_folders(const MapSkillArguments& arguments) {
  if (auto done = make_folders(folder_of(arguments.out)); !done) return done;
  if (arguments.figures.empty()) return {};
  return make_folders(arguments.figures);
}

Outcome<void> write_all(const MapSkill& study, const MapSkillArguments& arguments) {
  StudyReport report{.json = json_of_map_skill(study),
                     .text = text_of_map_skill(study, ReportFigures::kBeside),
                     .figures = {}};
  if (!arguments.figures.empty()) report.figures = skill_figures(study);
  return write_report(report, {.json = arguments.out, .folder = arguments.figures});
}

}  // namespace

ExitCode run_study_map_skill(const MapSkillArguments& arguments, const OutputOptions& output) {
  const ProgressFn report = progress_bar(output);
  if (const Outcome<void> made = make_output_folders(arguments); !made)
    return fail(made.error(), output);
  const Outcome<MapSkill> study = study_of(arguments, output, report);
  if (!study) return fail(study.error(), output);
  end_progress();
  if (const Outcome<void> done = write_all(*study, arguments); !done)
    return fail(done.error(), output);
  if (output.is_json)
    say_json(json_of_map_skill(*study));
  else
    say(text_of_map_skill(*study, ReportFigures::kNone));
  return ExitCode::kSuccess;
}

}  // namespace faultline
