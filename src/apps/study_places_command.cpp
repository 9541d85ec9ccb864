// The studies of places: where liquidations were printed, and where known positions would be.

#include "apps/arguments.hpp"
#include "apps/commands.hpp"
#include "apps/study_finish.hpp"
#include "study/location_report.hpp"
#include "study/true_positions_report.hpp"

namespace faultline {
namespace {

ExitCode finish(const PlaceStudyArguments& arguments, const StudyReport& report,
                const OutputOptions& output) {
  return finish_study(report, {.json = arguments.out, .folder = arguments.figures}, output);
}

std::optional<double> assumed_interest(const PlaceStudyArguments& arguments) {
  if (arguments.assumed_open_interest > 0.0) return arguments.assumed_open_interest;
  return std::nullopt;
}

}  // namespace

ExitCode run_study_location(const PlaceStudyArguments& arguments, const OutputOptions& output) {
  LocationRequest request;
  const auto instrument = instrument_argument("--instrument", arguments.instrument);
  if (!instrument) return fail(instrument.error(), output);
  request.instrument = *instrument;
  for (const std::string& text : arguments.others) {
    const auto prints = instrument_argument("--prints", text);
    if (!prints) return fail(prints.error(), output);
    request.prints.push_back(*prints);
  }
  const auto interval = duration_argument("--interval", arguments.interval);
  if (!interval) return fail(interval.error(), output);
  request.interval = interval->value_or(kHour);
  request.assumed_open_interest = assumed_interest(arguments);
  request.seed = arguments.seed;
  request.replicas = arguments.replicas;
  const ProgressFn report = progress_bar(output);
  const auto store = StudyStore::open(arguments.data, arguments.out, output, report);
  if (!store) return fail(store.error(), output);
  const auto groups = load_location_groups(**store, request, report);
  if (!groups) return fail(groups.error(), output);
  const auto study = score_location(*groups, request);
  end_progress();
  if (!study) return fail(study.error(), output);
  return finish(arguments,
                {.json = json_of_location(*study),
                 .text = text_of_location(*study),
                 .figures = {{"ranks", location_chart(*study)}}},
                output);
}

ExitCode run_study_true_positions(const PlaceStudyArguments& arguments,
                                  const OutputOptions& output) {
  PositionRequest request;
  const auto instrument = instrument_argument("--instrument", arguments.instrument);
  if (!instrument) return fail(instrument.error(), output);
  const auto positions = instrument_argument("--positions", arguments.others.front());
  if (!positions) return fail(positions.error(), output);
  request.instrument = *instrument;
  request.positions = *positions;
  request.assumed_open_interest = assumed_interest(arguments);
  request.members = arguments.members;
  request.seed = arguments.seed;
  request.replicas = arguments.replicas;
  const ProgressFn report = progress_bar(output);
  const auto store = StudyStore::open(arguments.data, arguments.out, output, report);
  if (!store) return fail(store.error(), output);
  const auto profiles = load_position_profiles(**store, request, report);
  end_progress();
  if (!profiles) return fail(profiles.error(), output);
  const PositionStudy study = score_positions(*profiles, request);
  return finish(arguments,
                {.json = json_of_positions(study),
                 .text = text_of_positions(study),
                 .figures = {{"longs", position_chart(*profiles, Side::kLong, study)},
                             {"shorts", position_chart(*profiles, Side::kShort, study)}}},
                output);
}

}  // namespace faultline
