#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostic.hpp"
#include "core/units.hpp"
#include "net/http.hpp"

namespace faultline {

// What a key allows: all of GET, /metrics alone (for a scraper), the clock, experiments.
enum class Scope : std::uint8_t { kRead, kMetrics, kControl, kLab };
inline constexpr std::size_t kScopeCount = 4;
std::string_view name_of(Scope scope);
// What a request to the API needs.
Scope scope_of(const HttpRequest& request);

enum class AccessOutcome : std::uint8_t {
  kAllowed,
  kMissing,        // 401: no key
  kWrong,          // 401: a key that nobody has
  kExpired,        // 401
  kTooManyWrong,   // 429: after kWrongKeysAMinute of one peer
  kOutOfScope,     // 403
  kForeignOrigin,  // 403: a page of another site asks
  kForeignHost,    // 421: without keys, a Host that is not this machine's loopback
};
inline constexpr std::size_t kAccessOutcomeCount = 8;
std::string_view name_of(AccessOutcome outcome);

struct Access {
  AccessOutcome outcome = AccessOutcome::kAllowed;
  std::string key_name = {};         // for logs; empty where no key was recognised
  std::chrono::nanoseconds wait{0};  // with kTooManyWrong

  bool is_allowed() const { return outcome == AccessOutcome::kAllowed; }
};

// The problem document, with WWW-Authenticate or Retry-After. Requires: !access.is_allowed().
HttpResponse answer_refused(const HttpRequest& request, const Access& access);

// Who may ask what: API keys, and what browsers tell about who asks (docs/formats/api.md, Access).
//
//   [[key]]
//   name = "laptop"                          letters, digits, '-', '_', '.'
//   sha256 = "9f86d0…"                       of the key's text
//   scopes = ["read", "control"]
//   expires = "2027-01-01T00:00:00Z"         may be left out
//
// Why Origin and Host: without keys every page in a browser of this machine could ask. A page of
// another site says so in Origin; one whose name was pointed at the loopback (DNS rebinding) has
// its own name in Host. Why a right key always passes: behind a proxy all clients are one peer, and
// one with an old key must not lock out the others; 256 random bits are not guessed.
// Invariant: a key's text is neither kept nor told. Thread safety: all const functions from any
// thread. Cost: a SHA-256 and a comparison of 64 bytes with every key, whichever it is.
class AccessPolicy {
 public:
  // Errors: kBadToml, kMissingField (a field, or all keys), kUnknownKey, kUnexpectedField (a scope
  // that does not exist), kBadFormat (name, sha256), kBadTime, kDuplicate (name, sha256), kEmpty,
  // kLimit; each names file and field, and the key where it has a name.
  static Outcome<AccessPolicy> parse(std::string_view toml, const std::string& file);
  // Without keys: for the loopback alone.
  static AccessPolicy open();

  AccessPolicy(AccessPolicy&&) noexcept;
  AccessPolicy& operator=(AccessPolicy&&) noexcept;
  ~AccessPolicy();

  // Pages of "https://example.org" may ask too. Errors: kBadFormat (not as browsers write it),
  // kLimit.
  Outcome<void> allow_origin(std::string_view origin);

  bool has_keys() const;

  // Whether a page or client of this kind may ask at all: Host and Origin. For pages, which need no
  // key, and for OPTIONS.
  Access check_source(const HttpRequest& request) const;
  // That, and the key, in `Authorization: Bearer KEY` or offered as the subprotocol `key.KEY`.
  Access check(const HttpRequest& request, Scope scope, UnixNanos now) const;

  // What an answer needs so that pages of configured origins can read it; Vary is there for caches
  // as soon as one is configured.
  std::vector<HttpHeader> cors_headers(const HttpRequest& request) const;
  // The answer to OPTIONS of a page of a configured origin; absent for everybody else.
  std::optional<HttpResponse> answer_preflight(const HttpRequest& request) const;

  static constexpr int kWrongKeysAMinute = 10;
  static constexpr std::size_t kPeersMax = 4'096;  // remembered for it; beyond, strangers share one
  static constexpr std::size_t kKeysMax = 1'000;
  static constexpr std::size_t kOriginsMax = 64;

 private:
  class Impl;
  explicit AccessPolicy(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// The subprotocol to answer a handshake with: "faultline" where it is offered, else none. Never the
// one with the key.
std::string subprotocol_of(const HttpRequest& request);

// Errors: kBadRequest where an address other than the loopback would be open to everybody.
Outcome<void> check_bind(std::string_view address, const AccessPolicy& policy);

// A key that did not exist before: `key` is for its owner and is told once, `toml` for the file.
struct NewKey {
  std::string key;  // "fl_" and 256 bits from the system in base64url
  std::string toml;
};
struct KeyRequest {
  std::string name;
  std::vector<Scope> scopes;
  std::optional<UnixNanos> expires = {};
};
// Errors: kBadFormat (the name), kEmpty (no scope).
Outcome<NewKey> make_key(const KeyRequest& request);

}  // namespace faultline
