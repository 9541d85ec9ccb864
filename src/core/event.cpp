#include "core/event.hpp"

namespace faultline {

std::string_view name_of(PriceKind kind) {
  constexpr std::array<std::string_view, 7> kNames{"fill", "order", "bankruptcy", "last",
                                                   "mark", "index", "unknown"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(Completeness completeness) {
  constexpr std::array<std::string_view, 5> kNames{"all", "largest_per_second", "latest_per_second",
                                                   "one_per_second", "unknown"};
  return kNames[static_cast<std::size_t>(completeness)];
}

UnixNanos time_of(const MarketEvent& event) {
  return std::visit([](const auto& one) { return one.time; }, event);
}

}  // namespace faultline
