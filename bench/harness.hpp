#pragma once

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

namespace faultline::bench {

// Ratios inside one run: the contestants take turns, and medians are compared. Absolute times
// depend on the machine and on its other work; they are printed for orientation only.

struct Contestant {
  std::string name;
  std::function<void()> work;
  std::vector<double> seconds{};

  double median() const {
    std::vector<double> sorted = seconds;
    std::ranges::sort(sorted);
    return sorted[sorted.size() / 2];
  }
};

// CPU time of this process, all threads: every contestant works on one thread, and other work on
// the machine does not count.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Runs every contestant `rounds` times in turn, after one unmeasured round.
inline void take_turns(std::vector<Contestant>& contestants, int rounds) {
  for (int round = -1; round < rounds; ++round) {
    for (Contestant& one : contestants) {
      const double begin = cpu_seconds();
      one.work();
      const double end = cpu_seconds();
      if (round >= 0) one.seconds.push_back(end - begin);
    }
  }
}

inline void print_times(const std::vector<Contestant>& contestants, double items,
                        const char* item) {
  for (const Contestant& one : contestants) {
    const auto [least, most] = std::ranges::minmax(one.seconds);
    std::printf("  %-44s median %9.2f ms  (%.2f .. %.2f)  %8.2f M %s/s\n", one.name.c_str(),
                one.median() * 1e3, least * 1e3, most * 1e3, items / one.median() * 1e-6, item);
  }
}

// Median and extremes of slower/faster, round by round, against a gate: MISSED only when every
// round is below it.
inline bool print_ratio(const char* what, const Contestant& slower, const Contestant& faster,
                        double gate) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < faster.seconds.size(); ++i)
    ratios.push_back(slower.seconds[i] / faster.seconds[i]);
  std::ranges::sort(ratios);
  const double median = ratios[ratios.size() / 2];
  const bool is_missed = ratios.back() < gate;
  std::printf("  %-44s %.2f  (%.2f .. %.2f)  gate %.2f: %s\n", what, median, ratios.front(),
              ratios.back(), gate,
              median >= gate ? "met"
              : is_missed    ? "MISSED"
                             : "undecided");
  return !is_missed;
}

bool run_csv();
bool run_latent_map();
bool run_static_heatmap();
bool run_ensemble();
bool run_ensemble_year();
bool run_matching();
bool run_lab();

}  // namespace faultline::bench
