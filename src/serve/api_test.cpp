#include "serve/api.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/time_text.hpp"
#include "serve/documents.hpp"
#include "serve/test_service.hpp"

namespace faultline {
namespace {

std::size_t length(const JsonValue& value, const char* name) {
  const JsonValue* found = value.find(name);
  EXPECT_NE(found, nullptr) << name;
  return found != nullptr && found->as_array() != nullptr ? found->as_array()->size() : 0;
}

int status_of_get(const std::string& target) {
  return served_market().api().answer(request_of(target)).status;
}

std::string problem_name(const HttpResponse& response) {
  EXPECT_EQ(response.content_type, "application/problem+json");
  const JsonValue body = json_of(response);
  EXPECT_EQ(body.find("status")->as_int(), response.status);
  return *body.find("name")->as_string();
}

TEST(Api, TellsTheSeriesThatAreServed) {
  const JsonValue body = served_market().get("/v1/instruments");
  const JsonValue& one = body.find("instruments")->as_array()->front();
  EXPECT_EQ(*one.find("id")->as_string(), "simulated:BTCUSDT");
  EXPECT_EQ(number(one, "column_interval_s"), 60.0);
  // Six hours of minutes, from the first one of which a step can be made.
  EXPECT_GE(number(one, "column_end"), 355.0);
  EXPECT_LE(number(one, "column_end"), 360.0);
  EXPECT_GT(length(one, "row_tiles"), 1U);
}

TEST(Api, GivesTheNewestColumnAndThoseOfThePast) {
  const JsonValue now = served_market().get("/v1/map?instrument={}");
  EXPECT_EQ(number(now, "index") + 1,
            number(served_market().get("/v1/instruments").find("instruments")->as_array()->front(),
                   "column_end"));
  ASSERT_NE(now.find("long")->find("density_interval"), nullptr);
  const JsonValue past = served_market().get("/v1/map?instrument={}&as_of=2025-12-01T02:30:30Z");
  EXPECT_EQ(*past.find("as_of")->as_string(), "2025-12-01T02:30:00Z");
  EXPECT_EQ(*past.find("header")->find("as_of")->as_string(), *now.find("as_of")->as_string());
  EXPECT_EQ(status_of_get("/v1/map?instrument=simulated:BTCUSDT&as_of=2025-11-01"), 404);
}

// What a tile says of a column is what the column says, within the width of a code.
TEST(Api, TilesAndColumnsSayTheSame) {
  MapHistory& history = served_market().runner().history();
  const auto now = history.now();
  const MapColumn& column = *now->column;
  const auto tile_size = static_cast<std::int64_t>(kTileSize);
  std::size_t compared = 0;
  for (std::int32_t row = history.row_tiles().first; row < history.row_tiles().end; ++row) {
    const std::string target = "/v1/heatmap/tile?instrument=simulated:BTCUSDT&column=" +
                               std::to_string(now->index / tile_size) +
                               "&row=" + std::to_string(row);
    const HttpResponse response = served_market().api().answer(request_of(target));
    ASSERT_EQ(response.status, 200);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(response.body->data());
    const auto tile = decode_tile({bytes, response.body->size()});
    ASSERT_TRUE(tile);
    const auto texel = static_cast<std::size_t>(now->index % tile_size);
    for (std::size_t i = 0; i < kTileSize; ++i) {
      const auto price_row = static_cast<std::int32_t>(row * tile_size + static_cast<int>(i));
      for (const Side side : {Side::kLong, Side::kShort}) {
        const double said =
            usd_of_code(tile->sides[index_of(side)].most[HeatmapTile::at(texel, i)]);
        const double usd = column.at(side, price_row);
        ASSERT_NEAR(said, usd, 0.006 * usd + 1.0);
        compared += usd > 1.0 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(compared, 100U);
}

TEST(Api, RemembersColumnsThatAreNotWholeByTheirTiles) {
  MapHistory& history = served_market().runner().history();
  const auto whole = history.column_at(history.now()->index - 10);
  ASSERT_TRUE(whole && whole->is_whole);
  EXPECT_EQ(whole->column->as_of, history.time_of(history.now()->index - 10));
  EXPECT_FALSE(history.column_at(-1));
}

TEST(Api, SumsTexelsOfALevel) {
  const JsonValue fine = served_market().get("/v1/series?instrument={}");
  const JsonValue coarse = served_market().get("/v1/series?instrument={}&level=4");
  const std::size_t columns = length(fine, "time");
  EXPECT_EQ(length(coarse, "time"), (columns + 15) / 16);
  EXPECT_EQ(length(fine, "high"), columns);
  EXPECT_EQ(length(*fine.find("printed_usd"), "long"), columns);
  const auto sum = [](const JsonValue& series, const char* name, const char* side) {
    double out = 0.0;
    for (const JsonValue& one : *series.find(name)->find(side)->as_array())
      out += one.as_double().value_or(0.0);
    return out;
  };
  for (const char* name : {"crossed_usd", "expected_liquidation_usd", "printed_usd"}) {
    for (const char* side : {"long", "short"}) {
      const double all = sum(fine, name, side);
      EXPECT_NEAR(sum(coarse, name, side), all, 0.01 * static_cast<double>(columns)) << name;
    }
  }
  EXPECT_GT(sum(fine, "printed_usd", "long") + sum(fine, "printed_usd", "short"), 1'000.0);
  // Every trade of the simulation tells who took, so that both are known in every column.
  for (const char* name : {"taker_buy_usd", "taker_sell_usd"}) {
    double bought = 0.0;
    for (const JsonValue& one : *fine.find(name)->as_array()) {
      ASSERT_TRUE(one.as_double()) << name;
      bought += *one.as_double();
    }
    EXPECT_GT(bought, 1e5) << name;
  }
  // An interval of a sum is not the sum of intervals.
  EXPECT_TRUE(coarse.find("liquidation_interval")
                  ->find("long")
                  ->find("low")
                  ->as_array()
                  ->front()
                  .is_null());
}

// A texel is told whole or not at all, wherever in it a question begins and ends.
TEST(Api, WidensTimesToWholeTexels) {
  const JsonValue all = served_market().get("/v1/series?instrument={}&level=4");
  const JsonValue part = served_market().get(
      "/v1/series?instrument={}&level=4&from=2025-12-01T02:05:00Z&to=2025-12-01T02:41:00Z");
  const auto& all_index = *all.find("index")->as_array();
  const auto& index = *part.find("index")->as_array();
  ASSERT_GE(index.size(), 3U);
  ASSERT_LE(index.size(), 4U);
  const auto at =
      static_cast<std::size_t>(std::ranges::find(all_index, index.front()) - all_index.begin());
  ASSERT_LT(at + index.size(), all_index.size());
  for (std::size_t i = 0; i < index.size(); ++i) {
    EXPECT_EQ(index[i], all_index[at + i]);
    for (const char* name : {"time", "open", "high", "low", "close", "taker_buy_usd"})
      EXPECT_EQ((*part.find(name)->as_array())[i], (*all.find(name)->as_array())[at + i]) << name;
    for (const char* name : {"crossed_usd", "printed_usd", "near_1_percent_usd"}) {
      const auto value = [&](const JsonValue& of, std::size_t k) {
        return (*of.find(name)->find("long")->as_array())[k];
      };
      EXPECT_EQ(value(part, i), value(all, at + i)) << name;
    }
  }
  const JsonValue none = served_market().get(
      "/v1/series?instrument={}&level=4&from=2025-12-01T02:05:00Z&to=2025-12-01T02:05:00Z");
  EXPECT_EQ(length(none, "time"), 0U);
}

// A block is all that is copied at a time; that it ends inside a texel is not seen.
TEST(Api, SumsTexelsBlockByBlock) {
  const MapHistory& history = served_market().runner().history();
  const auto texels = [&](std::size_t block) {
    TexelSums sums(4);
    std::size_t largest = 0;
    history.visit_entries(
        3, history.column_end(),
        [&](std::span<const SeriesEntry> some) {
          largest = std::max(largest, some.size());
          sums.add(some);
        },
        block);
    EXPECT_EQ(largest, std::min(block, static_cast<std::size_t>(history.column_end() - 3)));
    return write_json(series_document(history, sums.texels()));
  };
  EXPECT_EQ(texels(7), texels(MapHistory::kEntriesKept));
}

TEST(Api, AsksForTimesHalfOpen) {
  const JsonValue body = served_market().get(
      "/v1/series?instrument={}&from=2025-12-01T02:00:00Z&to=2025-12-01T02:05:00Z");
  const auto& times = *body.find("time")->as_array();
  ASSERT_EQ(times.size(), 5U);
  EXPECT_EQ(*times.front().as_string(), "2025-12-01T02:00:00Z");
  EXPECT_EQ(*times.back().as_string(), "2025-12-01T02:04:00Z");
  EXPECT_EQ(length(served_market().get("/v1/heatmap?instrument={}&from=2025-12-01T02:00:00Z&to="
                                       "2025-12-01T02:05:00Z"),
                   "columns"),
            5U);
}

TEST(Api, GivesPrintsNewestFirst) {
  const JsonValue body = served_market().get("/v1/liquidations?instrument={}&limit=5000");
  const auto& prints = *body.find("liquidations")->as_array();
  ASSERT_GT(prints.size(), 3U);
  for (std::size_t i = 1; i < prints.size(); ++i)
    EXPECT_GE(*prints[i - 1].find("time")->as_string(), *prints[i].find("time")->as_string());
  const double largest = number(prints.front(), "usd");
  const JsonValue few = served_market().get(
      "/v1/liquidations?instrument={}&min_usd=" + std::to_string(largest) + "&limit=2");
  EXPECT_LE(length(few, "liquidations"), 2U);
  for (const JsonValue& one : *few.find("liquidations")->as_array())
    EXPECT_GE(number(one, "usd"), largest - 0.01);
}

TEST(Api, ScoresHoursThatSumToTheWhole) {
  const JsonValue body = served_market().get("/v1/scorecard?instrument={}");
  double printed = 0.0;
  for (const JsonValue& hour : *body.find("hours")->as_array())
    printed += number(*hour.find("printed_usd"), "long");
  EXPECT_NEAR(number(*body.find("totals")->find("printed_usd"), "long"), printed, 0.1);
  EXPECT_EQ(number(*body.find("liquidation_intervals"), "nominal"), 0.8);
  EXPECT_GT(number(*body.find("liquidation_intervals"), "count"), 100.0);
  EXPECT_EQ(number(*body.find("columns"), "interval_s"), 60.0);
  EXPECT_EQ(*body.find("from")->as_string(), "2025-12-01T00:03:00Z");
  EXPECT_EQ(*body.find("to")->as_string(), *body.find("header")->find("as_of")->as_string());
}

TEST(Api, NamesTheFeedsBeforeThereIsAColumn) {
  const ServedMarket market(small_series());
  const JsonValue body = market.get("/v1/health");
  ASSERT_EQ(length(body, "feeds"), 1U);
  const JsonValue& feed = body.find("feeds")->as_array()->front();
  EXPECT_EQ(*feed.find("instrument")->as_string(), "simulated:BTCUSDT");
  EXPECT_TRUE(feed.find("age_s")->is_null());
  EXPECT_EQ(body.find("warm_up_share")->as_double(), 0.0);
  EXPECT_TRUE(served_market().get("/v1/health").find("warm_up_share")->is_null());
}

TEST(Api, SaysWhatIsWrong) {
  const Api& api = served_market().api();
  const auto name_of_get = [&](const char* target) {
    return problem_name(api.answer(request_of(target)));
  };
  EXPECT_EQ(name_of_get("/v1/map"), "missing_field");
  EXPECT_EQ(name_of_get("/v1/map?instrument=okx:BTC"), "unknown_instrument");
  EXPECT_EQ(name_of_get("/v1/map?instrument=simulated:BTCUSDT&as_of=noon"), "bad_time");
  EXPECT_EQ(name_of_get("/v1/series?instrument=simulated:BTCUSDT&level=13"), "out_of_range");
  EXPECT_EQ(name_of_get("/v1/series?instrument=simulated:BTCUSDT&level=x"), "not_a_number");
  EXPECT_EQ(name_of_get("/v1/liquidations?instrument=simulated:BTCUSDT&limit=0"), "out_of_range");
  EXPECT_EQ(name_of_get("/v1/liquidations?instrument=simulated:BTCUSDT&min_usd=nan"),
            "out_of_range");
  EXPECT_EQ(name_of_get("/v1/heatmap/tile?instrument=simulated:BTCUSDT&row=1"), "missing_field");
  EXPECT_EQ(name_of_get("/v1/heatmap/tile?instrument=simulated:BTCUSDT&row=1&column=0"), "no_data");
  EXPECT_EQ(name_of_get("/v1/nothing"), "not_found");
  EXPECT_EQ(status_of_get("/v1/nothing"), 404);
  HttpRequest put = request_of("/v1/clock");
  put.set_method(HttpMethod::kPut);
  const HttpResponse refused = api.answer(put);
  EXPECT_EQ(refused.status, 405);
  const auto allow = std::ranges::find(refused.headers, "Allow", &HttpHeader::name);
  ASSERT_NE(allow, refused.headers.end());
  EXPECT_EQ(allow->value, "GET, HEAD, POST");
}

TEST(Api, RevalidatesAndPacks) {
  HttpRequest request = request_of("/v1/instruments");
  request.add_header("Accept-Encoding", "br, gzip");
  const HttpResponse first = served_market().api().answer(request);
  const auto etag = std::ranges::find(first.headers, "ETag", &HttpHeader::name);
  ASSERT_NE(etag, first.headers.end());
  request.add_header("If-None-Match", etag->value);
  EXPECT_EQ(served_market().api().answer(request).status, 304);
  HttpRequest large = request_of("/v1/series?instrument=simulated:BTCUSDT");
  const std::size_t plain = served_market().api().answer(large).body->size();
  large.add_header("Accept-Encoding", "gzip");
  EXPECT_LT(served_market().api().answer(large).body->size(), plain / 3);
  HttpRequest no = request_of("/v1/series?instrument=simulated:BTCUSDT");
  no.add_header("Accept-Encoding", "gzip;q=0");
  EXPECT_EQ(served_market().api().answer(no).body->size(), plain);
}

// What is packed is another sequence of bytes, and has another strong ETag.
TEST(Api, TellsPackedFromPlain) {
  const auto answer = [&](const char* target, const char* accepted, const std::string& known) {
    HttpRequest request = request_of(target);
    request.add_header("Accept-Encoding", accepted);
    if (!known.empty()) request.add_header("If-None-Match", known);
    return served_market().api().answer(request);
  };
  const auto header = [](const HttpResponse& of, const char* name) {
    const auto found = std::ranges::find(of.headers, name, &HttpHeader::name);
    return found == of.headers.end() ? std::string() : found->value;
  };
  for (const char* target : {"/v1/series?instrument=simulated:BTCUSDT", "/v1/openapi.json"}) {
    const std::string packed = header(answer(target, "gzip", ""), "ETag");
    const std::string plain = header(answer(target, "identity", ""), "ETag");
    EXPECT_NE(packed, plain) << target;
    EXPECT_EQ(answer(target, "gzip", packed).status, 304);
    EXPECT_EQ(answer(target, "identity", plain).status, 304);
    EXPECT_EQ(answer(target, "gzip", plain).status, 200);
    EXPECT_EQ(answer(target, "identity", packed).status, 200);
    EXPECT_EQ(header(answer(target, "gzip", packed), "Vary"), "Accept-Encoding");
    EXPECT_EQ(header(answer(target, "gzip", packed), "ETag"), packed);
  }
}

TEST(Api, TellsWhatRestsInTheBookAndTheBasis) {
  const JsonValue series = served_market().get("/v1/series?instrument=simulated:BTCUSDT");
  const std::size_t last = length(series, "index") - 1;
  const auto newest = [&](const char* name) {
    return (*series.find(name)->as_array())[last].as_double();
  };
  for (const char* name : {"bid_depth_usd", "ask_depth_usd"}) {
    ASSERT_TRUE(newest(name)) << name;
    EXPECT_GT(*newest(name), 1e5) << name;
  }
  ASSERT_TRUE(newest("basis"));
  EXPECT_LT(std::abs(*newest("basis")), 0.02);
}

TEST(Api, KeepsPackedWhatDoesNotChange) {
  const auto answer = [](std::string_view target, std::string_view accepted) {
    HttpRequest request = request_of(target);
    request.add_header("Accept-Encoding", accepted);
    return served_market().api().answer(request);
  };
  for (const char* target : {"/v1/openapi.json", "/v1/studies/one"}) {
    for (const char* accepted : {"gzip", "identity"}) {
      const HttpResponse first = answer(target, accepted);
      EXPECT_EQ(first.status, 200);
      EXPECT_EQ(first.content_type, "application/json");
      EXPECT_EQ(first.body, answer(target, accepted).body) << target;  // the same bytes, not a copy
    }
  }
  EXPECT_EQ(*answer("/v1/openapi.json", "identity").body, served_market().openapi());
  EXPECT_LT(answer("/v1/openapi.json", "gzip").body->size(), served_market().openapi().size() / 3);
  EXPECT_EQ(*answer("/v1/studies/one", "gzip").body, "{\"a\": 1}");
}

TEST(Api, ReadsOrdersOfTheClock) {
  const Api& api = served_market().api();
  EXPECT_EQ(api.answer(post_of("/v1/clock", "{\"speed\": 5}")).status, 200);
  EXPECT_EQ(served_market().runner().state().speed, 5.0);
  EXPECT_EQ(problem_name(api.answer(post_of("/v1/clock", "{\"speed\": -1}"))), "out_of_range");
  EXPECT_EQ(problem_name(api.answer(post_of("/v1/clock", "{\"speed\": \"fast\"}"))),
            "out_of_range");
  EXPECT_EQ(problem_name(api.answer(post_of("/v1/clock", "{\"run_to\": 5}"))), "bad_time");
  EXPECT_EQ(problem_name(api.answer(post_of("/v1/clock", "{}"))), "missing_field");
  const HttpResponse unknown = api.answer(post_of("/v1/clock", R"({"speed": 7, "sped": 9})"));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(problem_name(unknown), "unexpected_field");
  EXPECT_EQ(*json_of(unknown).find("field")->as_string(), "sped");
  const HttpResponse past =
      api.answer(post_of("/v1/clock", R"({"speed": 7, "run_to": "2025-12-01T01:00:00Z"})"));
  EXPECT_EQ(past.status, 409);
  EXPECT_EQ(*json_of(past).find("field")->as_string(), "run_to");
  EXPECT_NE(json_of(past).find("detail")->as_string()->find("does not go back"), std::string::npos);
  const HttpResponse beyond = api.answer(post_of("/v1/clock", R"({"run_to": "2026-01-01"})"));
  EXPECT_EQ(beyond.status, 409);
  EXPECT_NE(json_of(beyond).find("detail")->as_string()->find("is over"), std::string::npos);
  EXPECT_EQ(served_market().runner().state().speed, 5.0);  // what is refused does nothing
  EXPECT_EQ(problem_name(api.answer(post_of("/v1/clock", "[]"))), "unexpected_field");
  EXPECT_EQ(problem_name(api.answer(post_of("/v1/clock", "{"))), "bad_json");
  HttpRequest form = request_of("/v1/clock");
  form.set_method(HttpMethod::kPost);
  form.append_body("{\"speed\": 5}");
  EXPECT_EQ(problem_name(api.answer(form)), "bad_format");
}

TEST(Api, RunsAnExperimentAndCancelsOne) {
  const Api& api = served_market().api();
  const HttpResponse taken = api.answer(post_of(
      "/v1/lab/runs",
      R"({"scenario": "small", "hours": 2, "members": 4, "values": {"holders.count": 200}})"));
  ASSERT_EQ(taken.status, 202) << *taken.body;
  const std::int64_t id = *json_of(taken).find("id")->as_int();
  const std::string path = "/v1/lab/runs/" + std::to_string(id);
  ASSERT_TRUE(
      wait_until([&] { return *served_market().get(path).find("status")->as_string() == "done"; }));
  const JsonValue run = served_market().get(path);
  EXPECT_EQ(number(run, "hours_done"), 2.0);
  EXPECT_EQ(length(*run.find("newest")->find("true_usd"), "long"), kRecoveryBinCount);
  EXPECT_GT(number(run, "share"), 0.999);

  const auto cancelled =
      json_of(api.answer(post_of("/v1/lab/runs", R"({"scenario": "small", "hours": 168})")));
  HttpRequest cancel =
      request_of("/v1/lab/runs/" + std::to_string(*cancelled.find("id")->as_int()));
  cancel.set_method(HttpMethod::kDelete);
  EXPECT_EQ(api.answer(cancel).status, 200);
  ASSERT_TRUE(wait_until([&] {
    const JsonValue body = served_market().get(std::string(cancel.path()));
    return *body.find("status")->as_string() == "cancelled";
  }));
}

TEST(Api, RefusesOrdersThatNoMarketCanBe) {
  const auto name_of_order = [](const char* body) {
    return problem_name(served_market().api().answer(post_of("/v1/lab/runs", body)));
  };
  EXPECT_EQ(name_of_order("{}"), "missing_field");
  EXPECT_EQ(name_of_order(R"({"scenario": "none"})"), "not_found");
  EXPECT_EQ(name_of_order(R"({"scenario": "small", "hours": 0})"), "out_of_range");
  EXPECT_EQ(name_of_order(R"({"scenario": "small", "members": 100000})"), "out_of_range");
  EXPECT_EQ(name_of_order(R"({"scenario": "small", "seed": -1})"), "unexpected_field");
  EXPECT_EQ(name_of_order(R"({"scenario": "small", "colour": 1})"), "unexpected_field");
  EXPECT_EQ(name_of_order(R"({"scenario": "small", "values": {"holders.colour": 1}})"),
            "unknown_key");
  EXPECT_EQ(name_of_order(R"({"scenario": "small", "values": {"holders.leverage_median": 1e9}})"),
            "out_of_range");
  EXPECT_EQ(status_of_get("/v1/lab/runs/999"), 404);
  EXPECT_EQ(status_of_get("/v1/lab/runs/x"), 404);
}

TEST(Documents, StreamsAColumnAsItsTileHasIt) {
  const MapHistory& history = served_market().runner().history();
  const auto now = history.now();
  const JsonValue update = column_update(history, *now);
  EXPECT_EQ(number(update, "column"), static_cast<double>(now->index));
  // Two bytes a row, in base64.
  const std::size_t rows = now->column->row_count();
  EXPECT_EQ(update.find("long")->find("codes")->as_string()->size(), (2 * rows + 2) / 3 * 4);
  EXPECT_EQ(number(*update.find("series"), "close"), now->span.candle.close);
}

}  // namespace
}  // namespace faultline
