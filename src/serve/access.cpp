#include "serve/access.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>

#include "base/check.hpp"
#include "base/entropy.hpp"
#include "core/time_text.hpp"
#include "net/peers.hpp"
#include "serve/answer.hpp"
#include "store/archive.hpp"
#include "text/config.hpp"

namespace faultline {
namespace {

using std::chrono::nanoseconds;

constexpr std::array<std::string_view, kScopeCount> kScopes = {"read", "metrics", "control", "lab"};
constexpr std::string_view kKeyPrefix = "fl_";
constexpr std::string_view kKeyProtocolPrefix = "key.";
constexpr std::string_view kProtocol = "faultline";
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kShaDigits = 64;

struct OutcomeRow {
  AccessOutcome outcome;
  std::string_view name;
  int status;
  Errc code;
  std::string_view note;
};
constexpr std::array kOutcomes{
    OutcomeRow{AccessOutcome::kAllowed, "allowed", 200, Errc::kKeyRequired, ""},
    OutcomeRow{AccessOutcome::kMissing, "missing", 401, Errc::kKeyRequired, "none was given"},
    OutcomeRow{AccessOutcome::kWrong, "wrong", 401, Errc::kKeyRequired, "this one is unknown"},
    OutcomeRow{AccessOutcome::kExpired, "expired", 401, Errc::kKeyRequired, "this one has expired"},
    OutcomeRow{AccessOutcome::kTooManyWrong, "too_many_wrong", 429, Errc::kTooOften,
               "too many unknown keys from your address"},
    OutcomeRow{AccessOutcome::kOutOfScope, "out_of_scope", 403, Errc::kNotAllowed, ""},
    OutcomeRow{AccessOutcome::kForeignOrigin, "foreign_origin", 403, Errc::kForeignSource,
               "pages of this origin may not ask"},
    OutcomeRow{AccessOutcome::kForeignHost, "foreign_host", 421, Errc::kForeignSource,
               "without keys the service answers to localhost, 127.0.0.1 and [::1] alone"},
};
static_assert(kOutcomes.size() == kAccessOutcomeCount);
static_assert([] {
  for (std::size_t index = 0; index < kOutcomes.size(); ++index) {
    if (static_cast<std::size_t>(kOutcomes[index].outcome) != index) return false;
  }
  return true;
}());

const OutcomeRow& row_of(AccessOutcome outcome) {
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

struct Key {
  std::string name;
  std::string sha256;
  std::array<bool, kScopeCount> scopes{};
  std::optional<UnixNanos> expires;

  bool allows(Scope scope) const {
    if (scope == Scope::kMetrics && scopes[static_cast<std::size_t>(Scope::kRead)]) return true;
    return scopes[static_cast<std::size_t>(scope)];
  }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view front) {
  return equals_ignoring_case(text.substr(0, front.size()), front);
}

// --- The file -----------------------------------------------------------------------------------

// About a field of a key, with its name; never with a value, which could be the key itself.
Diagnostic complain(const Config& table, std::string_view field, const std::string& name, Errc code,
                    std::string note) {
  if (!name.empty()) note = "of key '" + name + "'" + (note.empty() ? "" : ": ") + note;
  return table.complain(code, field, std::move(note));
}

Diagnostic with_name(Diagnostic problem, const std::string& name) {
  problem.value.clear();
  problem.note = "of key '" + name + "'" + (problem.note.empty() ? "" : ": ") + problem.note;
  return problem;
}

Outcome<void> read_scopes(const Config& table, Key& key) {
  const auto scopes = table.texts("scopes");
  if (!scopes) return with_name(scopes.error(), key.name);
  if (scopes->empty()) return complain(table, "scopes", key.name, Errc::kEmpty, "");
  for (const std::string& scope : *scopes) {
    const auto* found = std::ranges::find(kScopes, std::string_view(scope));
    if (found == kScopes.end()) {
      return complain(table, "scopes", key.name, Errc::kUnexpectedField,
                      "there is no scope '" + scope.substr(0, kNameBytesMax) +
                          "', only read, metrics, control and lab");
    }
    key.scopes[static_cast<std::size_t>(found - kScopes.begin())] = true;
  }
  return {};
}

Outcome<void> read_sha256(const Config& table, Key& key) {
  const auto digits = table.text("sha256");
  if (!digits) return with_name(digits.error(), key.name);
  if (digits->starts_with(kKeyPrefix)) {
    return complain(table, "sha256", key.name, Errc::kBadFormat,
                    "this looks like the key itself; the file holds its SHA-256");
  }
  key.sha256 = lower(*digits);
  const bool is_hex =
      std::ranges::all_of(key.sha256, [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
  if (key.sha256.size() == kShaDigits && is_hex) return {};
  return complain(table, "sha256", key.name, Errc::kBadFormat, "64 hexadecimal digits are needed");
}

Outcome<Key> read_key(const Config& table) {
  Key key;
  const auto name = table.text("name");
  if (!name) return name.error();
  if (!is_key_name(*name)) {
    return complain(table, "name", "", Errc::kBadFormat,
                    "1 to 64 letters, digits, '-', '_' and '.' are needed");
  }
  key.name = *name;
  const Outcome<void> only = table.only({"name", "sha256", "scopes", "expires"});
  if (!only) return with_name(only.error(), key.name);
  const Outcome<void> sha256 = read_sha256(table, key);
  if (!sha256) return sha256.error();
  const Outcome<void> scopes = read_scopes(table, key);
  if (!scopes) return scopes.error();
  if (!table.has("expires")) return key;
  const auto expires = table.text("expires");
  if (!expires) return with_name(expires.error(), key.name);
  const Result<UnixNanos> time = parse_time_text(*expires);
  if (!time) return complain(table, "expires", key.name, Errc::kBadTime, "");
  key.expires = *time;
  return key;
}

Outcome<std::vector<Key>> read_keys(const Config& config) {
  const Outcome<void> only = config.only({"key"});
  if (!only) return only.error();
  const auto tables = config.tables("key");
  if (!tables) return tables.error();
  // A file without keys would open the service to everybody.
  if (tables->empty()) return config.complain(Errc::kMissingField, "key", "no [[key]] is there");
  if (tables->size() > AccessPolicy::kKeysMax) return config.complain(Errc::kLimit, "key");
  std::vector<Key> keys;
  for (const Config& table : *tables) {
    Outcome<Key> key = read_key(table);
    if (!key) return key.error();
    for (const Key& other : keys) {
      if (other.name == key->name) {
        return complain(table, "name", key->name, Errc::kDuplicate, "");
      }
      if (other.sha256 == key->sha256) {
        return complain(table, "sha256", key->name, Errc::kDuplicate,
                        "'" + other.name + "' has the same");
      }
    }
    keys.push_back(std::move(key).value());
  }
  return keys;
}

// --- What a request tells -----------------------------------------------------------------------

// The only header of that name. Two are as bad as a wrong one: it is told apart by `count`.
struct SingleHeader {
  std::string_view value;
  int count = 0;
};
SingleHeader single_header(const HttpRequest& request, std::string_view name) {
  SingleHeader out;
  for (std::size_t index = 0; index < request.header_count(); ++index) {
    if (!equals_ignoring_case(request.header_name(index), name)) continue;
    out.value = request.header_value(index);
    ++out.count;
  }
  return out;
}

// Calls `take` with every subprotocol that is offered, in their order, until it returns true.
template <class Take>
bool find_protocol(const HttpRequest& request, const Take& take) {
  for (std::size_t index = 0; index < request.header_count(); ++index) {
    if (!equals_ignoring_case(request.header_name(index), "Sec-WebSocket-Protocol")) continue;
    std::string_view list = request.header_value(index);
    while (!list.empty()) {
      const std::size_t end = std::min(list.find(','), list.size());
      std::string_view word = list.substr(0, end);
      list.remove_prefix(std::min(end + 1, list.size()));
      while (!word.empty() && (word.front() == ' ' || word.front() == '\t')) word.remove_prefix(1);
      while (!word.empty() && (word.back() == ' ' || word.back() == '\t')) word.remove_suffix(1);
      if (take(word)) return true;
    }
  }
  return false;
}

// The key that is shown, if one is.
std::optional<std::string_view> key_of(const HttpRequest& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const SingleHeader header = single_header(request, "Authorization");
  if (header.count > 1) return "";  // whose is it?
  if (header.count == 1 && starts_with_ignoring_case(header.value, kBearer)) {
    std::string_view key = header.value.substr(kBearer.size());
    while (key.starts_with(' ')) key.remove_prefix(1);
    return key;
  }
  std::optional<std::string_view> key;
  find_protocol(request, [&](std::string_view word) {
    if (word.starts_with(kKeyProtocolPrefix)) key = word.substr(kKeyProtocolPrefix.size());
    return key.has_value();
  });
  return key;
}

// "name" of "name:port", with the brackets of an IPv6 address; empty where it is neither.
std::string_view name_of_host(std::string_view host) {
  const std::size_t name_end =
      host.starts_with('[') ? host.find(']') + 1 : std::min(host.find(':'), host.size());
  const std::string_view port = host.substr(name_end);
  const bool is_port = port.empty() || (port.front() == ':' && port.size() <= 6 &&
                                        std::all_of(port.begin() + 1, port.end(), is_digit));
  return is_port ? host.substr(0, name_end) : std::string_view();
}

// 127.a.b.c with numbers that have no other reading.
bool is_loopback_ipv4(std::string_view text) {
  int parts = 0;
  while (parts < 4) {
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::string_view part = text.substr(0, end);
    const bool is_number =
        !part.empty() && part.size() <= 3 && std::all_of(part.begin(), part.end(), is_digit) &&
        (part.size() == 1 || part.front() != '0') && (part.size() < 3 || part <= "255");
    if (!is_number || (parts == 0 && part != "127")) return false;
    ++parts;
    if (end == text.size()) return parts == 4;
    text.remove_prefix(end + 1);
  }
  return false;
}

bool is_loopback_host(std::string_view host) {
  const std::string_view name = name_of_host(host);
  return equals_ignoring_case(name, "localhost") || name == "[::1]" || is_loopback_ipv4(name);
}

// Whether `origin` is a page of the service itself, which the client knows under the name `host`.
// Behind a proxy the scheme is the proxy's, so both are right.
bool is_own_origin(std::string_view origin, std::string_view host) {
  for (const auto& [scheme, usual_port] :
       {std::pair<std::string_view, std::string_view>{"http://", ":80"}, {"https://", ":443"}}) {
    if (!starts_with_ignoring_case(origin, scheme)) continue;
    const bool has_usual = host.ends_with(usual_port);
    const std::string_view own = host.substr(0, host.size() - (has_usual ? usual_port.size() : 0));
    return !own.empty() && equals_ignoring_case(origin.substr(scheme.size()), own);
  }
  return false;
}

// As browsers write one: in small letters, without the usual port, a path or a user.
bool is_written_origin(std::string_view origin) {
  std::string_view usual_port = ":80";
  if (origin.starts_with("https://")) usual_port = ":443";
  if (!origin.starts_with("http://") && !origin.starts_with("https://")) return false;
  const std::string_view host = origin.substr(origin.find("//") + 2);
  const std::string_view name = name_of_host(host);
  return !name.empty() && !host.ends_with(':') && !host.ends_with(usual_port) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || is_digit(c) ||
                  std::string_view("-._[]:").find(c) != std::string_view::npos;
         });
}

// --- Peers with wrong keys ----------------------------------------------------------------------

// Thread safety: all functions from any thread. Memory: kPeersMax buckets.
class WrongKeys {
 public:
  // One more wrong key: how long the peer is to wait, if it had too many.
  std::optional<nanoseconds> take(std::string_view peer, nanoseconds now) {
    const PeerKey key = peer_key_of(peer);
    const std::scoped_lock lock(mutex_);
    auto found = peers_.find(key);
    if (found == peers_.end()) {
      if (peers_.size() >= AccessPolicy::kPeersMax) forget_full(now);
      if (peers_.size() >= AccessPolicy::kPeersMax) return strangers_.take(now);
      found = peers_.emplace(key, new_bucket()).first;
    }
    return found->second.take(now);
  }

 private:
  static TokenBucket new_bucket() {
    constexpr double kBurst = AccessPolicy::kWrongKeysAMinute;
    return {kBurst / 60, kBurst};
  }

  // At most once a second: the walk must not be what an attacker buys with each request.
  void forget_full(nanoseconds now) {
    if (now >= walked_at_ && now - walked_at_ < std::chrono::seconds(1)) return;
    walked_at_ = now;
    std::erase_if(peers_, [now](const auto& entry) { return entry.second.is_full(now); });
  }

  std::mutex mutex_;
  std::unordered_map<PeerKey, TokenBucket, HashPeerKey> peers_;
  TokenBucket strangers_ = new_bucket();
  nanoseconds walked_at_{0};
};

}  // namespace

std::string_view name_of(Scope scope) { return kScopes[static_cast<std::size_t>(scope)]; }
std::string_view name_of(AccessOutcome outcome) { return row_of(outcome).name; }

Scope scope_of(const HttpRequest& request) {
  const bool only_reads =
      request.method() == HttpMethod::kGet || request.method() == HttpMethod::kHead;
  if (only_reads) return request.path() == "/metrics" ? Scope::kMetrics : Scope::kRead;
  return request.path().starts_with("/v1/lab/") ? Scope::kLab : Scope::kControl;
}

HttpResponse answer_refused(const HttpRequest& request, const Access& access) {
  FAULTLINE_CHECK(!access.is_allowed());
  const OutcomeRow& row = row_of(access.outcome);
  HttpResponse out =
      answer_problem(request, {.code = row.code, .note = std::string(row.note)}, row.status);
  out.headers.push_back({"Cache-Control", "no-store"});
  if (row.status == 401 || access.outcome == AccessOutcome::kOutOfScope) {
    std::string challenge = "Bearer realm=\"faultline\"";
    if (row.status == 403) challenge += ", error=\"insufficient_scope\"";
    if (row.status == 401 && access.outcome != AccessOutcome::kMissing) {
      challenge += ", error=\"invalid_token\"";
    }
    out.headers.push_back({"WWW-Authenticate", std::move(challenge)});
  } else if (access.outcome == AccessOutcome::kTooManyWrong) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(access.wait).count();
    out.headers.push_back({"Retry-After", std::to_string(std::max<std::int64_t>(seconds, 1))});
  }
  return out;
}

// --- AccessPolicy -------------------------------------------------------------------------------

class AccessPolicy::Impl {
 public:
  explicit Impl(std::vector<Key> own_keys) : keys(std::move(own_keys)) {}

