#include "apps/serve_resources.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "apps/embedded.hpp"
#include "study/claims.hpp"

namespace faultline {
namespace {

// "web/index.html" is {"web", "index.html"}.
std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  const std::size_t at = name.find('/');
  return {name.substr(0, at), name.substr(at + 1)};
}

// In the order in which people should read them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kStudies{{
    {"map_skill", "Does the map explain more than the price range?"},
    {"recovery", "How well are positions found that are known?"},
    {"claims", "Eight claims about liquidation maps"},
}};

std::size_t rank_of_study(std::string_view name) {
  const auto found = std::ranges::find(kStudies, name, [](const auto& one) { return one.first; });
  return static_cast<std::size_t>(found - kStudies.begin());
}

StudyDocument study_of(std::string_view file, std::string_view bytes) {
  const std::string_view name = file.substr(0, file.rfind('.'));
  const std::size_t rank = rank_of_study(name);
  return {name, rank < kStudies.size() ? kStudies[rank].second : name, bytes};
}

}  // namespace

Outcome<std::unique_ptr<ServeResources>> serve_resources() {
  auto out = std::make_unique<ServeResources>();
  out->page_paths.reserve(embedded_files().size());  // pages hold views of them
  for (const EmbeddedFile& file : embedded_files()) {
    const auto [folder, name] = split_name(file.name);
    if (folder == "web") {
      out->page_paths.push_back("/" + std::string(name));
      out->pages.push_back({out->page_paths.back(), file.bytes});
    } else if (folder == "scenarios") {
      Outcome<Scenario> scenario = parse_scenario(file.bytes, name);
      if (!scenario) return scenario.error();
      out->scenarios.push_back({std::move(scenario).value()});
    } else if (folder == "studies") {
      out->studies.push_back(study_of(name, file.bytes));
    } else if (file.name == "formats/openapi.json") {
      out->openapi = file.bytes;
    }
  }
  for (ClaimScenario& arm : claim_scenarios())
    out->scenarios.push_back({std::move(arm.scenario), std::move(arm.claims)});
  std::ranges::stable_sort(out->studies, {},
                           [](const StudyDocument& study) { return rank_of_study(study.name); });
  return out;
}

}  // namespace faultline
