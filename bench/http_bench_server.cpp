// A server with one cached page, for bench/http_bench.sh to measure.
//
//   faultline_http_bench_server PORT BODY_BYTES
//
// Ends by itself after ten minutes.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "net/http_server.hpp"

int main(int argc, char** argv) {
  using namespace faultline;
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s PORT BODY_BYTES\n", argv[0]);
    return 2;
  }
  ServerConfig config;
  config.port = static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10));
  config.requests_per_connection_max = 1'000'000'000;
  const std::string body(std::strtoul(argv[2], nullptr, 10), 'x');
  const auto page = PreparedResponse::of(HttpResponse::of(200, "text/plain", body));
  ServerHandlers handlers;
  handlers.on_request = [&page](const HttpRequest& request, Responder responder) {
    if (request.path() == "/page") return responder.send(page);
    responder.send(HttpResponse::of(404, "text/plain", "not found\n"));
  };
  const auto server = HttpServer::start(config, handlers);
  if (!server) {
    const std::string why(meaning_of(server.error().code));
    std::fprintf(stderr, "cannot start: %s\n", why.c_str());
    return 1;
  }
  std::this_thread::sleep_for(std::chrono::minutes(10));
  return 0;
}
