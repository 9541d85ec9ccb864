#include "study/recovery.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.hpp"
#include "core/time_text.hpp"
#include "lab/liquidation_feed.hpp"
#include "lab/market.hpp"
#include "store/files.hpp"
#include "study/lab_run.hpp"
#include "study/lab_store.hpp"
#include "study/live_map.hpp"
#include "study/recovery_maps.hpp"

namespace faultline {
namespace {

constexpr std::array<Completeness, kRecoveryFeedCount> kFeeds{Completeness::kAll,
                                                              Completeness::kLargestPerSecond};

constexpr Nanos kLongestRun{60 * kDay.value};  // what a scenario allows

Diagnostic bad_request(std::string field, std::string note) {
  return {.code = Errc::kBadRequest, .field = std::move(field), .note = std::move(note)};
}

bool is_whole(Nanos length, Nanos unit) { return length.value % unit.value == 0; }

Outcome<void> check_request(const RecoveryRequest& request) {
  if (request.scenarios.empty()) return bad_request("scenario", "there is none");
  if (request.replicas < 2) return bad_request("replicas", "an interval needs two or more");
  if (request.burn_in.value <= 0 || !is_whole(request.burn_in, kHour))
    return bad_request("burn_in", "it is whole hours, one or more");
  if (request.scored.value <= 0 || !is_whole(request.scored, kHour))
    return bad_request("scored", "it is whole hours, one or more");
  if (request.burn_in + request.scored > kLongestRun)
    return bad_request("burn_in", "with what is scored at most 60 days");
  for (std::size_t i = 0; i < request.scenarios.size(); ++i) {
    const Scenario& scenario = request.scenarios[i];
    if (!is_whole(scenario.market.begin - UnixNanos(0), kMinute))
      return bad_request(scenario.name + " begin", "it is not a whole minute");
    for (std::size_t k = 0; k < i; ++k) {
      if (request.scenarios[k].name == scenario.name)
        return bad_request("scenario", "two are called " + scenario.name);
    }
  }
  return {};
}

std::vector<UnixNanos> hours_of(const RecoveryRequest& request, UnixNanos begin) {
  std::vector<UnixNanos> out;
  for (Nanos at = request.burn_in; at < request.burn_in + request.scored; at = at + kHour)
    out.push_back(begin + at);
  return out;
}

// What is there already is not ours to remove.
Outcome<void> check_unused(const std::string& folder) {
  if (!file_exists(folder)) return {};
  return Diagnostic{.code = Errc::kBadRequest,
                    .file = folder,
                    .note = "it exists, perhaps from a run that was killed; remove it first"};
}

// Removes the folder when it goes out of use, whatever happened. Requires: check_unused().
class WorkFolder {
 public:
  explicit WorkFolder(std::string path) : path_(std::move(path)) {}
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder() {
    if (file_exists(path_)) static_cast<void>(remove_folder(path_).has_value());
  }

