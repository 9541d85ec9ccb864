#include "serve/access.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>
#include <vector>

#include "core/time_text.hpp"
#include "store/archive.hpp"

namespace faultline {
namespace {

constexpr std::string_view kReader = "fl_reader";
constexpr std::string_view kOwner = "fl_owner";
constexpr std::string_view kOld = "fl_old";

UnixNanos at(std::string_view text) { return parse_time_text(text).value(); }
const UnixNanos kNow = at("2026-06-01T00:00:00Z");

std::string key_table(std::string_view name, std::string_view key, std::string_view rest) {
  return "[[key]]\nname = \"" + std::string(name) + "\"\nsha256 = \"" + sha256_of(key) + "\"\n" +
         std::string(rest) + "\n";
}

AccessPolicy policy() {
  const std::string toml =
      key_table("reader", kReader, "scopes = [\"read\"]") +
      key_table("owner", kOwner, "scopes = [\"read\", \"control\", \"lab\"]") +
      key_table("scraper", "fl_scraper", "scopes = \"metrics\"") +
      key_table("old", kOld, "scopes = [\"read\"]\nexpires = \"2026-05-31T23:59:59.5Z\"");
  return AccessPolicy::parse(toml, "keys.toml").value();
}

struct Ask {
  std::string_view host = "faultline.example:8080";
  std::vector<HttpHeader> headers = {};
  HttpMethod method = HttpMethod::kGet;
  std::string_view target = "/v1/map";
  std::string_view peer = "192.0.2.1";

