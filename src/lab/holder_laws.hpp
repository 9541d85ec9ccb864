#pragma once

#include <array>
#include <cstdint>

#include "base/rng.hpp"
#include "lab/contract.hpp"
#include "lab/market_config.hpp"
#include "margin/tiers.hpp"

namespace faultline {

// What holders draw when they decide: see HolderConfig.
//
// Why apart from Holders: study recovery redraws openings by the same laws, and would otherwise
// judge the map by copies that drift away from what is traded.
// Determinism: the number and order of the draws of every function is part of a market's digest.
// Units: money in USD or, where it says so, in settlement units of the contract.

enum class HolderAct : std::uint8_t { kAdd, kHalve, kClose, kWait };

// What a holder looks at when a holding time is over.
struct HolderSituation {
  double usd = 0.0;           // of the position, at the mark
  double position_usd = 0.0;  // the holder's own size
  bool is_divisible = true;   // two lots or more
  bool is_losing = false;
};

// A wallet below `least` is filled up, one above `most` is emptied down. Settlement units.
struct WalletRange {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

class HolderLaws {
 public:
  HolderLaws(const HolderConfig& config, const LabContract& contract, const TierTable& tiers)
      : config_(config), contract_(contract), tiers_(tiers) {}

  const HolderConfig& config() const { return config_; }

  // Once a holder.
  double position_usd(Rng& rng) const;
  bool is_isolated(Rng& rng) const { return rng.uniform() < config_.isolated_share; }

  // Once an opening. What is opened is size_factor() times the holder's size, but no more than
  // allowed.
  static double size_factor(Rng& rng) { return 0.5 + rng.uniform(); }
  float leverage(double usd, PriceTicks mark, Rng& rng) const;
  // Positions from before the first wake-up are met as often as they last: the market is old.
  std::uint8_t patience(bool is_first, Rng& rng) const;
  // Of a position of `usd` more at this leverage.
  WalletRange wallet(double usd, float leverage, bool is_isolated, PriceTicks mark) const;
  // Brought along with an addition of `usd`. Settlement units.
  std::int64_t addition_margin(double usd, float leverage, PriceTicks mark) const;

  Nanos holding_mean(std::uint8_t patience) const { return config_.holding_mean[patience]; }
  HolderAct act(const HolderSituation& situation, Rng& rng) const;
  bool wants_stop(Rng& rng) const { return rng.uniform() < config_.stop_share; }
  // The stop's place on the way from mark to liquidation.
  static double stop_way(Rng& rng) { return 0.2 + 0.6 * rng.uniform(); }

 private:
  HolderConfig config_;
  LabContract contract_;
  TierTable tiers_;
};

}  // namespace faultline