 private:
  std::string path_;
};

void add(const RecoverySides& more, RecoverySides& sum) {
  for (const std::size_t s : {0U, 1U}) {
    for (std::size_t i = 0; i < kRecoveryBinCount; ++i) sum[s][i] += more[s][i];
  }
}

double total(const RecoverySides& sides) {
  double sum = 0.0;
  for (const RecoveryBins& bins : sides) {
    for (const double usd : bins) sum += usd;
  }
  return sum;
}

void add_truth(const RecoveryRequest& request, const MarketConfig& config,
               std::span<const VenueTape> tapes, const ScoredTimes& at, RecoveryReplica& replica) {
  TruePositions all;
  for (std::size_t v = 0; v < tapes.size(); ++v) {
    const RedrawOptions oracle{.draws = request.oracle_draws, .seed = config.seed};
    const std::vector<RecoverySides> intensity = redrawn_intensity(tapes[v], config, v, at, oracle);
    const std::vector<TruePositions> truth = true_positions_of(tapes[v], at);
    for (std::size_t k = 0; k < truth.size(); ++k) {
      add(intensity[k], replica.hours[k].intensity);
      add(truth[k].usd, replica.hours[k].truth);
      add(truth[k].usd, all.usd);
      add(truth[k].others_usd, all.others_usd);
      for (const std::size_t s : {0U, 1U}) {
        all.all_usd[s] += truth[k].all_usd[s];
        all.liquidatable_usd[s] += truth[k].liquidatable_usd[s];
        all.holders_usd[s] += truth[k].holders_usd[s];
      }
    }
  }
  replica.open_interest_usd = all.all_usd[0] / static_cast<double>(at.times.size());
  for (const std::size_t s : {0U, 1U}) {
    replica.liquidatable_share[s] = all.liquidatable_usd[s] / std::max(1.0, all.all_usd[s]);
    replica.holders_share[s] = all.holders_usd[s] / std::max(1.0, all.all_usd[s]);
  }
  replica.others_share_within = total(all.others_usd) / std::max(1.0, total(all.usd));
  const ForcedTotals forced = forced_totals(tapes, config.begin);
  replica.liquidated_usd = forced.usd[0] + forced.usd[1];
}

// Both feeds of the market, one after the other in the same folder.
Outcome<void> add_maps(const MarketConfig& config, std::span<VenueTape> tapes,
                       const RecoveryMaps& maps, const ProgressFn& report,
                       RecoveryReplica& replica) {
  const UnixNanos end = config.begin + config.length;
  for (std::size_t feed = 0; feed < kFeeds.size(); ++feed) {
    for (VenueTape& tape : tapes) {
      tape.feed = kFeeds[feed];
      tape.liquidations = prints_of(tape, kFeeds[feed], end);
      replica.prints[feed] += tape.liquidations.row_count();
    }
    const std::string source = "recovery seed " + std::to_string(config.seed);
    if (const auto rows = write_lab_store(maps.store_folder, tapes, source, report); !rows)
      return rows.error();
    const Outcome<RecoveryEstimate> estimate = estimate_recovery(maps, report);
    if (!estimate) return estimate.error();
    for (std::size_t k = 0; k < replica.hours.size(); ++k) {
      replica.hours[k].maps[feed] = estimate->mean[k];
      replica.hours[k].bands[feed] = estimate->band[k];
    }
  }
  const auto others = recovery_baselines(maps, report);
  if (!others) return others.error();
  for (std::size_t i = 0; i < others->size(); ++i) {
    for (std::size_t k = 0; k < replica.hours.size(); ++k)
      replica.hours[k].maps[kRecoveryFeedCount + i] = (*others)[i][k];
  }
  return {};
}

// Replicas of all scenarios, each worked on once, by up to so many threads.
class RecoveryWork {
 public:
  RecoveryWork(const RecoveryRequest& request, const ProgressFn& report)
      : request_(request), report_(report), count_(request.scenarios.size() * request.replicas) {
    replicas_.resize(count_);
    problems_.resize(count_);
  }

  Outcome<RecoveryStudy> run() {
    {
      std::vector<std::jthread> helpers;
      for (std::size_t t = 1; t < std::min(request_.threads, count_); ++t)
        helpers.emplace_back([this] { take_turns(); });
      take_turns();
    }
    for (const auto& problem : problems_) {
      if (problem && problem->code != Errc::kCancelled) return *problem;
    }
    if (is_stopped_) return Diagnostic{.code = Errc::kCancelled};
    RecoveryStudy study{.request = request_, .scenarios = {}};
    for (std::size_t i = 0; i < count_; ++i) {
      const Scenario& scenario = request_.scenarios[i / request_.replicas];
      if (i % request_.replicas == 0)
        study.scenarios.push_back({.name = scenario.name, .about = scenario.about, .replicas = {}});
      study.scenarios.back().replicas.push_back(std::move(replicas_[i]));
    }
    return study;
  }