  HttpRequest request() const {
    HttpRequest out;
    out.set_method(method);
    EXPECT_TRUE(out.set_target(target));
    out.add_header("Host", host);
    for (const HttpHeader& header : headers) out.add_header(header.name, header.value);
    out.set_peer(peer);
    return out;
  }
};

Ask with_key(std::string_view key) {
  return {.headers = {{"Authorization", "Bearer " + std::string(key)}}};
}

AccessOutcome outcome(const AccessPolicy& policy, const Ask& ask, Scope scope = Scope::kRead) {
  return policy.check(ask.request(), scope, kNow).outcome;
}

Diagnostic problem_of(std::string_view toml) {
  const auto read = AccessPolicy::parse(toml, "keys.toml");
  EXPECT_FALSE(read) << toml;
  return read ? Diagnostic{} : read.error();
}

// --- The file -----------------------------------------------------------------------------------

TEST(AccessFile, NamesFileKeyAndField) {
  const std::string scopes = "scopes = [\"read\"]";
  struct Case {
    std::string toml;
    Errc code;
    std::string field;
  };
  const std::string good = key_table("a", "1", scopes);
  const std::vector<Case> cases = {
      {good + key_table("a", "2", scopes), Errc::kDuplicate, "key[1].name"},
      {good + key_table("b", "1", scopes), Errc::kDuplicate, "key[1].sha256"},
      {good + key_table("b", "2", ""), Errc::kMissingField, "key[1].scopes"},
      {good + key_table("b", "2", "scopes = []"), Errc::kEmpty, "key[1].scopes"},
      {good + key_table("b", "2", "scopes = [\"write\"]"), Errc::kUnexpectedField, "key[1].scopes"},
      {good + key_table("b", "2", "scopes = [\"Read\"]"), Errc::kUnexpectedField, "key[1].scopes"},
      {good + key_table("b", "2", scopes + "\nexpires = \"soon\""), Errc::kBadTime,
       "key[1].expires"},
      {good + key_table("b", "2", scopes + "\nexpire = \"2026-01-01\""), Errc::kUnknownKey,
       "key[1].expire"},
      {good + key_table("b c", "2", scopes), Errc::kBadFormat, "key[1].name"},
      {good + key_table("", "2", scopes), Errc::kBadFormat, "key[1].name"},
      {good + "[[key]]\nname = \"b\"\n" + scopes, Errc::kMissingField, "key[1].sha256"},
      {good + "[[key]]\nname = \"b\"\nsha256 = \"" + std::string(63, 'a') + "\"\n" + scopes,
       Errc::kBadFormat, "key[1].sha256"},
      {good + "[[key]]\nname = \"b\"\nsha256 = \"" + std::string(64, 'g') + "\"\n" + scopes,
       Errc::kBadFormat, "key[1].sha256"},
  };
  for (const Case& at : cases) {
    const Diagnostic problem = problem_of(at.toml);
    EXPECT_EQ(problem.code, at.code) << describe(problem);
    EXPECT_EQ(problem.field, at.field) << describe(problem);
    EXPECT_EQ(problem.file, "keys.toml");
    EXPECT_GE(problem.line, 5U);
    const bool is_about_name = at.field == "key[1].name" && at.code == Errc::kBadFormat;
    EXPECT_EQ(problem.note.find("of key '") == std::string::npos, is_about_name)
        << describe(problem);
  }
}

TEST(AccessFile, IsNotOpenByMistake) {
  EXPECT_EQ(problem_of("").code, Errc::kMissingField);
  EXPECT_EQ(problem_of("# nothing\n").field, "key");
  EXPECT_EQ(problem_of("keys = 1").code, Errc::kUnknownKey);
  EXPECT_EQ(problem_of("[[key").code, Errc::kBadToml);
  EXPECT_TRUE(policy().has_keys());
  EXPECT_FALSE(AccessPolicy::open().has_keys());
}

TEST(AccessFile, NeverRepeatsWhatCouldBeAKey) {
  const std::string secret = "fl_c2VjcmV0";
  for (const std::string& toml :
       {"[[key]]\nname = \"a\"\nsha256 = \"" + secret + "\"\nscopes = [\"read\"]",
        "[[key]]\nname = \"a\"\nsha256 = [\"" + secret + "\"]\nscopes = [\"read\"]"}) {
    EXPECT_EQ(describe(problem_of(toml)).find(secret), std::string::npos) << toml;
  }
}

// --- Keys ---------------------------------------------------------------------------------------

TEST(Access, KnowsKeysTheirScopesAndTheirEnd) {
  const AccessPolicy keys = policy();
  EXPECT_EQ(outcome(keys, {}), AccessOutcome::kMissing);
  EXPECT_EQ(outcome(keys, with_key(kReader)), AccessOutcome::kAllowed);
  EXPECT_EQ(keys.check(with_key(kReader).request(), Scope::kRead, kNow).key_name, "reader");
  EXPECT_EQ(outcome(keys, with_key(kReader), Scope::kControl), AccessOutcome::kOutOfScope);
  EXPECT_EQ(outcome(keys, with_key(kReader), Scope::kMetrics), AccessOutcome::kAllowed);
  EXPECT_EQ(outcome(keys, with_key(kOwner), Scope::kLab), AccessOutcome::kAllowed);
  EXPECT_EQ(outcome(keys, with_key("fl_scraper"), Scope::kMetrics), AccessOutcome::kAllowed);
  EXPECT_EQ(outcome(keys, with_key("fl_scraper")), AccessOutcome::kOutOfScope);
  EXPECT_EQ(outcome(keys, with_key(kOld)), AccessOutcome::kExpired);
  const HttpRequest old = with_key(kOld).request();
  const UnixNanos end = at("2026-05-31T23:59:59.5Z");
  EXPECT_EQ(keys.check(old, Scope::kRead, end - Nanos(1)).outcome, AccessOutcome::kAllowed);
  EXPECT_EQ(keys.check(old, Scope::kRead, end).outcome, AccessOutcome::kExpired);
}

TEST(Access, RefusesWhatIsNearlyAKey) {
  const AccessPolicy keys = policy();
  for (const std::string_view key : {"", "fl_", "fl_reade", "fl_readerr", "FL_READER", "reader"}) {
    EXPECT_EQ(outcome(keys, with_key(key)), AccessOutcome::kWrong) << key;
  }
  // The digest is what the file holds: who has read it has no key.
  EXPECT_EQ(outcome(policy(), with_key(sha256_of(kReader))), AccessOutcome::kWrong);
  const Ask basic{.headers = {{"Authorization", "Basic fl_reader"}}};
  EXPECT_EQ(outcome(keys, basic), AccessOutcome::kMissing);
  const Ask in_url{.target = "/v1/map?key=fl_reader"};
  EXPECT_EQ(outcome(keys, in_url), AccessOutcome::kMissing);
  const Ask two{
      .headers = {{"Authorization", "Bearer fl_reader"}, {"Authorization", "Bearer fl_owner"}}};
  EXPECT_EQ(outcome(keys, two), AccessOutcome::kWrong);
  const Ask spelt{.headers = {{"authorization", "bEARER  fl_reader"}}};
  EXPECT_EQ(outcome(keys, spelt), AccessOutcome::kAllowed);
}

TEST(Access, TakesTheKeyOfAHandshake) {
  const AccessPolicy keys = policy();
  const Ask ask{.headers = {{"Sec-WebSocket-Protocol", "faultline, key.fl_reader"}}};
  EXPECT_EQ(outcome(keys, ask), AccessOutcome::kAllowed);
  EXPECT_EQ(subprotocol_of(ask.request()), "faultline");
  const Ask apart{.headers = {{"Sec-WebSocket-Protocol", "key.fl_reader"},
                              {"Sec-WebSocket-Protocol", "\tfaultline "}}};
  EXPECT_EQ(outcome(keys, apart), AccessOutcome::kAllowed);
  EXPECT_EQ(subprotocol_of(apart.request()), "faultline");
  const Ask wrong{.headers = {{"Sec-WebSocket-Protocol", "faultline,key.fl_,x"}}};
  EXPECT_EQ(outcome(keys, wrong), AccessOutcome::kWrong);
  const Ask without{.headers = {{"Sec-WebSocket-Protocol", "Faultline, keys.fl_reader,,"}}};
  EXPECT_EQ(outcome(keys, without), AccessOutcome::kMissing);
  EXPECT_EQ(subprotocol_of(without.request()), "");
}

TEST(Access, ScopesFollowMethodAndPath) {
  const auto scope = [](HttpMethod method, std::string_view target) {
    return scope_of(Ask{.method = method, .target = target}.request());
  };
  EXPECT_EQ(scope(HttpMethod::kGet, "/v1/lab/runs"), Scope::kRead);
  EXPECT_EQ(scope(HttpMethod::kHead, "/v1/clock"), Scope::kRead);
  EXPECT_EQ(scope(HttpMethod::kGet, "/metrics"), Scope::kMetrics);
  EXPECT_EQ(scope(HttpMethod::kPost, "/v1/clock"), Scope::kControl);
  EXPECT_EQ(scope(HttpMethod::kPost, "/v1/lab/runs"), Scope::kLab);
  EXPECT_EQ(scope(HttpMethod::kDelete, "/v1/lab/runs/1"), Scope::kLab);
  EXPECT_EQ(scope(HttpMethod::kPost, "/metrics"), Scope::kControl);
}

TEST(Access, LimitsWrongKeysOfAPeerAndNobodyElse) {
  const AccessPolicy keys = policy();
  Ask wrong = with_key("fl_wrong");
  for (int index = 0; index < AccessPolicy::kWrongKeysAMinute; ++index) {
    ASSERT_EQ(outcome(keys, wrong), AccessOutcome::kWrong) << index;
  }
  const Access limited = keys.check(wrong.request(), Scope::kRead, kNow);
  EXPECT_EQ(limited.outcome, AccessOutcome::kTooManyWrong);
  EXPECT_GT(limited.wait, std::chrono::seconds(5));
  EXPECT_LE(limited.wait, std::chrono::seconds(6));
  // A right key from the same address, which may be a proxy's; and no key at all.
  EXPECT_EQ(outcome(keys, with_key(kReader)), AccessOutcome::kAllowed);
  EXPECT_EQ(outcome(keys, {}), AccessOutcome::kMissing);
  wrong.peer = "192.0.2.2";
  EXPECT_EQ(outcome(keys, wrong), AccessOutcome::kWrong);
  wrong.peer = "192.0.2.1";
  EXPECT_EQ(keys.check(wrong.request(), Scope::kRead, kNow + Nanos(limited.wait.count())).outcome,
            AccessOutcome::kWrong);
  EXPECT_EQ(outcome(keys, wrong), AccessOutcome::kTooManyWrong);
}

TEST(Access, StrangersShareWhatIsLeftWhenThereAreTooMany) {
  const AccessPolicy keys = policy();
  Ask wrong = with_key("fl_wrong");
  std::string peer;
  const auto ask = [&](std::size_t index) {
    peer = "10." + std::to_string(index / 65'536) + "." + std::to_string(index / 256 % 256) + "." +
           std::to_string(index % 256);
    wrong.peer = peer;
    return outcome(keys, wrong);
  };
  for (std::size_t index = 0; index < AccessPolicy::kPeersMax + 10; ++index) {
    ASSERT_EQ(ask(index), AccessOutcome::kWrong) << index;
  }
  EXPECT_EQ(ask(AccessPolicy::kPeersMax + 10), AccessOutcome::kTooManyWrong);
  EXPECT_EQ(ask(0), AccessOutcome::kWrong);  // it was there before
  // One that is remembered is forgotten when its minute is over.
  const UnixNanos later = kNow + Nanos(120 * kSecond.value);
  EXPECT_EQ(keys.check(wrong.request(), Scope::kRead, later).outcome, AccessOutcome::kWrong);
}

// --- Browsers -----------------------------------------------------------------------------------

TEST(Access, WithoutKeysAnswersToLoopbackNamesAlone) {
  const AccessPolicy open = AccessPolicy::open();
  for (const std::string_view host : {"localhost", "LocalHost:8080", "127.0.0.1", "127.0.0.1:1",
                                      "127.1.2.255:65535", "[::1]", "[::1]:8080"}) {
    EXPECT_EQ(outcome(open, {.host = host}), AccessOutcome::kAllowed) << host;
  }
  for (const std::string_view host :
       {"", "evil.example", "localhost.evil.example", "localhost:80.evil", "127.0.0.1.evil.example",
        "127.0.0.256", "127.0.0", "127.0.0.01", "127.0.0.1.", "128.0.0.1", "0.0.0.0", "[::2]",
        "[::1", "[::1]x", "::1", "localhost:", "localhost:123456", "127.0.0.1:8080:80"}) {
    const bool is_empty_port = host == "localhost:";  // the standard lets it be empty
    EXPECT_EQ(outcome(open, {.host = host}),
              is_empty_port ? AccessOutcome::kAllowed : AccessOutcome::kForeignHost)
        << host;
  }
  EXPECT_EQ(outcome(policy(), {.host = "evil.example"}), AccessOutcome::kMissing);
}

TEST(Access, TakesItsOwnOriginInBothSchemes) {
  const AccessPolicy open = AccessPolicy::open();
  const auto ask = [&](std::string_view host, std::string_view origin) {
    return outcome(open, {.host = host, .headers = {{"Origin", std::string(origin)}}});
  };
  EXPECT_EQ(ask("localhost:8080", "http://localhost:8080"), AccessOutcome::kAllowed);
  EXPECT_EQ(ask("LOCALHOST:8080", "https://localhost:8080"), AccessOutcome::kAllowed);
  EXPECT_EQ(ask("localhost", "http://localhost"), AccessOutcome::kAllowed);
  EXPECT_EQ(ask("localhost:80", "http://localhost"), AccessOutcome::kAllowed);
  EXPECT_EQ(ask("localhost:443", "https://localhost"), AccessOutcome::kAllowed);
  for (const std::string_view origin :
       {"null", "", "http://evil.example", "http://localhost", "http://localhost:8081",
        "http://localhost:8080.evil.example", "http://localhost:8080/", "localhost:8080",
        "ftp://localhost:8080", "http://127.0.0.1:8080", "http://"}) {
    EXPECT_EQ(ask("localhost:8080", origin), AccessOutcome::kForeignOrigin) << origin;
  }
  EXPECT_EQ(ask("localhost:443", "http://localhost"), AccessOutcome::kForeignOrigin);
  const Ask two{.host = "localhost",
                .headers = {{"Origin", "http://localhost"}, {"Origin", "http://localhost"}}};
  EXPECT_EQ(outcome(open, two), AccessOutcome::kForeignOrigin);
  // A right key does not help a page of another site.
  Ask page = with_key(kReader);
  page.headers.push_back({"Origin", "https://evil.example"});
  EXPECT_EQ(outcome(policy(), page), AccessOutcome::kForeignOrigin);
}

std::string value_of(const std::vector<HttpHeader>& headers, std::string_view name) {
  for (const HttpHeader& header : headers) {
    if (header.name == name) return header.value;
  }
  return "absent";
}

TEST(Access, OpensToConfiguredOriginsAlone) {
  AccessPolicy keys = policy();
  Ask page = with_key(kReader);
  page.headers.push_back({"Origin", "https://chart.example"});
  EXPECT_TRUE(keys.cors_headers(page.request()).empty());
  ASSERT_TRUE(keys.allow_origin("https://chart.example"));
  EXPECT_EQ(outcome(keys, page), AccessOutcome::kAllowed);
  const auto headers = keys.cors_headers(page.request());
  EXPECT_EQ(value_of(headers, "Vary"), "Origin");
  EXPECT_EQ(value_of(headers, "Access-Control-Allow-Origin"), "https://chart.example");
  EXPECT_EQ(value_of(headers, "Access-Control-Allow-Credentials"), "absent");
  for (const std::string_view other : {"https://chart.example.evil", "http://chart.example"}) {
    page.headers.back().value = other;
    EXPECT_EQ(outcome(keys, page), AccessOutcome::kForeignOrigin) << other;
    const auto closed = keys.cors_headers(page.request());
    EXPECT_EQ(value_of(closed, "Access-Control-Allow-Origin"), "absent");
    EXPECT_EQ(value_of(closed, "Vary"), "Origin");
  }
}

TEST(Access, AnswersPreflightsOfConfiguredOriginsAlone) {
  AccessPolicy keys = policy();
  ASSERT_TRUE(keys.allow_origin("https://chart.example"));
  Ask ask{
      .headers = {{"Origin", "https://chart.example"}, {"Access-Control-Request-Method", "POST"}},
      .method = HttpMethod::kOptions};
  const auto answer = keys.answer_preflight(ask.request());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_TRUE(is_sendable(*answer));
  EXPECT_EQ(value_of(answer->headers, "Access-Control-Allow-Origin"), "https://chart.example");
  EXPECT_NE(value_of(answer->headers, "Access-Control-Allow-Headers").find("Authorization"),
            std::string::npos);
  ask.headers[0].value = "https://other.example";
  EXPECT_FALSE(keys.answer_preflight(ask.request()));
  ask.headers[0].value = "http://faultline.example:8080";  // its own needs none
  EXPECT_FALSE(keys.answer_preflight(ask.request()));
  ask.headers[0].value = "https://chart.example";
  ask.method = HttpMethod::kPost;
  EXPECT_FALSE(keys.answer_preflight(ask.request()));
  ask.method = HttpMethod::kOptions;
  ask.headers.pop_back();
  EXPECT_FALSE(keys.answer_preflight(ask.request()));
}

TEST(Access, TakesOriginsAsBrowsersWriteThem) {
  AccessPolicy keys = AccessPolicy::open();
  for (const std::string_view origin : {"https://a.example", "http://localhost:5173",
                                        "http://[::1]:8080", "https://a.example:80"}) {
    EXPECT_TRUE(keys.allow_origin(origin)) << origin;
  }
  for (const std::string_view origin :
       {"*", "null", "", "a.example", "https://", "https://a.example/", "https://A.example",
        "https://a.example:443", "http://a.example:80", "https://u@a.example", "https://a.example:",
        "https://*.example", "https://a.example:8080x", "https://a.example\r\nX: y"}) {
    EXPECT_EQ(keys.allow_origin(origin).error().code, Errc::kBadFormat) << origin;
  }
  for (std::size_t index = 4; index < AccessPolicy::kOriginsMax; ++index) {
    ASSERT_TRUE(keys.allow_origin("https://h" + std::to_string(index) + ".example"));
  }
  EXPECT_EQ(keys.allow_origin("https://b.example").error().code, Errc::kLimit);
  EXPECT_TRUE(keys.allow_origin("https://a.example"));
}

TEST(Access, RefusesWithStatusAndChallenge) {
  const auto refused = [](AccessOutcome outcome) {
    return answer_refused(HttpRequest(),
                          {.outcome = outcome, .wait = std::chrono::milliseconds(5'100)});
  };
  const HttpResponse missing = refused(AccessOutcome::kMissing);
  EXPECT_EQ(missing.status, 401);
  EXPECT_EQ(value_of(missing.headers, "WWW-Authenticate"), "Bearer realm=\"faultline\"");
  EXPECT_NE(missing.body->find("\"key_required\""), std::string::npos) << *missing.body;
  EXPECT_EQ(value_of(refused(AccessOutcome::kWrong).headers, "WWW-Authenticate"),
            "Bearer realm=\"faultline\", error=\"invalid_token\"");
  const HttpResponse scope = refused(AccessOutcome::kOutOfScope);
  EXPECT_EQ(scope.status, 403);
  EXPECT_EQ(value_of(scope.headers, "WWW-Authenticate"),
            "Bearer realm=\"faultline\", error=\"insufficient_scope\"");
  const HttpResponse many = refused(AccessOutcome::kTooManyWrong);
  EXPECT_EQ(many.status, 429);
  EXPECT_EQ(value_of(many.headers, "Retry-After"), "6");
  EXPECT_EQ(refused(AccessOutcome::kForeignHost).status, 421);
  EXPECT_EQ(refused(AccessOutcome::kForeignOrigin).status, 403);
  EXPECT_EQ(value_of(refused(AccessOutcome::kForeignOrigin).headers, "WWW-Authenticate"), "absent");
}

TEST(Access, BindsToTheLoopbackAloneWithoutKeys) {
  const AccessPolicy open = AccessPolicy::open();
  for (const std::string_view address : {"127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_TRUE(check_bind(address, open)) << address;
  }
  for (const std::string_view address :
       {"0.0.0.0", "::", "192.168.1.2", "127.0.0.1.2", "localhost", "", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(check_bind(address, open).error().code, Errc::kBadRequest) << address;
    EXPECT_TRUE(check_bind(address, policy())) << address;
  }
}

// --- New keys -----------------------------------------------------------------------------------

// "fl_" and 43 digits of base64url.
bool is_written_key(std::string_view key) {
  return key.size() == 46 && key.starts_with("fl_") &&
         key.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
             std::string_view::npos;
}

TEST(NewKey, IsReadBackAndNeverTheSame) {
  std::set<std::string> seen;
  for (int index = 0; index < 50; ++index) {
    const NewKey made = make_key({.name = "laptop",
                                  .scopes = {Scope::kRead, Scope::kLab},
                                  .expires = at("2026-07-01T00:00:00Z")})
                            .value();
    EXPECT_TRUE(is_written_key(made.key)) << made.key;
    EXPECT_TRUE(seen.insert(made.key).second);
    EXPECT_EQ(made.toml.find(made.key), std::string::npos);
    const AccessPolicy keys = AccessPolicy::parse(made.toml, "keys.toml").value();
    EXPECT_EQ(outcome(keys, with_key(made.key)), AccessOutcome::kAllowed);
    EXPECT_EQ(outcome(keys, with_key(made.key), Scope::kLab), AccessOutcome::kAllowed);
    EXPECT_EQ(outcome(keys, with_key(made.key), Scope::kControl), AccessOutcome::kOutOfScope);
    const HttpRequest late = with_key(made.key).request();
    EXPECT_EQ(keys.check(late, Scope::kRead, at("2026-07-02T00:00:00Z")).outcome,
              AccessOutcome::kExpired);
  }
}

// All 256 bits must be able to be both: a digit that never changes would be a lost one.
TEST(NewKey, UsesAllDigitsAtAllPlaces) {
  std::array<std::set<char>, 43> digits;
  for (int index = 0; index < 200; ++index) {
    const std::string key = make_key({.name = "a", .scopes = {Scope::kRead}}).value().key;
    for (std::size_t place = 0; place < digits.size(); ++place) {
      digits[place].insert(key[3 + place]);
    }
  }
  for (std::size_t place = 0; place + 1 < digits.size(); ++place) {
    EXPECT_GT(digits[place].size(), 45U) << place;
  }
  EXPECT_LE(digits.back().size(), 16U);  // four bits are left for it
  EXPECT_GT(digits.back().size(), 12U);
}

TEST(NewKey, IsRefusedWithoutNameOrScope) {
  EXPECT_EQ(make_key({.name = "", .scopes = {Scope::kRead}}).error().code, Errc::kBadFormat);
  EXPECT_EQ(make_key({.name = "a\"b", .scopes = {Scope::kRead}}).error().code, Errc::kBadFormat);
  EXPECT_EQ(make_key({.name = "a", .scopes = {}}).error().code, Errc::kEmpty);
}

}  // namespace
}  // namespace faultline
