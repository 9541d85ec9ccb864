#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/rng.hpp"
#include "study/map_sweeps.hpp"

namespace faultline {

// A small world for tests of the study: a walk whose liquidations can be planted. Only tests
// include this.

// A quarter of an hour a step, an hour a total. The amounts of volume, volatility and open interest
// wander, so that no feature is constant.
inline SkillData make_test_world(std::int64_t days, std::uint64_t seed) {
  SkillData data;
  data.step_length = Nanos(15 * kMinute.value);
  data.hour_length = kHour;
  data.steps_per_hour = 4;
  Rng rng(seed);
  double price = 50'000.0;
  double interest = 10'000.0;
  double calm = 0.0;
  for (std::int64_t k = 0; k < days * 96; ++k) {
    calm = 0.97 * calm + 0.15 * rng.normal();
    const double sigma = 2e-3 * std::exp(calm);
    MarketStep step;
    step.begin = UnixNanos(1'764'547'200'000'000'000 + k * data.step_length.value);
    step.end = step.begin + data.step_length;
    step.open = price;
    price *= std::exp(sigma * rng.normal());
    step.close = price;
    step.high = std::max(step.open, step.close) * std::exp(0.3 * sigma * std::abs(rng.normal()));
    step.low = std::min(step.open, step.close) * std::exp(-0.3 * sigma * std::abs(rng.normal()));
    step.volume = 200.0 * std::exp(calm + 0.3 * rng.normal());
    step.oi_begin = interest;
    interest *= std::exp(3e-3 * rng.normal());
    step.oi_end = interest;
    step.has_open_interest = true;
    data.steps.push_back(step);
  }
  for (std::size_t first = 0; first < data.steps.size(); first += data.steps_per_hour)
    data.hours.push_back(make_skill_hour(data, first));
  return data;
}

// What is liquidated is a tenth of what the map says was crossed, times exp(noise · normal).
inline void plant_liquidations(SkillData& data, const MapSweeps& sweeps, double noise,
                               std::uint64_t seed) {
  Rng rng(seed);
  for (std::size_t i = 0; i < data.hours.size(); ++i) {
    for (const std::size_t side : {0U, 1U}) {
      data.hours[i].liquidated_usd[side] =
          0.1 * kSweepUnitUsd * sweeps.hours[i].crossed[side] * std::exp(noise * rng.normal());
    }
  }
}

}  // namespace faultline