 private:
  void take_turns() {
    for (std::size_t i = next_++; i < count_ && !is_stopped_; i = next_++) {
      MarketConfig market = request_.scenarios[i / request_.replicas].market;
      market.seed = request_.seed + i % request_.replicas;
      const std::string folder = request_.work_folder + "/replica_" + std::to_string(i);
      Outcome<RecoveryReplica> replica = run_replica(
          request_, market, folder, [this](const Progress& progress) { return relay(progress); });
      if (replica) {
        replicas_[i] = std::move(replica).value();
      } else {
        problems_[i] = replica.error();
        is_stopped_ = true;
      }
      ++done_;
    }
  }

  // The caller's callback hears of whole replicas, from one thread at a time.
  bool relay(const Progress& progress) {
    const std::scoped_lock lock(mutex_);
    const bool goes_on =
        !is_stopped_ &&
        keep_going(report_, {.what = progress.what, .done = done_, .total = count_, .rows = done_});
    if (!goes_on) is_stopped_ = true;
    return goes_on;
  }

  const RecoveryRequest& request_;
  const ProgressFn& report_;
  std::size_t count_;
  std::vector<RecoveryReplica> replicas_;
  std::vector<std::optional<Diagnostic>> problems_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> done_ = 0;
  std::atomic<bool> is_stopped_ = false;
  std::mutex mutex_;
};

}  // namespace

ColumnBatch prints_of(const VenueTape& tape, Completeness completeness, UnixNanos end) {
  const LabContract contract = LabContract::of(tape.instrument).value();
  VenueTape printed;
  TapeWriter writer(printed, contract);
  LiquidationFeed feed(completeness, Rng(0),
                       [&](const Liquidation& print) { writer.liquidation(print); });
  for (const LiquidationRecord& record : tape.forced) feed.add(writer.print_of(record));
  feed.close(end);
  return std::move(printed.liquidations);
}

Outcome<RecoveryReplica> run_replica(const RecoveryRequest& request, const MarketConfig& market,
                                     const std::string& folder, const ProgressFn& report) {
  if (const Outcome<void> unused = check_unused(folder); !unused) return unused.error();
  MarketConfig config = market;
  config.length = request.burn_in + request.scored;
  Outcome<MarketRun> run = simulate_market(config, report, live_map_source(kReaderMap));
  if (!run) return run.error();
  const std::span<VenueTape> tapes = run->venues;
  RecoveryMaps maps{.members = request.members,
                    .seed = config.seed,
                    .instruments = {},
                    .at = scored_times(tapes[0], hours_of(request, config.begin)),
                    .store_folder = folder};
  for (const VenueTape& tape : tapes) maps.instruments.push_back(tape.instrument);
  RecoveryReplica replica;
  replica.maps_shown = run->map_count;
  replica.seed = config.seed;
  replica.hours.resize(maps.at.times.size());
  for (std::size_t k = 0; k < replica.hours.size(); ++k) {
    replica.hours[k].time = maps.at.times[k];
    replica.hours[k].mark = maps.at.marks[k];
  }
  const WorkFolder work(folder);
  if (const Outcome<void> done = add_maps(config, tapes, maps, report, replica); !done)
    return done.error();
  add_truth(request, config, tapes, maps.at, replica);
  if (!keep_going(report, {.what = "oracle"})) return Diagnostic{.code = Errc::kCancelled};
  return replica;
}

Outcome<RecoveryStudy> run_recovery(const RecoveryRequest& request, const ProgressFn& report) {
  if (const Outcome<void> fine = check_request(request); !fine) return fine.error();
  if (const Outcome<void> unused = check_unused(request.work_folder); !unused)
    return unused.error();
  if (const Outcome<void> made = make_folders(request.work_folder); !made) return made.error();
  const WorkFolder work(request.work_folder);
  return RecoveryWork(request, report).run();
}

}  // namespace faultline