  // Null where nobody has it. All are compared to their end: how long it takes tells nothing.
  const Key* find(std::string_view text) const {
    const std::string digits = sha256_of(text);
    const Key* found = nullptr;
    for (const Key& key : keys) {
      unsigned difference = 0;
      for (std::size_t at = 0; at < kShaDigits; ++at) {
        difference |= static_cast<unsigned char>(digits[at] ^ key.sha256[at]);
      }
      found = difference == 0 ? &key : found;
    }
    return found;
  }

  bool is_configured(std::string_view origin) const {
    return std::ranges::find(origins, origin) != origins.end();
  }

  const std::vector<Key> keys;
  std::vector<std::string> origins;
  WrongKeys wrong_keys;
};

AccessPolicy::AccessPolicy(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AccessPolicy::AccessPolicy(AccessPolicy&&) noexcept = default;
AccessPolicy& AccessPolicy::operator=(AccessPolicy&&) noexcept = default;
AccessPolicy::~AccessPolicy() = default;

Outcome<AccessPolicy> AccessPolicy::parse(std::string_view toml, const std::string& file) {
  const Outcome<Config> config = parse_toml(toml, file);
  if (!config) {
    Diagnostic problem = config.error();
    problem.value.clear();
    return problem;
  }
  Outcome<std::vector<Key>> keys = read_keys(*config);
  if (!keys) return keys.error();
  return AccessPolicy(std::make_unique<Impl>(std::move(keys).value()));
}

AccessPolicy AccessPolicy::open() {
  return AccessPolicy(std::make_unique<Impl>(std::vector<Key>()));
}

Outcome<void> AccessPolicy::allow_origin(std::string_view origin) {
  Diagnostic problem{.code = Errc::kBadFormat, .field = "origin", .value = std::string(origin)};
  if (!is_written_origin(origin)) {
    problem.note = "an origin is written https://example.org or http://localhost:5173";
    return problem;
  }
  if (impl_->is_configured(origin)) return {};
  if (impl_->origins.size() >= kOriginsMax) {
    problem.code = Errc::kLimit;
    return problem;
  }
  impl_->origins.emplace_back(origin);
  return {};
}

bool AccessPolicy::has_keys() const { return !impl_->keys.empty(); }

Access AccessPolicy::check_source(const HttpRequest& request) const {
  const std::string_view host = single_header(request, "Host").value;
  if (!has_keys() && !is_loopback_host(host)) return {.outcome = AccessOutcome::kForeignHost};
  const SingleHeader origin = single_header(request, "Origin");
  if (origin.count == 0) return {};
  const bool is_known = origin.count == 1 &&
                        (is_own_origin(origin.value, host) || impl_->is_configured(origin.value));
  return {.outcome = is_known ? AccessOutcome::kAllowed : AccessOutcome::kForeignOrigin};
}

Access AccessPolicy::check(const HttpRequest& request, Scope scope, UnixNanos now) const {
  Access source = check_source(request);
  if (!source.is_allowed() || !has_keys()) return source;
  const std::optional<std::string_view> shown = key_of(request);
  if (!shown) return {.outcome = AccessOutcome::kMissing};
  const Key* key = impl_->find(*shown);
  if (key == nullptr) {
    const auto wait = impl_->wrong_keys.take(request.peer(), nanoseconds(now.value));
    if (wait) return {.outcome = AccessOutcome::kTooManyWrong, .wait = *wait};
    return {.outcome = AccessOutcome::kWrong};
  }
  Access out{.outcome = AccessOutcome::kAllowed, .key_name = key->name};
  if (key->expires && now >= *key->expires) {
    out.outcome = AccessOutcome::kExpired;
  } else if (!key->allows(scope)) {
    out.outcome = AccessOutcome::kOutOfScope;
  }
  return out;
}

std::vector<HttpHeader> AccessPolicy::cors_headers(const HttpRequest& request) const {
  if (impl_->origins.empty()) return {};
  std::vector<HttpHeader> out = {{"Vary", "Origin"}};
  const SingleHeader origin = single_header(request, "Origin");
  if (origin.count != 1 || !impl_->is_configured(origin.value)) return out;
  out.push_back({"Access-Control-Allow-Origin", std::string(origin.value)});
  out.push_back({"Access-Control-Expose-Headers", "ETag, Retry-After, X-Request-Id"});
  return out;
}

std::optional<HttpResponse> AccessPolicy::answer_preflight(const HttpRequest& request) const {
  const SingleHeader origin = single_header(request, "Origin");
  if (request.method() != HttpMethod::kOptions || origin.count != 1 ||
      !impl_->is_configured(origin.value) || !request.header("Access-Control-Request-Method") ||
      !check_source(request).is_allowed()) {
    return std::nullopt;
  }
  HttpResponse out{.status = 204};
  out.headers = cors_headers(request);
  out.headers.push_back({"Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE"});
  out.headers.push_back(
      {"Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match"});
  out.headers.push_back({"Access-Control-Max-Age", "600"});
  return out;
}

std::string subprotocol_of(const HttpRequest& request) {
  const bool is_offered =
      find_protocol(request, [](std::string_view word) { return word == kProtocol; });
  return is_offered ? std::string(kProtocol) : std::string();
}

Outcome<void> check_bind(std::string_view address, const AccessPolicy& policy) {
  const bool is_loopback = address == "::1" || is_loopback_ipv4(address);
  if (is_loopback || policy.has_keys()) return {};
  return Diagnostic{.code = Errc::kBadRequest,
                    .field = "address",
                    .value = std::string(address),
                    .note =
                        "everybody who reaches it could use it: configure keys, or stay with "
                        "127.0.0.1"};
}

// --- New keys -----------------------------------------------------------------------------------

Outcome<NewKey> make_key(const KeyRequest& request) {
  if (!is_key_name(request.name)) {
    return Diagnostic{.code = Errc::kBadFormat,
                      .field = "name",
                      .value = request.name,
                      .note = "1 to 64 letters, digits, '-', '_' and '.' are needed"};
  }
  if (request.scopes.empty()) return Diagnostic{.code = Errc::kEmpty, .field = "scopes"};
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<std::uint8_t, 32> secret{};
  fill_with_entropy(secret);
  NewKey out{.key = std::string(kKeyPrefix), .toml = {}};
  unsigned bits = 0;
  int bit_count = 0;
  for (const std::uint8_t byte : secret) {
    bits = bits << 8 | byte;
    for (bit_count += 8; bit_count >= 6; bit_count -= 6) {
      out.key += kDigits[bits >> (bit_count - 6) & 63U];
    }
  }
  out.key += kDigits[bits << (6 - bit_count) & 63U];
  out.toml = "[[key]]\nname = \"" + request.name + "\"\nsha256 = \"" + sha256_of(out.key) +
             "\"\nscopes = [";
  std::string_view separator;
  for (const Scope scope : request.scopes) {
    out.toml += separator;
    out.toml += '"';
    out.toml += name_of(scope);
    out.toml += '"';
    separator = ", ";
  }
  out.toml += "]\n";
  if (request.expires) out.toml += "expires = \"" + to_text(*request.expires) + "\"\n";
  return out;
}

}  // namespace faultline
