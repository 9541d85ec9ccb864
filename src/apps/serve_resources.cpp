#include "apps/serve_resources.hpp"

#include <array>
#include <utility>

#include "apps/embedded.hpp"

namespace faultline {
namespace {

// "web/index.html" is {"web", "index.html"}.
std::pair<std::string_view, std::string_view> split_name(std::string_view name) {
  const std::size_t at = name.find('/');
  return {name.substr(0, at), name.substr(at + 1)};
}

std::string_view title_of_study(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kTitles{{
      {"map_skill", "Does the map explain more than the price range?"},
      {"recovery", "How well are positions found that are known?"},
      {"claims", "Eight claims about liquidation maps"},
  }};
  for (const auto& [study, title] : kTitles) {
    if (study == name) return title;
  }
  return name;
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
      out->scenarios.push_back(std::move(scenario).value());
    } else if (folder == "studies") {
      const std::string_view study = name.substr(0, name.rfind('.'));
      out->studies.push_back({study, title_of_study(study), file.bytes});
    } else if (file.name == "formats/openapi.json") {
      out->openapi = file.bytes;
    }
  }
  return out;
}

}  // namespace faultline
