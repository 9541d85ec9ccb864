#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "study/map_sweeps.hpp"

namespace faultline {

// What a map says at one moment: mass within each distance of sweep_grid() by side, and all of it.
// Native units.
struct MapProfile {
  std::array<std::vector<double>, 2> within{};
  std::array<double, 2> stock{};
};

// Writes down what a map says while it runs through the steps: one code for every map and placebo.
//
//   for each step k:  need = begin_step(k)
//                     take_profile(...)       if anything is needed and the map exists
//                     take_crossed(...)       what the step's range removed from the map
//
// Memory: with MapPlacebo::kShifted the profiles of seven days. Requires: data outlives it.
class SweepRecorder {
 public:
  enum class Need : std::uint8_t { kNothing, kAtStep, kAtHour };

  SweepRecorder(const SkillData& data, std::string name, const SweepOptions& options);

  // Requires: steps in order, each once.
  Need begin_step(std::size_t k);
  // The map around the current step's open price, before the step changes it.
  void take_profile(MapProfile profile);
  // Native units by side.
  void take_crossed(std::array<double, 2> amounts);

  // The step at whose prices the current step's entries stand.
  std::size_t entry_step() const { return entries_.empty() ? step_ : entries_[step_]; }
  bool moves_entries() const { return !entries_.empty(); }

  MapSweeps finish() { return std::move(out_); }

 private:
  bool reads_path() const {
    return options_.placebo == MapPlacebo::kMirrored || options_.placebo == MapPlacebo::kShifted;
  }

  const SkillData& data_;
  SweepOptions options_;
  MapSweeps out_;
  std::vector<std::size_t> entries_;  // by step; empty: every step's own
  std::vector<MapProfile> earlier_;   // of kShifted: a ring
  MapProfile reading_;                // what the current step is read from
  std::size_t step_ = 0;
  std::size_t hour_ = 0;
  bool is_inside_ = false;
  bool is_first_ = false;  // of its hour
};

}  // namespace faultline
