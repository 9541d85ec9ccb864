#include <cstdio>
#include <string_view>

#include "harness.hpp"

int main(int argc, char** argv) {
  const std::string_view which = argc > 1 ? argv[1] : "all";
  bool is_good = true;
  bool is_known = false;
  if (which == "csv" || which == "all") {
    is_known = true;
    is_good = faultline::bench::run_csv() && is_good;
  }
  if (which == "latent_map" || which == "all") {
    is_known = true;
    is_good = faultline::bench::run_latent_map() && is_good;
  }
  if (which == "static_heatmap" || which == "all") {
    is_known = true;
    is_good = faultline::bench::run_static_heatmap() && is_good;
  }
  if (!is_known) {
    std::fprintf(stderr, "usage: faultline_bench [csv|latent_map|static_heatmap|all]\n");
    return 2;
  }
  return is_good ? 0 : 1;
}
