#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/time_text.hpp"
#include "net/test_client.hpp"
#include "serve/documents.hpp"
#include "serve/map_service.hpp"
#include "serve/test_service.hpp"

// The OpenAPI document is held against the real answers.

namespace faultline {
namespace {

// The part of JSON Schema that the document uses; anything else in it fails the test.
class SchemaCheck {
 public:
  explicit SchemaCheck(const JsonValue& document) : document_(document) {}

  // What is wrong, with its place; empty when all is right.
  std::string mismatch(const JsonValue& schema, const JsonValue& value, const std::string& at) {
    if (std::string found = unknown_keyword(schema); !found.empty()) return at + ": " + found;
    if (const JsonValue* ref = schema.find("$ref")) return mismatch(target(*ref), value, at);
    if (const JsonValue* any = schema.find("anyOf")) {
      if (std::string found = none_of(*any, value, at); !found.empty()) return found;
    }
    if (std::string found = out_of_bounds(schema, value); !found.empty()) return at + ": " + found;
    if (const JsonValue* type = schema.find("type"); type != nullptr && !has_type(*type, value))
      return at + ": another type than " + write_json(*type) + ": " +
             write_json(value).substr(0, 80);
    if (const JsonValue* words = schema.find("enum")) {
      if (std::ranges::find(*words->as_array(), value) == words->as_array()->end())
        return at + ": no word of the enum: " + write_json(value);
    }
    if (value.as_object() != nullptr) return of_object(schema, value, at);
    if (value.as_array() == nullptr || schema.find("items") == nullptr) return "";
    for (std::size_t i = 0; i < value.as_array()->size(); ++i) {
      std::string found = mismatch(*schema.find("items"), (*value.as_array())[i],
                                   at + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
    return "";
  }

  // The first keyword that mismatch() would not look at; empty when there is none.
  static std::string unknown_keyword(const JsonValue& schema) {
    static const std::set<std::string> kKnown{"$ref",
                                              "anyOf",
                                              "type",
                                              "enum",
                                              "items",
                                              "properties",
                                              "additionalProperties",
                                              "minimum",
                                              "required",
                                              "maximum",
                                              "format",
                                              "description"};
    for (const JsonMember& member : *schema.as_object()) {
      if (!kKnown.contains(member.name)) return "the unknown keyword " + member.name;
    }
    const JsonValue* format = schema.find("format");
    if (format == nullptr || *format == JsonValue("date-time") || *format == JsonValue("binary"))
      return "";
    return "the unknown format " + write_json(*format);
  }

 private:
  static std::string out_of_bounds(const JsonValue& schema, const JsonValue& value) {
    const auto number = value.as_double();
    const JsonValue* least = schema.find("minimum");
    if (number && least != nullptr && *number < *least->as_double()) return "below the minimum";
    const JsonValue* most = schema.find("maximum");
    if (number && most != nullptr && *number > *most->as_double()) return "above the maximum";
    const JsonValue* format = schema.find("format");
    if (format == nullptr || value.as_string() == nullptr) return "";
    return *format == JsonValue("binary") || is_date_time(*value.as_string()) ? "" : "no date-time";
  }

  // As RFC 3339 writes UTC; parse_time_text() takes more.
  static bool is_date_time(const std::string& text) {
    return text.size() >= 20 && text[10] == 'T' && text.back() == 'Z' && parse_time_text(text);
  }

  const JsonValue& target(const JsonValue& ref) {
    const std::string& path = *ref.as_string();
    const JsonValue* found =
        document_.find("components")->find("schemas")->find(path.substr(path.rfind('/') + 1));
    EXPECT_NE(found, nullptr) << path;
    return *found;
  }

  std::string none_of(const JsonValue& schemas, const JsonValue& value, const std::string& at) {
    std::string all;
    for (const JsonValue& one : *schemas.as_array()) {
      const std::string found = mismatch(one, value, at);
      if (found.empty()) return "";
      all += found + "; ";
    }
    return all;
  }

  static bool has_type(const JsonValue& type, const JsonValue& value) {
    if (const auto* types = type.as_array())
      return std::ranges::any_of(*types, [&](const JsonValue& t) { return has_type(t, value); });
    const std::string& name = *type.as_string();
    if (name == "object") return value.as_object() != nullptr;
    if (name == "array") return value.as_array() != nullptr;
    if (name == "string") return value.as_string() != nullptr;
    if (name == "boolean") return value.as_bool().has_value();
    if (name == "integer") return value.as_int().has_value();
    if (name == "number") return value.as_double().has_value();
    return name == "null" && value.is_null();
  }

  std::string of_object(const JsonValue& schema, const JsonValue& value, const std::string& at) {
    const JsonValue* properties = schema.find("properties");
    if (const JsonValue* required = schema.find("required")) {
      for (const JsonValue& name : *required->as_array()) {
        if (value.find(*name.as_string()) == nullptr) return at + ": lacks " + *name.as_string();
      }
    }
    for (const JsonMember& member : *value.as_object()) {
      const std::string place = at + "." + member.name;
      const JsonValue* known = properties != nullptr ? properties->find(member.name) : nullptr;
      const JsonValue* other = schema.find("additionalProperties");
      if (known == nullptr && other != nullptr && other->as_object() != nullptr) known = other;
      if (known == nullptr && other != nullptr && other->as_bool() == false)
        return place + ": is not in the schema";
      if (known == nullptr) continue;
      std::string found = mismatch(*known, member.value, place);
      if (!found.empty()) return found;
    }
    return "";
  }

  const JsonValue& document_;
};

const JsonValue& openapi() {
  static const JsonValue document = parse_json(served_market().openapi()).value();
  return document;
}

// An answer as the API or a socket gave it.
struct Given {
  int status = 0;
  std::string content_type;
  std::string body;
};

Given given(const HttpResponse& response) {
  return {response.status, response.content_type, response.body ? *response.body : std::string()};
}

Given given(const TestResponse& response) {
  return {response.status, response.header("Content-Type"), response.body};
}

// Whether the document has that very status of the operation, and its body as it came.
void expect_described(const std::string& method, const std::string& path, const Given& answer) {
  const std::string at = method + " " + path + " " + std::to_string(answer.status);
  const JsonValue* response = openapi()
                                  .find("paths")
                                  ->find(path)
                                  ->find(method)
                                  ->find("responses")
                                  ->find(std::to_string(answer.status));
  ASSERT_NE(response, nullptr) << at << " " << answer.body;
  if (const JsonValue* ref = response->find("$ref")) {
    const std::string& name = *ref->as_string();
    response =
        openapi().find("components")->find("responses")->find(name.substr(name.rfind('/') + 1));
    ASSERT_NE(response, nullptr) << at;
  }
  const JsonValue* content = response->find("content");
  ASSERT_EQ(content == nullptr, answer.body.empty()) << at;
  if (content == nullptr) return;
  const std::string type = answer.content_type.substr(0, answer.content_type.find(';'));
  const JsonValue* of_type = content->find(type);
  ASSERT_NE(of_type, nullptr) << at << " " << type;
  if (!type.ends_with("json")) return;
  SchemaCheck check(openapi());
  EXPECT_EQ(check.mismatch(*of_type->find("schema"), parse_json(answer.body).value(), at), "");
}

struct Operation {
  std::string method;  // "get"
  std::string path;    // "/v1/lab/runs/{id}"

  // With something in the braces.
  std::string target() const {
    std::string out = path;
    const std::size_t begin = out.find('{');
    if (begin == std::string::npos) return out;
    return out.replace(begin, out.find('}') - begin + 1, path.ends_with("{id}") ? "99" : "none");
  }
  std::string request(const std::string& headers) const {
    std::string upper = method;
    for (char& letter : upper) letter = static_cast<char>(letter - 'a' + 'A');
    return upper + " " + target() + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n" +
           headers + "\r\n";
  }
  bool has_required_parameter() const {
    const JsonValue* parameters =
        openapi().find("paths")->find(path)->find(method)->find("parameters");
    if (parameters == nullptr || path.find('{') != std::string::npos) return false;
    return std::ranges::any_of(*parameters->as_array(), [](const JsonValue& one) {
      return one.find("required")->as_bool() == true;
    });
  }
};

std::vector<Operation> operations() {
  std::vector<Operation> out;
  for (const JsonMember& path : *openapi().find("paths")->as_object()) {
    for (const JsonMember& method : *path.value.as_object())
      out.push_back({method.name, path.name});
  }
  return out;
}

bool is_of_the_service(const Operation& operation) {
  return operation.path == "/v1/stream" || operation.path == "/metrics";
}

// What is asked of each path that is only read, and its second answer, which is known already.
TEST(OpenApi, DescribesEveryAnswer) {
  const std::string instrument = "?instrument=simulated:BTCUSDT";
  const HeatmapTiles::RowTiles rows = served_market().runner().history().row_tiles();
  const std::map<std::string, std::string> targets{
      {"/v1/map", "/v1/map" + instrument},
      {"/v1/heatmap",
       "/v1/heatmap" + instrument + "&from=2025-12-01T01:00:00Z&to=2025-12-01T01:30:00Z"},
      {"/v1/heatmap/tile",
       "/v1/heatmap/tile" + instrument + "&column=0&row=" + std::to_string(rows.first)},
      {"/v1/heatmap/cell", "/v1/heatmap/cell" + instrument + "&row=11400"},
      {"/v1/series", "/v1/series" + instrument},
      {"/v1/clusters", "/v1/clusters" + instrument},
      {"/v1/liquidations", "/v1/liquidations" + instrument},
      {"/v1/scorecard", "/v1/scorecard" + instrument},
      {"/v1/studies/{name}", "/v1/studies/one"},
  };
  std::size_t checked = 0;
  for (const Operation& operation : operations()) {
    if (operation.method != "get" || is_of_the_service(operation)) continue;
    if (operation.path.ends_with("{id}")) continue;
    const auto found = targets.find(operation.path);
    HttpRequest request = request_of(found == targets.end() ? operation.path : found->second);
    const HttpResponse answer = served_market().api().answer(request);
    EXPECT_EQ(answer.status, 200) << operation.path;
    expect_described("get", operation.path, given(answer));
    const auto etag = std::ranges::find(answer.headers, "ETag", &HttpHeader::name);
    ASSERT_NE(etag, answer.headers.end()) << operation.path;
    request.add_header("If-None-Match", etag->value);
    const HttpResponse again = served_market().api().answer(request);
    EXPECT_EQ(again.status, 304) << operation.path;
    expect_described("get", operation.path, given(again));
    ++checked;
  }
  EXPECT_EQ(checked, 17U);
  const HttpResponse part =
      served_market().api().answer(request_of("/v1/map" + instrument + "&part=age_4h"));
  EXPECT_EQ(part.status, 200);
  expect_described("get", "/v1/map", given(part));
}

TEST(OpenApi, DescribesWhatCannotBeAnswered) {
  const Api& api = served_market().api();
  std::map<int, int> counts;
  const auto expect = [&](const Operation& operation, const HttpRequest& request) {
    const HttpResponse answer = api.answer(request);
    expect_described(operation.method, operation.path, given(answer));
    ++counts[answer.status];
  };
  for (const Operation& operation : operations()) {
    if (operation.has_required_parameter()) {
      expect(operation, request_of(operation.path));
      expect(operation, request_of(operation.path + "?instrument=nobody&column=0&row=0"));
    } else if (operation.method == "post") {
      expect(operation, post_of(operation.path, "{}"));
    } else if (operation.path.ends_with('}')) {
      HttpRequest request = request_of(operation.target());
      request.set_method(operation.method == "get" ? HttpMethod::kGet : HttpMethod::kDelete);
      expect(operation, request);
    }
  }
  EXPECT_EQ(counts, (std::map<int, int>{{400, 10}, {404, 11}}));
  expect({"post", "/v1/lab/runs"}, post_of("/v1/lab/runs", R"({"scenario": "none"})"));
  EXPECT_EQ(counts[404], 12);
  expect({"post", "/v1/clock"}, post_of("/v1/clock", R"({"run_to": "2025-12-01T00:00:00Z"})"));
  EXPECT_EQ(counts[409], 1);
}

TEST(OpenApi, DescribesAServiceThatWarmsUp) {
  SchemaCheck check(openapi());
  const JsonValue& schemas = *openapi().find("components")->find("schemas");
  const ServedMarket market(small_series());
  for (const char* name : {"health", "clock"}) {
    const JsonValue body = market.get(std::string("/v1/") + name);
    EXPECT_EQ(check.mismatch(*schemas.find(name), body, name), "");
    EXPECT_EQ(body.find("warm_up_share")->as_double(), 0.0);
  }
}

TEST(OpenApi, DescribesRuns) {
  const Api& api = served_market().api();
  const auto start = [&](const char* order) {
    const Given answer = given(api.answer(post_of("/v1/lab/runs", order)));
    expect_described("post", "/v1/lab/runs", answer);
    return answer;
  };
  const auto path_of = [](const Given& run) {
    return "/v1/lab/runs/" + std::to_string(*parse_json(run.body).value().find("id")->as_int());
  };
  const Given run = start(R"({"scenario": "small", "hours": 1, "members": 2})");
  ASSERT_EQ(run.status, 202);
  ASSERT_TRUE(wait_until(
      [&] { return *served_market().get(path_of(run)).find("status")->as_string() == "done"; }));
  expect_described("get", "/v1/lab/runs/{id}", given(api.answer(request_of(path_of(run)))));
  // One runs and four wait; the next is too many.
  std::vector<std::string> paths;
  Given last;
  for (int i = 0; i < 6; ++i) {
    last = start(R"({"scenario": "small", "hours": 168, "members": 64})");
    if (last.status == 202) paths.push_back(path_of(last));
  }
  EXPECT_EQ(last.status, 409);
  for (const std::string& path : paths) {
    HttpRequest request = request_of(path);
    request.set_method(HttpMethod::kDelete);
    const Given cancelled = given(api.answer(request));
    EXPECT_EQ(cancelled.status, 200);
    expect_described("delete", "/v1/lab/runs/{id}", cancelled);
  }
}

TEST(OpenApi, DescribesTheClock) {
  const Api& api = served_market().api();
  expect_described("post", "/v1/clock",
                   given(api.answer(post_of("/v1/clock", R"({"speed": 60})"))));
}

ServiceOptions service_options() {
  ServiceOptions out;
  out.pace = {.speed = 0.0, .at_once_until = std::nullopt};
  out.openapi = "{}";
  return out;
}

std::unique_ptr<MapService> start_service(ServiceOptions options) {
  return MapService::start(small_series(), std::move(options)).value();
}

std::uint16_t port_of(const MapService& service) {
  const std::string url = service.url();
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

TEST(OpenApi, DescribesWhoIsNotLetIn) {
  ServiceOptions options = service_options();
  const NewKey metrics = make_key({.name = "m", .scopes = {Scope::kMetrics}}).value();
  const NewKey lab = make_key({.name = "l", .scopes = {Scope::kLab}}).value();
  options.access = AccessPolicy::parse(metrics.toml + lab.toml, "keys.toml").value();
  const auto service = start_service(std::move(options));
  TestClient client(port_of(*service));
  for (const Operation& operation : operations()) {
    const TestResponse keyless = client.ask(operation.request(""));
    EXPECT_EQ(keyless.status, 401) << operation.path;
    expect_described(operation.method, operation.path, given(keyless));
    const std::string& key = operation.path == "/metrics" ? lab.key : metrics.key;
    const TestResponse other =
        client.ask(operation.request("Authorization: Bearer " + key + "\r\n"));
    EXPECT_EQ(other.status, 403) << operation.path;
    expect_described(operation.method, operation.path, given(other));
  }
  expect_described(
      "get", "/metrics",
      given(client.ask(get_request("/metrics", "Authorization: Bearer " + metrics.key + "\r\n"))));
}

TEST(OpenApi, DescribesThatAServiceIsBusy) {
  ServiceOptions options = service_options();
  options.requests_waiting_max = 0;
  options.requests_per_second = 1;
  const auto service = start_service(std::move(options));
  std::set<int> statuses;
  int address = 2;
  for (const Operation& operation : operations()) {
    // Each path is asked by somebody else, who soon has asked too often.
    TestClient client(port_of(*service), 0, ("127.0.0." + std::to_string(address++)).c_str());
    TestResponse answer;
    for (int i = 0; i < 20 && answer.status != 429; ++i) {
      answer = client.ask(operation.request(""));
      expect_described(operation.method, operation.path, given(answer));
      statuses.insert(answer.status);
    }
    EXPECT_EQ(answer.status, 429) << operation.path;
    EXPECT_EQ(answer.header("Retry-After"), "1");
  }
  EXPECT_EQ(statuses, (std::set<int>{200, 426, 429, 503}));
}

// All four channels, what they begin with and what follows, and what cannot be done.
TEST(OpenApi, DescribesTheStream) {
  const auto service = start_service(service_options());
  TestClient client(port_of(*service));
  const TestResponse opened = client.upgrade("/v1/stream");
  ASSERT_EQ(opened.status, 101);
  expect_described("get", "/v1/stream", given(opened));
  SchemaCheck check(openapi());
  const JsonValue& schemas = *openapi().find("components")->find("schemas");
  const auto subscribe = [&](const std::string& channel) {
    const std::string command = R"({"op": "subscribe", "channel": ")" + channel +
                                R"(", "instrument": "simulated:BTCUSDT", "since": null})";
    EXPECT_EQ(
        check.mismatch(*schemas.find("stream_command"), parse_json(command).value(), "command"),
        "");
    EXPECT_TRUE(client.send(frame_of(1, command)));
  };
  std::set<std::string> seen;
  const auto read_until = [&](const std::set<std::string>& wanted) {
    while (!std::ranges::includes(seen, wanted)) {
      const TestFrame frame = client.receive_frame();
      ASSERT_EQ(frame.opcode, 1);
      const JsonValue message = parse_json(frame.payload).value();
      const std::string& kind = *message.find("kind")->as_string();
      const char* schema = kind == "problem" ? "stream_problem" : "stream_message";
      ASSERT_EQ(check.mismatch(*schemas.find(schema), message, schema), "");
      const JsonValue* channel = message.find("channel");
      const bool is_empty = message.find("data") == nullptr || message.find("data")->is_null();
      seen.insert((channel != nullptr ? *channel->as_string() + " " : "") + kind +
                  (is_empty ? "" : " with data"));
    }
  };
  for (const char* channel : {"map", "liquidations", "clusters", "health"}) subscribe(channel);
  EXPECT_TRUE(client.send(frame_of(1, R"({"op": "shout"})")));
  read_until({"map snapshot", "liquidations snapshot with data", "clusters snapshot",
              "health snapshot with data", "problem"});
  service->runner().run_to(kAllTime.to);
  read_until({"map delta with data", "liquidations delta with data", "clusters delta with data",
              "health delta with data"});
  subscribe("map");
  subscribe("clusters");
  read_until({"map snapshot with data", "clusters snapshot with data"});
}

TEST(OpenApi, NamesThePathsThatThereAre) {
  std::set<std::string> described;
  for (const JsonMember& path : *openapi().find("paths")->as_object()) {
    std::string name = path.name.substr(0, path.name.find('{'));
    for (const JsonMember& method : *path.value.as_object()) {
      std::string upper = method.name;
      for (char& letter : upper) letter = static_cast<char>(letter - 'a' + 'A');
      described.insert(upper + " " + name);
    }
  }
  std::set<std::string> there{"GET /v1/stream", "GET /metrics"};  // the service's own
  for (const Api::Named& one : Api::names())
    there.insert(std::string(name_of(one.method)) + " " + std::string(one.path));
  EXPECT_EQ(described, there);
}

// Swapping a number for a text must be seen, or the test above proves nothing.
TEST(OpenApi, WouldSeeAWrongAnswer) {
  SchemaCheck check(openapi());
  const JsonValue& clock = *openapi().find("components")->find("schemas")->find("clock");
  JsonValue body = served_market().get("/v1/clock");
  body.set("speed", "fast");
  EXPECT_NE(check.mismatch(clock, body, "clock"), "");
  body.set("speed", 1.0).set("colour", "red");
  EXPECT_NE(check.mismatch(clock, body, "clock"), "");
}

TEST(OpenApi, WouldSeeANumberOutOfBounds) {
  SchemaCheck check(openapi());
  const JsonValue schema = parse_json(R"({"type": "integer", "minimum": 2, "maximum": 4})").value();
  EXPECT_EQ(check.mismatch(schema, 2, ""), "");
  EXPECT_EQ(check.mismatch(schema, 4, ""), "");
  EXPECT_NE(check.mismatch(schema, 1, ""), "");
  EXPECT_NE(check.mismatch(schema, 5, ""), "");
}

TEST(OpenApi, WouldSeeAWrongTime) {
  SchemaCheck check(openapi());
  const JsonValue schema = parse_json(R"({"type": "string", "format": "date-time"})").value();
  EXPECT_EQ(check.mismatch(schema, "2025-12-01T00:00:00Z", ""), "");
  EXPECT_EQ(check.mismatch(schema, "2025-12-01T00:00:00.5Z", ""), "");
  for (const char* wrong : {"2025-12-01", "2025-12-01 00:00:00Z", "2025-13-01T00:00:00Z", "soon"})
    EXPECT_NE(check.mismatch(schema, wrong, ""), "") << wrong;
}

TEST(OpenApi, WouldSeeAKeywordThatIsNotLookedAt) {
  SchemaCheck check(openapi());
  for (const char* text :
       {R"({"type": "string", "pattern": "a+"})", R"({"type": "string", "format": "email"})"}) {
    const JsonValue schema = parse_json(text).value();
    EXPECT_NE(check.mismatch(schema, "a", ""), "") << text;
  }
}

// Of all schemas, whether or not some answer comes by.
void expect_known_keywords(const JsonValue& schema, const std::string& at) {
  EXPECT_EQ(SchemaCheck::unknown_keyword(schema), "") << at;
  for (const JsonMember& member : *schema.as_object()) {
    if (member.name == "properties") {
      for (const JsonMember& one : *member.value.as_object())
        expect_known_keywords(one.value, at + "." + one.name);
    } else if (member.name == "anyOf") {
      for (const JsonValue& one : *member.value.as_array()) expect_known_keywords(one, at);
    } else if (member.name == "items" ||
               (member.name == "additionalProperties" && member.value.as_object() != nullptr)) {
      expect_known_keywords(member.value, at + "." + member.name);
    }
  }
}

TEST(OpenApi, UsesOnlyKeywordsThatAreLookedAt) {
  for (const JsonMember& one : *openapi().find("components")->find("schemas")->as_object())
    expect_known_keywords(one.value, one.name);
}

}  // namespace
}  // namespace faultline
