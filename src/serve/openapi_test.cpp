#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "serve/documents.hpp"
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
    if (const JsonValue* ref = schema.find("$ref")) return mismatch(target(*ref), value, at);
    if (const JsonValue* any = schema.find("anyOf")) return none_of(*any, value, at);
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

 private:
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

const JsonValue& answer_schema(const JsonValue& operation, const char* status) {
  return *operation.find("responses")
              ->find(status)
              ->find("content")
              ->as_object()
              ->front()
              .value.find("schema");
}

TEST(OpenApi, DescribesEveryAnswer) {
  const std::map<std::string, std::string> queries{
      {"/v1/map", "?instrument={}"},
      {"/v1/heatmap", "?instrument={}&from=2025-12-01T01:00:00Z&to=2025-12-01T01:30:00Z"},
      {"/v1/series", "?instrument={}"},
      {"/v1/clusters", "?instrument={}"},
      {"/v1/liquidations", "?instrument={}"},
      {"/v1/scorecard", "?instrument={}"},
  };
  SchemaCheck check(openapi());
  std::size_t checked = 0;
  for (const JsonMember& path : *openapi().find("paths")->as_object()) {
    const JsonValue* get = path.value.find("get");
    if (get == nullptr || path.name == "/v1/heatmap/tile") continue;
    if (path.name.find('{') != std::string::npos) continue;
    const auto query = queries.find(path.name);
    const JsonValue body =
        served_market().get(path.name + (query == queries.end() ? "" : query->second));
    EXPECT_EQ(check.mismatch(answer_schema(*get, "200"), body, path.name), "");
    ++checked;
  }
  EXPECT_EQ(checked, 14U);
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

TEST(OpenApi, DescribesRunsProblemsAndStreams) {
  SchemaCheck check(openapi());
  const JsonValue& schemas = *openapi().find("components")->find("schemas");
  const auto expect = [&](const char* schema, const JsonValue& body) {
    EXPECT_EQ(check.mismatch(*schemas.find(schema), body, schema), "");
  };
  const Api& api = served_market().api();
  const JsonValue run = json_of(
      api.answer(post_of("/v1/lab/runs", R"({"scenario": "small", "hours": 1, "members": 2})")));
  expect("lab_run", run);
  const std::string path = "/v1/lab/runs/" + std::to_string(*run.find("id")->as_int());
  ASSERT_TRUE(
      wait_until([&] { return *served_market().get(path).find("status")->as_string() == "done"; }));
  expect("lab_run_whole", served_market().get(path));
  expect("clock", json_of(api.answer(post_of("/v1/clock", R"({"speed": 60})"))));
  expect("problem", json_of(api.answer(request_of("/v1/map"))));
  const MapHistory& history = served_market().runner().history();
  expect("column_update", column_update(history, *history.now()));
  expect("clusters", clusters_document(history, *history.now(), WithMoments::kNo));
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
  std::set<std::string> there;
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

}  // namespace
}  // namespace faultline
