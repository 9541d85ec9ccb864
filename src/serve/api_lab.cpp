#include <algorithm>
#include <array>
#include <charconv>
#include <variant>

#include "core/time_text.hpp"
#include "serve/answer.hpp"
#include "serve/api.hpp"
#include "serve/documents.hpp"
#include "serve/query.hpp"

// The paths of the lab.

namespace faultline {
namespace {

constexpr std::array kSides{Side::kLong, Side::kShort};

// What belongs on a screen: who is how much leveraged, how deep the book is, who reads the map and
// what news there is. All other fields are numbers in a list.
constexpr std::array<std::string_view, 14> kSliders{"value.daily_volatility",
                                                    "value.news_count",
                                                    "value.news_size",
                                                    "value.news_sign",
                                                    "makers.depth_usd_per_percent",
                                                    "makers.thinning",
                                                    "makers.resilience_half_life_s",
                                                    "holders.leverage_median",
                                                    "holders.leverage_spread",
                                                    "holders.long_bias",
                                                    "holders.crowding",
                                                    "readers.hunters",
                                                    "readers.avoider_share",
                                                    "readers.providers"};

JsonValue values_of(const std::vector<std::pair<std::string, double>>& values) {
  JsonValue out = JsonValue::object();
  for (const auto& [name, value] : values) out.set(name, value);
  return out;
}

JsonValue json_of_run(const LabRunState& run) {
  JsonValue out = JsonValue::object();
  out.set("id", run.id).set("scenario", run.order.scenario).set("seed", run.order.seed);
  out.set("hours", run.order.hours).set("members", run.order.members);
  out.set("values", values_of(run.order.values)).set("status", name_of(run.status));
  out.set("share", run.share);
  out.set("seconds_left", run.seconds_left ? JsonValue(*run.seconds_left) : JsonValue());
  return std::move(
      out.set("problem", run.problem ? JsonValue(describe(*run.problem)) : JsonValue()));
}

template <class ValueOf>
JsonValue array_of(const std::vector<ExperimentHour>& hours, const ValueOf& value_of) {
  JsonValue out = JsonValue::array();
  for (const ExperimentHour& hour : hours) out.push(value_of(hour));
  return out;
}

double near_sum(const RecoveryBins& bins) {
  double sum = 0.0;
  for (std::size_t bin = 0; bin < kRecoveryNearCount; ++bin) sum += bins[bin];
  return cents(sum);
}

JsonValue json_of_bins(const RecoveryBins& bins) {
  JsonValue out = JsonValue::array();
  for (const double usd : bins) out.push(cents(usd));
  return out;
}

JsonValue json_of_newest(const ExperimentHour& hour) {
  JsonValue out = JsonValue::object();
  out.set("time", to_text(hour.time)).set("mark", hour.mark).set("bin_log", kRecoveryBin);
  const auto sides = [](const RecoverySides& of) {
    JsonValue both = JsonValue::object();
    for (const Side side : kSides) both.set(name_of(side), json_of_bins(of[index_of(side)]));
    return both;
  };
  out.set("true_usd", sides(hour.truth)).set("mean", sides(hour.mean));
  return std::move(out.set("p10", sides(hour.p10)).set("p90", sides(hour.p90)));
}

void add_hours(const std::vector<ExperimentHour>& hours, JsonValue& out) {
  out.set("hours_done", hours.size());
  out.set("time", array_of(hours, [](const auto& h) { return JsonValue(to_text(h.time)); }));
  out.set("mark", array_of(hours, [](const auto& h) { return JsonValue(h.mark); }));
  out.set("open_interest_usd",
          array_of(hours, [](const auto& h) { return JsonValue(cents(h.open_interest_usd)); }));
  out.set("relative_l1", array_of(hours, [](const auto& h) {
            return h.relative_l1 ? JsonValue(*h.relative_l1) : JsonValue();
          }));
  const auto by_side_of = [&](const auto& usd_of) {
    JsonValue both = JsonValue::object();
    for (const Side side : kSides)
      both.set(name_of(side), array_of(hours, [&](const ExperimentHour& h) {
                 return JsonValue(usd_of(h, index_of(side)));
               }));
    return both;
  };
  using Hour = ExperimentHour;
  out.set("true_near_usd",
          by_side_of([](const Hour& h, std::size_t s) { return near_sum(h.truth[s]); }));
  out.set("near_usd", by_side_of([](const Hour& h, std::size_t s) { return near_sum(h.mean[s]); }));
  out.set("true_liquidated_usd",
          by_side_of([](const Hour& h, std::size_t s) { return cents(h.true_liquidated_usd[s]); }));
  out.set("printed_usd",
          by_side_of([](const Hour& h, std::size_t s) { return cents(h.printed_usd[s]); }));
  out.set("expected_liquidation_usd", by_side_of([](const Hour& h, std::size_t s) {
            return cents(h.expected_liquidation_usd[s]);
          }));
  out.set("newest", hours.empty() ? JsonValue() : json_of_newest(hours.back()));
}

bool is_whole(const ScenarioField& field) {
  MarketConfig config;
  const FieldPointer place = field.in(config, 0);
  return std::holds_alternative<std::uint32_t*>(place) ||
         std::holds_alternative<std::int64_t*>(place);
}

Outcome<std::uint64_t> id_of(const HttpRequest& request) {
  const std::string_view text =
      std::string_view(request.path()).substr(std::string_view("/v1/lab/runs/").size());
  std::uint64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size())
    return Diagnostic{.code = Errc::kNotFound, .field = "run", .value = std::string(text)};
  return id;
}

Diagnostic no_such_run(std::uint64_t id) {
  return {.code = Errc::kNotFound,
          .field = "run",
          .value = std::to_string(id),
          .note = "the last " + std::to_string(LabRuns::kRunsKept) + " are kept"};
}

Diagnostic unexpected(const std::string& field, const JsonValue& value) {
  return {.code = Errc::kUnexpectedField, .field = field, .value = write_json(value)};
}

Outcome<void> read_values(const JsonValue& values, LabOrder& order) {
  if (values.as_object() == nullptr) return unexpected("values", values);
  for (const JsonMember& member : *values.as_object()) {
    const auto value = member.value.as_double();
    if (!value) return unexpected("values." + member.name, member.value);
    order.values.emplace_back(member.name, *value);
  }
  return {};
}

Outcome<LabOrder> order_of(const JsonValue& body) {
  LabOrder out;
  bool has_scenario = false;
  for (const JsonMember& member : *body.as_object()) {
    const auto whole = member.value.as_int();
    if (member.name == "scenario" && member.value.as_string() != nullptr) {
      out.scenario = *member.value.as_string();
      has_scenario = true;
    } else if (member.name == "seed" && whole && *whole >= 0) {
      out.seed = static_cast<std::uint64_t>(*whole);
    } else if (member.name == "hours" && whole) {
      out.hours = *whole;
    } else if (member.name == "members" && whole && *whole >= 0) {
      out.members = static_cast<std::size_t>(*whole);
    } else if (member.name == "values") {
      if (const Outcome<void> done = read_values(member.value, out); !done) return done.error();
    } else {
      return unexpected(member.name, member.value);
    }
  }
  if (!has_scenario) return Diagnostic{.code = Errc::kMissingField, .field = "scenario"};
  return out;
}

}  // namespace

