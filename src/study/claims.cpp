#include "study/claims.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/check.hpp"

namespace faultline {
namespace {

constexpr std::uint64_t kProgressParts = 1'000;  // of a market
constexpr std::size_t kReplicasMax = 10'000;

constexpr std::array kClusterArms{ClaimArm::kSimilar, ClaimArm::kWide};
constexpr std::array kEventArms{ClaimArm::kCrowded, ClaimArm::kBalanced};
constexpr std::array kDepthArms{ClaimArm::kCrowded,
                                ClaimArm::kThin,
                                ClaimArm::kDeep,
                                ClaimArm::kFragmented,
                                ClaimArm::kCrowdedUnlevered,
                                ClaimArm::kThinUnlevered,
                                ClaimArm::kDeepUnlevered,
                                ClaimArm::kFragmentedUnlevered,
                                ClaimArm::kCapOne,
                                ClaimArm::kCapHigh};
constexpr std::array kReaderArms{ClaimArm::kNobody, ClaimArm::kHunters, ClaimArm::kAvoiders,
                                 ClaimArm::kProviders};
constexpr std::array kNewsArms{ClaimArm::kCalm, ClaimArm::kShock};

struct ClaimRow {
  std::span<const ClaimArm> arms;
  ClaimResult (*of)(const ClaimsData&);
};

// By number, from 1.
constexpr std::array<ClaimRow, kClaimCount> kClaims{{{kClusterArms, claim_clusters},
                                                     {kEventArms, claim_touches},
                                                     {kDepthArms, claim_depth},
                                                     {kEventArms, claim_spikes},
                                                     {kReaderArms, claim_readers},
                                                     {kNewsArms, claim_news},
                                                     {kEventArms, claim_balance}}};

Outcome<std::set<std::size_t>> numbers_of(const ClaimsRequest& request) {
  if (request.replicas < 2 || request.replicas > kReplicasMax)
    return Diagnostic{.code = Errc::kOutOfRange,
                      .field = "replicas",
                      .value = std::to_string(request.replicas),
                      .note = "an interval needs 2 or more, at most 10000"};
  std::set<std::size_t> numbers(request.only.begin(), request.only.end());
  for (const std::size_t number : numbers) {
    if (number < 1 || number > kClaimCount)
      return Diagnostic{.code = Errc::kOutOfRange,
                        .field = "claim",
                        .value = std::to_string(number),
                        .note = "claims are numbered 1 to 7"};
  }
  for (std::size_t number = 1; request.only.empty() && number <= kClaimCount; ++number)
    numbers.insert(number);
  return numbers;
}

// The markets of a study, several at a time.
class MarketPool {
 public:
  MarketPool(const std::set<ClaimArm>& arms, const ClaimsRequest& request,
             const ProgressFn& report);
  // Errors: the first market's that failed, by order of time; the others stop.
  Outcome<ClaimsData> run();

 private:
  struct Job {
    ClaimArm arm;
    std::uint64_t seed = 0;
    std::uint64_t done = 0;  // in parts of a market
    std::optional<MarketFacts> facts{};
  };
  void work();
  bool on_progress(Job& job, const Progress& one);

  const ClaimsRequest& request_;
  const ProgressFn& report_;
  std::vector<Job> jobs_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;  // of what follows, and of all jobs' `done`
  std::optional<Diagnostic> error_;
};

MarketPool::MarketPool(const std::set<ClaimArm>& arms, const ClaimsRequest& request,
                       const ProgressFn& report)
    : request_(request), report_(report) {
  for (std::size_t replica = 0; replica < request.replicas; ++replica)
    for (const ClaimArm arm : arms) jobs_.push_back({.arm = arm, .seed = request.seed + replica});
}

bool MarketPool::on_progress(Job& job, const Progress& one) {
  const std::scoped_lock lock(mutex_);
  if (error_) return false;
  job.done = one.total > 0 ? kProgressParts * one.done / one.total : 0;
  std::uint64_t done = 0;
  for (const Job& each : jobs_) done += each.done;
  return keep_going(report_,
                    {.what = "simulating", .done = done, .total = jobs_.size() * kProgressParts});
}

void MarketPool::work() {
  for (std::size_t i = next_++; i < jobs_.size(); i = next_++) {
    Job& job = jobs_[i];
    Outcome<MarketFacts> facts =
        run_claim_market(job.arm, claim_market(job.arm, job.seed),
                         [&](const Progress& one) { return on_progress(job, one); });
    const std::scoped_lock lock(mutex_);
    if (!facts && !error_) {
      error_ = facts.error();
      if (error_->code != Errc::kCancelled)
        error_->note += (error_->note.empty() ? "" : "; ") + std::string(name_of(job.arm)) +
                        ", seed " + std::to_string(job.seed);
    }
    if (error_) return;
    job.facts = std::move(facts).value();
  }
}

Outcome<ClaimsData> MarketPool::run() {
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < request_.threads; ++i) threads.emplace_back([this] { work(); });
  work();
  for (std::thread& thread : threads) thread.join();
  if (error_) return *error_;
  ClaimsData data(request_.replicas);
  for (Job& job : jobs_) data.add(job.arm, std::move(*job.facts));
  return data;
}

}  // namespace

std::span<const ClaimArm> arms_of_claim(std::size_t number) {
  FAULTLINE_CHECK(number >= 1 && number <= kClaimCount);
  return kClaims[number - 1].arms;
}

std::vector<ClaimScenario> claim_scenarios() {
  std::vector<ClaimScenario> out;
  for (std::size_t i = 0; i < kClaimArmCount; ++i) {
    const auto arm = static_cast<ClaimArm>(i);
    ClaimScenario& one = out.emplace_back();
    for (std::size_t number = 1; number <= kClaimCount; ++number) {
      const auto arms = arms_of_claim(number);
      if (std::ranges::find(arms, arm) != arms.end()) one.claims.push_back(number);
    }
    one.scenario = {
        .name = "arm: " + std::string(name_of(arm)),
        .about =
            "The kind of market that the study of claims ran, from seed 101 on, for 24 hours "
            "after as many of warm-up.",
        .market = claim_market(arm, 101)};
  }
  return out;
}

Outcome<ClaimsStudy> run_claims(const ClaimsRequest& request, const ProgressFn& report) {
  const Outcome<std::set<std::size_t>> numbers = numbers_of(request);
  if (!numbers) return numbers.error();
  std::set<ClaimArm> arms;
  for (const std::size_t number : *numbers)
    arms.insert(arms_of_claim(number).begin(), arms_of_claim(number).end());
  const Outcome<ClaimsData> data = MarketPool(arms, request, report).run();
  if (!data) return data.error();
  ClaimsStudy study{.request = request};
  for (const std::size_t number : *numbers) {
    study.numbers.push_back(number);
    study.claims.push_back(kClaims[number - 1].of(*data));
  }
  study.numbers.push_back(kDirectionNumber);
  study.claims.push_back(claim_direction(*data));
  return study;
}

}  // namespace faultline
