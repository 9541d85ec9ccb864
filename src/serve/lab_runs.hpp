#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/diagnostic.hpp"
#include "lab/scenario.hpp"
#include "study/lab_experiment.hpp"

namespace faultline {

enum class LabRunStatus : std::uint8_t { kWaiting, kRunning, kDone, kCancelled, kFailed };
std::string_view name_of(LabRunStatus status);

// What can be run.
struct LabScenario {
  Scenario scenario;
  std::vector<std::size_t> claims{};  // numbers of those of the claims study that it is an arm of
};

// What somebody wants to run.
struct LabOrder {
  std::string scenario;  // its name
  std::uint64_t seed = 1;
  std::int64_t hours = 24;
  std::size_t members = 64;
  // Fields that differ from the scenario's: "holders.leverage_median" and its value, as in a file.
  std::vector<std::pair<std::string, double>> values;
};

// A run as it is now. `hours` are those that are done.
struct LabRunState {
  std::uint64_t id = 0;
  LabOrder order;
  LabRunStatus status = LabRunStatus::kWaiting;
  double share = 0.0;
  std::optional<double> seconds_left{};
  std::optional<Diagnostic> problem{};
  std::vector<ExperimentHour> hours;
};

// Experiments on simulated markets, one after the other on a thread of its own.
//
// Memory: the hours of kRunsKept runs, 5 kB each; one market.
// Thread safety: all functions from any thread.
class LabRuns {
 public:
  static constexpr std::size_t kWaitingMax = 4;
  static constexpr std::size_t kRunsKept = 8;  // that have ended
  static constexpr std::int64_t kHoursMax = 168;
  static constexpr std::size_t kMembersMax = 256;

  // Requires: scenarios of different names.
  explicit LabRuns(std::vector<LabScenario> scenarios);
  ~LabRuns();
  LabRuns(const LabRuns&) = delete;
  LabRuns& operator=(const LabRuns&) = delete;

  const std::vector<LabScenario>& scenarios() const { return scenarios_; }

  // The run's number. Errors: kNotFound (no such scenario), kUnknownKey, kOutOfRange, kBadRequest:
  // what no market can be; kLimit: too many wait.
  Outcome<std::uint64_t> start(const LabOrder& order);
  // Oldest first, without their hours.
  std::vector<LabRunState> list() const;
  std::optional<LabRunState> find(std::uint64_t id) const;
  // Of a run that waits or runs; false where there is none of that number. What has ended stays as
  // it is.
  bool cancel(std::uint64_t id);

 private:
  struct Run {
    LabRunState state;
    MarketConfig market;
    bool is_cancelled = false;
  };
  Outcome<MarketConfig> market_of(const LabOrder& order) const;
  void work(const std::stop_token& stop);
  void carry_out(Run& run, const std::stop_token& stop);
  Outcome<void> run_hours(Run& run, const ProgressFn& report);
  void forget_old();

  const std::vector<LabScenario> scenarios_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::unique_ptr<Run>> runs_;
  std::uint64_t last_id_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

// The field whose name a table and key make: "holders.leverage_median", "length_s".
std::string field_name(const ScenarioField& field);

}  // namespace faultline