HttpResponse Api::lab_scenarios(const HttpRequest& request) const {
  JsonValue list = JsonValue::array();
  for (const LabScenario& of : config_.lab->scenarios()) {
    const Scenario& scenario = of.scenario;
    JsonValue values = JsonValue::object();
    for (const ScenarioField& field : scenario_fields())
      values.set(field_name(field), field_value(field, scenario.market));
    JsonValue one = JsonValue::object();
    one.set("name", scenario.name).set("about", scenario.about);
    one.set("venues", scenario.market.venues.size());
    JsonValue claims = JsonValue::array();
    for (const std::size_t number : of.claims) claims.push(number);
    one.set("claims", std::move(claims));
    list.push(std::move(one.set("values", std::move(values))));
  }
  return answer_json(request, JsonValue::object().set("scenarios", std::move(list)));
}

HttpResponse Api::lab_fields(const HttpRequest& request) const {
  const MarketConfig defaults;
  JsonValue list = JsonValue::array();
  for (const ScenarioField& field : scenario_fields()) {
    const std::string name = field_name(field);
    JsonValue one = JsonValue::object();
    one.set("name", name).set("about", field.about);
    one.set("least", field.least).set("most", field.most);
    one.set("default", field_value(field, defaults)).set("is_whole", is_whole(field));
    list.push(std::move(one.set("is_slider", std::ranges::find(kSliders, name) != kSliders.end())));
  }
  return answer_json(request, JsonValue::object().set("fields", std::move(list)));
}

HttpResponse Api::lab_runs(const HttpRequest& request) const {
  JsonValue list = JsonValue::array();
  for (const LabRunState& run : config_.lab->list()) list.push(json_of_run(run));
  return answer_json(request, JsonValue::object().set("runs", std::move(list)));
}

HttpResponse Api::lab_run(const HttpRequest& request) const {
  const Outcome<std::uint64_t> id = id_of(request);
  if (!id) return answer_problem(request, id.error(), 404);
  const auto run = config_.lab->find(*id);
  if (!run) return answer_problem(request, no_such_run(*id), 404);
  JsonValue out = json_of_run(*run);
  add_hours(run->hours, out);
  return answer_json(request, out);
}

HttpResponse Api::start_lab_run(const HttpRequest& request) const {
  const Outcome<JsonValue> body = json_body(request);
  if (!body) return answer_problem(request, body.error());
  const Outcome<LabOrder> order = order_of(*body);
  if (!order) return answer_problem(request, order.error());
  const Outcome<std::uint64_t> id = config_.lab->start(*order);
  if (!id) {
    const bool is_full = id.error().code == Errc::kLimit;
    return is_full ? answer_problem(request, id.error(), 409) : answer_problem(request, id.error());
  }
  const auto run = config_.lab->find(*id);
  HttpResponse out = HttpResponse::of(202, "application/json",
                                      write_json(run ? json_of_run(*run) : JsonValue::object()));
  out.headers.push_back({"Location", "/v1/lab/runs/" + std::to_string(*id)});
  return out;
}

HttpResponse Api::cancel_lab_run(const HttpRequest& request) const {
  const Outcome<std::uint64_t> id = id_of(request);
  if (!id) return answer_problem(request, id.error(), 404);
  if (!config_.lab->cancel(*id)) return answer_problem(request, no_such_run(*id), 404);
  const auto run = config_.lab->find(*id);
  return answer_json(request, run ? json_of_run(*run) : JsonValue::object());
}

}  // namespace faultline
