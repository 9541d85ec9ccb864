#include <array>
#include <cstdio>
#include <string_view>

#include "harness.hpp"

namespace {

struct Bench {
  std::string_view name;
  bool (*run)();
  bool is_long;  // only by its name, not with "all"
};

constexpr std::array kBenches{
    Bench{"csv", faultline::bench::run_csv, false},
    Bench{"latent_map", faultline::bench::run_latent_map, false},
    Bench{"static_heatmap", faultline::bench::run_static_heatmap, false},
    Bench{"ensemble", faultline::bench::run_ensemble, false},
    Bench{"matching", faultline::bench::run_matching, false},
    Bench{"lab", faultline::bench::run_lab, false},
    Bench{"ensemble_year", faultline::bench::run_ensemble_year, true},
};

}  // namespace

int main(int argc, char** argv) {
  const std::string_view which = argc > 1 ? argv[1] : "all";
  bool is_good = true;
  bool is_known = false;
  for (const Bench& bench : kBenches) {
    if (which != bench.name && (which != "all" || bench.is_long)) continue;
    is_known = true;
    is_good = bench.run() && is_good;
  }
  if (!is_known) {
    std::fprintf(stderr, "usage: faultline_bench [all");
    for (const Bench& bench : kBenches)
      std::fprintf(stderr, "|%.*s", static_cast<int>(bench.name.size()), bench.name.data());
    std::fprintf(stderr, "]\n");
    return 2;
  }
  return is_good ? 0 : 1;
}
