#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/diagnostic.hpp"
#include "base/progress.hpp"
#include "lab/scenario.hpp"
#include "study/claims_market.hpp"
#include "study/claims_rule.hpp"
#include "study/report_files.hpp"

namespace faultline {

// Seven claims about liquidations, tried on simulated markets in which every position is known, and
// one more in all of them: the map does not foretell direction.
//
//   claim ──> arms (claim_market) x replicas ──> MarketFacts ──> one number a replica ──> verdict
//
// What is shown is what the lab's mechanisms do, not what recorded markets do.
inline constexpr std::size_t kClaimCount = 7;

struct ClaimsRequest {
  std::size_t replicas = 16;
  std::uint64_t seed = 1;           // of replica 0; the others follow
  std::vector<std::size_t> only{};  // numbers of claims, from 1; empty: all
  std::size_t threads = 2;          // markets at a time; the results are the same with any
};

struct ClaimsStudy {
  ClaimsRequest request{};
  std::vector<std::size_t> numbers{};  // of the claims; the last, 8, is direction
  std::vector<ClaimResult> claims{};
};
inline constexpr std::size_t kDirectionNumber = kClaimCount + 1;

// Errors: kOutOfRange (a number of a claim, fewer than two replicas), those of simulate_market()
//         with the arm and the seed in the note. One market that fails ends the study: leaving it
//         out would leave out the wildest.
// Thread safety: `report` is called from several threads, one at a time.
// Cost:   up to 19 markets of two days for each replica, some two seconds each.
Outcome<ClaimsStudy> run_claims(const ClaimsRequest& request, const ProgressFn& report);
// The arms that a claim needs. Requires: 1 <= number <= kClaimCount (checked).
std::span<const ClaimArm> arms_of_claim(std::size_t number);

// An arm as a scenario that anybody can run, called "arm: thin book", and the numbers of the claims
// that need it.
struct ClaimScenario {
  Scenario scenario;
  std::vector<std::size_t> claims;
};
std::vector<ClaimScenario> claim_scenarios();

StudyReport report_of_claims(const ClaimsStudy& study);
// One line a claim: number, verdict, statement. No line break after the last.
std::string summary_of_claims(const ClaimsStudy& study);

// The single claims. Require: their arms ran.
ClaimResult claim_clusters(const ClaimsData& data);
ClaimResult claim_touches(const ClaimsData& data);
ClaimResult claim_depth(const ClaimsData& data);
ClaimResult claim_spikes(const ClaimsData& data);
ClaimResult claim_readers(const ClaimsData& data);
ClaimResult claim_news(const ClaimsData& data);
ClaimResult claim_balance(const ClaimsData& data);
// Of every arm that ran; those without leverage have no map and are told, not judged.
ClaimResult claim_direction(const ClaimsData& data);

}  // namespace faultline
