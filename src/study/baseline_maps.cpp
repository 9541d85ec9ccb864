// The maps that others publish or use, and two references, in one engine: fixed distances from the
// entry, each with a weight and a class; one closing rate a class and side.

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "study/map_sweeps.hpp"
#include "study/sweep_recorder.hpp"

namespace faultline {
namespace {

constexpr double kBin = 2e-4;       // of log price
constexpr double kRoomBelow = 1.0;  // of log price, below the lowest price
constexpr double kRoomAbove = 0.6;
constexpr std::ptrdiff_t kNearBins = 60;  // beyond the other extreme nothing waits
constexpr double kExponentMax = 3.0;
constexpr double kChurn = 0.3;

struct Component {
  double distance;
  double weight;
  std::size_t cls;
};

// What opens and closes in a step; amounts a side.
struct Flow {
  double opened = 0.0;
  std::vector<double> closing;          // exponent by class
  std::optional<double> stock_after{};  // instead of `closing`: what the whole stock comes down to
};

struct Definition {
  std::vector<Component> components;
  std::vector<double> hazards_per_day;  // by class
  std::vector<double> jitter{1.0};      // factors of the distance, equally weighted
  bool is_erased = true;
  bool enters_at_close = true;  // else .45 / .275 / .275 at close, high, low
  bool enters_at_mean = false;  // of high, low and close
};

std::vector<double> spaced(double from, double to, std::size_t count) {
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i) {
    const double share = static_cast<double>(i) / static_cast<double>(count - 1);
    out.push_back(from * std::exp(std::log(to / from) * share));
  }
  return out;
}

// 28 distances of .3 % to 60 %, density of a log-normal at each, over classes with entry weights.
std::vector<Component> kernel_components(std::span<const double> class_weights) {
  const std::vector<double> distances = spaced(0.003, 0.6, 28);
  std::vector<double> weights;
  for (const double d : distances) {
    const double z = (std::log(d) - std::log(0.12)) / 1.25;
    weights.push_back(std::exp(-0.5 * z * z));
  }
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<Component> out;
  for (std::size_t i = 0; i < distances.size(); ++i) {
    for (std::size_t c = 0; c < class_weights.size(); ++c)
      out.push_back({distances[i], weights[i] / sum * class_weights[c], c});
  }
  return out;
}

std::vector<Component> leverage_components(std::span<const std::pair<double, double>> levels,
                                           bool has_classes) {
  std::vector<Component> out;
  for (std::size_t i = 0; i < levels.size(); ++i)
    out.push_back({1.0 / levels[i].first, levels[i].second, has_classes ? i : 0});
  return out;
}

Definition define(BaselineMap map) {
  constexpr std::array kOne{1.0};
  constexpr std::array kClasses{0.5, 0.35, 0.15};
  using Level = std::pair<double, double>;
  Definition out;
  switch (map) {
    case BaselineMap::kOpenLiquidationMap:
      out.components = leverage_components(
          std::array{Level{100, 1}, Level{50, 1}, Level{25, 1}, Level{10, 1}}, false);
      out.hazards_per_day = {0.0};
      out.is_erased = false;
      out.enters_at_mean = true;
      return out;
    case BaselineMap::kFixedLeverage:
      out.components = leverage_components(
          std::array{Level{5, .1}, Level{10, .2}, Level{25, .3}, Level{50, .25}, Level{100, .15}},
          false);
      out.hazards_per_day = {0.0};
      return out;
    case BaselineMap::kVolumeLeverage:
      out.components = leverage_components(
          std::array{Level{10, .35}, Level{25, .3}, Level{50, .2}, Level{100, .15}}, true);
      for (const double days : {5.0, 2.0, 1.0, 0.5})
        out.hazards_per_day.push_back(std::log(2.0) / days);
      out.jitter = {0.985, 1.0, 1.0, 1.015};
      out.enters_at_close = false;
      return out;
    case BaselineMap::kKernelInterest:
      out.components = kernel_components(kOne);
      out.hazards_per_day = {0.0};
      break;
    case BaselineMap::kConstantOpenings:
    case BaselineMap::kIdentityReference:
      out.components = kernel_components(kClasses);
      out.hazards_per_day = {48.0, 4.0, 0.25};
      break;
  }
  out.jitter = {0.93, 1.0, 1.07};
  out.enters_at_close = false;
  return out;
}

double median_volume(const SkillData& data) {
  std::vector<double> volumes;
  for (const MarketStep& step : data.steps) volumes.push_back(step.volume);
  std::ranges::sort(volumes);
  const std::size_t n = volumes.size();
  return 0.5 * (volumes[(n - 1) / 2] + volumes[n / 2]);
}

// What each step opens and closes under a map's rule.
class FlowRule {
 public:
  FlowRule(BaselineMap map, const Definition& definition, const SkillData& data)
      : map_(map),
        definition_(definition),
        days_(static_cast<double>(data.step_length.value) / static_cast<double>(kDay.value)),
        constant_(median_volume(data) / 2.0) {}

