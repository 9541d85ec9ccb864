#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/http.hpp"
#include "net/responder.hpp"
#include "net/server_config.hpp"
#include "net/web_socket.hpp"

namespace faultline {

// What a server does with what arrives. All run on I/O threads and must not block: what takes
// longer than some 100 µs goes to a thread of the owner, with the Responder. They must not throw.
//
// Thread safety: with one I/O thread one call at a time; with more they run at the same time.
struct ServerHandlers {
  // The request is valid during the call; take a copy to keep it. Required.
  std::function<void(const HttpRequest&, Responder)> on_request;
  // A complete WebSocket handshake. Where it is empty every handshake is a plain request.
  std::function<UpgradeDecision(const HttpRequest&)> on_upgrade = {};
  // After each response, refusals included; after an upgrade with status 101.
  std::function<void(const AccessEntry&)> on_access = {};
  // After each WebSocket that was open.
  std::function<void(const SocketEntry&)> on_socket_end = {};
};

// An HTTP/1.1 and WebSocket server that knows limits and no market.
//
//   Result<std::unique_ptr<HttpServer>> server = HttpServer::start(config, handlers);
//   if (!server) return server.error();
//   serve_at((*server)->address(), (*server)->port());
//
// What it keeps to: HTTP/1.0 and 1.1, keep-alive, pipelining (answers in order), chunked requests,
// Expect: 100-continue, HEAD. Requests that two parsers could read differently (two lengths, length
// and chunks, obsolete encodings) are refused and the connection closed. No TLS: it stands on the
// loopback or behind a proxy.
// Thread safety: all functions from any thread but the I/O threads, where only counters() and the
// plain getters may be called.
class HttpServer {
 public:
  // Listens and answers when it returns.
  //
  // Errors: kBadRequest (a limit of the configuration makes no sense, no handler), kBadAddress,
  // kAddressInUse, kCannotListen (no right to the port, no descriptors).
  static Result<std::unique_ptr<HttpServer>> start(ServerConfig config, ServerHandlers handlers);

  // Stops with kStopGrace.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  const std::string& address() const;
  std::uint16_t port() const;

  // Since the start. Cost: some 30 loads; the counts are not of one instant.
  ServerCounters counters() const;

  // Takes no more connections, closes idle ones, lets running requests end and WebSockets say
  // goodbye (1001), each within `grace`; then closes what is left and joins the threads. After it
  // no handler runs and none will. Stopping twice does nothing.
  void stop(std::chrono::milliseconds grace = kStopGrace);

  static constexpr std::chrono::milliseconds kStopGrace{5'000};

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace faultline
