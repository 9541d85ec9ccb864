#include "serve/lab_runs.hpp"

#include <algorithm>
#include <chrono>

#include "base/clock.hpp"

namespace faultline {
namespace {

std::size_t waiting_count(const auto& runs) {
  return static_cast<std::size_t>(std::ranges::count_if(
      runs, [](const auto& run) { return run->state.status == LabRunStatus::kWaiting; }));
}

// A market for a screen is smaller than one that runs overnight.
constexpr double kTradersMax = 50'000.0;

Outcome<void> set_value(const std::string& name, double value, MarketConfig& market) {
  if (name == "length_s")
    return Diagnostic{.code = Errc::kUnexpectedField, .field = name, .note = "`hours` says it"};
  for (const ScenarioField& field : scenario_fields()) {
    if (field_name(field) != name) continue;
    if (field.key == "count" && value > kTradersMax)
      return Diagnostic{.code = Errc::kOutOfRange,
                        .field = name,
                        .value = std::to_string(value),
                        .note = "at most 50,000 here; `faultline lab run` takes more"};
    const std::size_t venues = field.table == "venue" ? market.venues.size() : 1;
    for (std::size_t venue = 0; venue < venues; ++venue) {
      if (Outcome<void> done = set_field(field, value, market, venue); !done) return done;
    }
    return {};
  }
  return Diagnostic{.code = Errc::kUnknownKey, .field = name};
}

}  // namespace

std::string_view name_of(LabRunStatus status) {
  switch (status) {
    case LabRunStatus::kWaiting:
      return "waiting";
    case LabRunStatus::kRunning:
      return "running";
    case LabRunStatus::kDone:
      return "done";
    case LabRunStatus::kCancelled:
      return "cancelled";
    case LabRunStatus::kFailed:
      return "failed";
  }
  return {};
}

std::string field_name(const ScenarioField& field) {
  std::string out(field.table);
  if (!out.empty()) out += '.';
  return out += field.key;
}

LabRuns::LabRuns(std::vector<LabScenario> scenarios)
    : scenarios_(std::move(scenarios)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

LabRuns::~LabRuns() {
  thread_.request_stop();
  changed_.notify_all();
}

Outcome<MarketConfig> LabRuns::market_of(const LabOrder& order) const {
  const auto found = std::ranges::find(scenarios_, order.scenario,
                                       [](const LabScenario& one) { return one.scenario.name; });
  if (found == scenarios_.end())
    return Diagnostic{.code = Errc::kNotFound, .field = "scenario", .value = order.scenario};
  const auto out_of_range = [](const char* field, auto value) {
    return Diagnostic{.code = Errc::kOutOfRange, .field = field, .value = std::to_string(value)};
  };
  if (order.hours < 1 || order.hours > kHoursMax) return out_of_range("hours", order.hours);
  if (order.members < 2 || order.members > kMembersMax)
    return out_of_range("members", order.members);
  MarketConfig market = found->scenario.market;
  for (const auto& [name, value] : order.values) {
    if (Outcome<void> done = set_value(name, value, market); !done) return done.error();
  }
  market.seed = order.seed;
  market.length = Nanos(order.hours * kHour.value);
  if (Outcome<void> done = validate(market); !done) return done.error();
  return market;
}

Outcome<std::uint64_t> LabRuns::start(const LabOrder& order) {
  Outcome<MarketConfig> market = market_of(order);
  if (!market) return market.error();
  const std::lock_guard lock(mutex_);
  if (waiting_count(runs_) >= kWaitingMax)
    return Diagnostic{.code = Errc::kLimit,
                      .field = "runs",
                      .value = std::to_string(kWaitingMax),
                      .note = "so many wait already; cancel one, or wait"};
  auto run = std::make_unique<Run>();
  run->state.id = ++last_id_;
  run->state.order = order;
  run->market = std::move(market).value();
  runs_.push_back(std::move(run));
  changed_.notify_all();
  return last_id_;
}

std::vector<LabRunState> LabRuns::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<LabRunState> out;
  for (const auto& run : runs_) {
    const LabRunState& s = run->state;
    out.push_back({.id = s.id,
                   .order = s.order,
                   .status = s.status,
                   .share = s.share,
                   .seconds_left = s.seconds_left,
                   .problem = s.problem,
                   .hours = {}});
  }
  return out;
}

std::optional<LabRunState> LabRuns::find(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  for (const auto& run : runs_) {
    if (run->state.id == id) return run->state;
  }
  return std::nullopt;
}

bool LabRuns::cancel(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  for (const auto& run : runs_) {
    if (run->state.id != id) continue;
    run->is_cancelled = true;
    if (run->state.status == LabRunStatus::kWaiting) {
      run->state.status = LabRunStatus::kCancelled;
      forget_old();
    }
    return true;
  }
  return false;
}

void LabRuns::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    Run* next = nullptr;
    {
      std::unique_lock lock(mutex_);
      const auto waits = [](const auto& run) {
        return run->state.status == LabRunStatus::kWaiting;
      };
      const auto is_any = [&] { return std::ranges::any_of(runs_, waits); };
      if (!changed_.wait(lock, stop, is_any)) return;
      next = std::ranges::find_if(runs_, waits)->get();
      next->state.status = LabRunStatus::kRunning;
    }
    carry_out(*next, stop);
    const std::lock_guard lock(mutex_);
    forget_old();
  }
}

// Requires: the lock.
void LabRuns::forget_old() {
  const auto has_ended = [](const std::unique_ptr<Run>& run) {
    return run->state.status != LabRunStatus::kWaiting &&
           run->state.status != LabRunStatus::kRunning;
  };
  auto ended = static_cast<std::size_t>(std::ranges::count_if(runs_, has_ended));
  std::erase_if(runs_, [&](const std::unique_ptr<Run>& run) {
    if (!has_ended(run) || ended <= kRunsKept) return false;
    --ended;
    return true;
  });
}

Outcome<void> LabRuns::run_hours(Run& run, const ProgressFn& report) {
  const LabExperiment::Options options{
      .market = run.market, .members = run.state.order.members, .seed = run.state.order.seed};
  Outcome<LabExperiment> experiment = LabExperiment::open(options, report);
  if (!experiment) return experiment.error();
  while (experiment->hours_done() < experiment->hour_count()) {
    Outcome<ExperimentHour> hour = experiment->next(report);
    if (!hour) return hour.error();
    const std::lock_guard lock(mutex_);
    run.state.hours.push_back(std::move(hour).value());
  }
  return {};
}

void LabRuns::carry_out(Run& run, const std::stop_token& stop) {
  const auto begin = monotonic_now();
  const auto report = [&](const Progress& progress) {
    if (stop.stop_requested()) return false;
    const std::lock_guard lock(mutex_);
    if (progress.done > 0 && progress.done <= progress.total) {
      const double share = static_cast<double>(progress.done) / static_cast<double>(progress.total);
      const double took = std::chrono::duration<double>(monotonic_now() - begin).count();
      run.state.share = share;
      run.state.seconds_left = took * (1.0 - share) / share;
    }
    return !run.is_cancelled;
  };
  const Outcome<void> done = run_hours(run, report);
  const std::lock_guard lock(mutex_);
  run.state.seconds_left.reset();
  if (done) {
    run.state.status = LabRunStatus::kDone;
    run.state.share = 1.0;
  } else if (done.error().code == Errc::kCancelled) {
    run.state.status = LabRunStatus::kCancelled;
  } else {
    run.state.status = LabRunStatus::kFailed;
    run.state.problem = done.error();
  }
}

}  // namespace faultline