  Flow of(const MarketStep& step) const {
    const double change = step.oi_end - step.oi_begin;
    const double volume = std::max((1.0 - kChurn) * step.volume, std::abs(change));
    Flow flow;
    for (const double hazard : definition_.hazards_per_day) flow.closing.push_back(hazard * days_);
    switch (map_) {
      case BaselineMap::kOpenLiquidationMap:
        flow.opened = step.volume / 2.0;
        break;
      case BaselineMap::kFixedLeverage:
        flow.opened = std::max(change, 0.0);
        break;
      case BaselineMap::kVolumeLeverage:
        flow.opened = step.volume / 2.0 *
                      std::clamp(1.0 + 8.0 * std::max(change / step.oi_begin, 0.0), 1.0, 3.0);
        break;
      case BaselineMap::kKernelInterest:
        flow.opened = std::max(change, 0.0);
        flow.closing = {
            -std::log(std::clamp(1.0 + std::min(change, 0.0) / step.oi_begin, 0.5, 1.0))};
        break;
      case BaselineMap::kConstantOpenings:
        flow.opened = constant_;
        break;
      case BaselineMap::kIdentityReference:
        flow.opened = std::max((volume + change) / 2.0, 0.0);
        flow.stock_after = step.oi_end - flow.opened;
        break;
    }
    return flow;
  }

 private:
  BaselineMap map_;
  const Definition& definition_;
  double days_;
  double constant_;
};

class ComponentMap {
 public:
  ComponentMap(const Definition& definition, double log_low, double log_high)
      : definition_(definition), origin_(log_low - kRoomBelow) {
    bins_ = static_cast<std::size_t>((log_high + kRoomAbove - origin_) / kBin) + 1;
    const std::size_t lines = 2 * classes();
    mass_.assign(lines * bins_, 0.0);
    scale_.assign(lines, 1.0);
    stock_.assign(lines, 0.0);
  }

  // Removes what the range crosses and returns it, by side.
  std::array<double, 2> sweep(double log_low, double log_high) {
    std::array<double, 2> crossed{};
    if (!definition_.is_erased) return crossed;
    for (std::size_t c = 0; c < classes(); ++c) {
      crossed[0] += sweep_line(0, c, log_low, log_high);
      crossed[1] += sweep_line(1, c, log_high, log_low);
    }
    return crossed;
  }

  void close(const Flow& flow) {
    for (const std::size_t side : {0U, 1U}) {
      const double pressure = flow.stock_after ? pressure_to(side, flow) : 1.0;
      for (std::size_t c = 0; c < classes(); ++c) {
        const double exponent = pressure * flow.closing[c];
        const double limit = flow.stock_after ? 20.0 : kExponentMax;
        scale_[line(side, c)] *= std::exp(-std::min(exponent, limit));
        if (scale_[line(side, c)] < 1e-10) multiply_out(line(side, c));
      }
    }
  }

  void open(const MarketStep& at, double amount) {
    const double mean = std::log(at.high) + std::log(at.low) + std::log(at.close);
    if (definition_.enters_at_mean) return deposit(mean / 3.0, amount);
    if (definition_.enters_at_close) return deposit(std::log(at.close), amount);
    deposit(std::log(at.close), 0.45 * amount);
    deposit(std::log(at.high), 0.275 * amount);
    deposit(std::log(at.low), 0.275 * amount);
  }

  double stock(std::size_t side) const {
    double sum = 0.0;
    for (std::size_t c = 0; c < classes(); ++c)
      sum += stock_[line(side, c)] * scale_[line(side, c)];
    return sum;
  }

  std::vector<double> within(std::size_t side, double log_price) const;

 private:
  std::size_t classes() const { return definition_.hazards_per_day.size(); }
  std::size_t line(std::size_t side, std::size_t c) const { return side * classes() + c; }
  double position(double log_price) const { return (log_price - origin_) / kBin; }

  // `reached` is the extreme on the side's own side, `other` the opposite one.
  double sweep_line(std::size_t side, std::size_t c, double reached, double other) {
    double* cells = mass_.data() + line(side, c) * bins_;
    const double x = position(reached);
    const auto at = static_cast<std::ptrdiff_t>(x);
    const auto far = static_cast<std::ptrdiff_t>(position(other));
    const std::ptrdiff_t from = side == 0 ? at + 1 : std::max<std::ptrdiff_t>(far - kNearBins, 0);
    const std::ptrdiff_t to =
        side == 0 ? std::min(far + kNearBins, static_cast<std::ptrdiff_t>(bins_)) : at;
    double sum = 0.0;
    for (std::ptrdiff_t bin = from; bin < to; ++bin) {
      sum += cells[bin];
      cells[bin] = 0.0;
    }
    const double into = x - static_cast<double>(at);
    const double part = (side == 0 ? 1.0 - into : into) * cells[at];
    cells[at] -= part;
    stock_[line(side, c)] -= sum + part;
    return (sum + part) * scale_[line(side, c)];
  }

  // kappa with sum_c stock_c exp(-kappa hazard_c) = stock_after.
  double pressure_to(std::size_t side, const Flow& flow) const {
    const double target = std::max(*flow.stock_after, 0.02 * stock(side));
    const auto left = [&](double kappa) {
      double sum = 0.0;
      for (std::size_t c = 0; c < classes(); ++c) {
        const std::size_t l = line(side, c);
        sum += stock_[l] * scale_[l] * std::exp(-kappa * flow.closing[c]);
      }
      return sum;
    };
    if (left(0.0) <= target) return 0.0;
    double high = 1.0;
    while (left(high) >= target && high <= 1e6) high *= 2.0;
    double low = 0.0;
    for (int i = 0; i < 60; ++i) {
      const double middle = 0.5 * (low + high);
      (left(middle) > target ? low : high) = middle;
    }
    return 0.5 * (low + high);
  }

  void multiply_out(std::size_t l) {
    for (std::size_t bin = 0; bin < bins_; ++bin) mass_[l * bins_ + bin] *= scale_[l];
    stock_[l] *= scale_[l];
    scale_[l] = 1.0;
  }

  void deposit(double log_price, double amount) {
    const double share = amount / static_cast<double>(definition_.jitter.size());
    for (const Component& component : definition_.components) {
      for (const double jitter : definition_.jitter) {
        const double d = component.distance * jitter;
        const std::array at{log_price + std::log1p(-d), log_price + std::log1p(d)};
        for (const std::size_t side : {0U, 1U}) {
          const std::size_t l = line(side, component.cls);
          const double mass = share * component.weight / scale_[l];
          stock_[l] += mass;
          const double x = position(at[side]);
          if (x >= 0.0 && x < static_cast<double>(bins_))
            mass_[l * bins_ + static_cast<std::size_t>(x)] += mass;
        }
      }
    }
  }

  const Definition& definition_;
  double origin_;
  std::size_t bins_ = 0;
  std::vector<double> mass_;   // [side][class][bin], divided by the scale
  std::vector<double> scale_;  // [side][class]
  std::vector<double> stock_;  // [side][class], divided by the scale
};

// From the price outward, read off at the grid.
std::vector<double> ComponentMap::within(std::size_t side, double log_price) const {
  const double x = position(log_price);
  auto bin = static_cast<std::ptrdiff_t>(x);
  const double into = x - static_cast<double>(bin);
  double width = side == 0 ? into : 1.0 - into;
  double reached = 0.0;
  double sum = 0.0;
  const auto mass_at = [&](std::ptrdiff_t b) {
    double total = 0.0;
    if (b < 0 || b >= static_cast<std::ptrdiff_t>(bins_)) return total;
    for (std::size_t c = 0; c < classes(); ++c)
      total += mass_[line(side, c) * bins_ + static_cast<std::size_t>(b)] * scale_[line(side, c)];
    return total;
  };
  double density = mass_at(bin);
  std::vector<double> out;
  for (const double distance : sweep_grid()) {
    const double target = distance / kBin;
    while (reached + width <= target) {
      sum += density * width;
      reached += width;
      width = 1.0;
      bin += side == 0 ? -1 : 1;
      density = mass_at(bin);
    }
    out.push_back(sum + density * (target - reached));
  }
  return out;
}

}  // namespace

std::string_view name_of(BaselineMap map) {
  switch (map) {
    case BaselineMap::kOpenLiquidationMap:
      return "b3";
    case BaselineMap::kFixedLeverage:
      return "b4";
    case BaselineMap::kVolumeLeverage:
      return "b5";
    case BaselineMap::kKernelInterest:
      return "b6";
    case BaselineMap::kConstantOpenings:
      return "b7c";
    case BaselineMap::kIdentityReference:
      return "p_w3";
  }
  FAULTLINE_CHECK(false);
  return {};
}

MapSweeps sweep_baseline(const SkillData& data, BaselineMap map, const SweepOptions& options) {
  double low = data.steps.front().low;
  double high = data.steps.front().high;
  for (const MarketStep& step : data.steps) {
    low = std::min(low, step.low);
    high = std::max(high, step.high);
  }
  const Definition definition = define(map);
  const FlowRule rule(map, definition, data);
  ComponentMap state(definition, std::log(low), std::log(high));
  SweepRecorder recorder(data, std::string(name_of(map)), options);
  for (std::size_t k = 0; k < data.steps.size(); ++k) {
    const MarketStep& step = data.steps[k];
    if (recorder.begin_step(k) != SweepRecorder::Need::kNothing) {
      MapProfile profile;
      for (const std::size_t side : {0U, 1U}) {
        profile.within[side] = state.within(side, std::log(step.open));
        profile.stock[side] = state.stock(side);
      }
      recorder.take_profile(std::move(profile));
    }
    recorder.take_crossed(state.sweep(std::log(step.low), std::log(step.high)));
    const Flow flow = rule.of(step);
    state.close(flow);
    state.open(data.steps[recorder.entry_step()], flow.opened);
  }
  return recorder.finish();
}

}  // namespace faultline
