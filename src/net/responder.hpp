#pragma once

#include <cstdint>
#include <memory>
#include <variant>

#include "net/http.hpp"

namespace faultline {

// What a handler may answer with; absent (monostate) when it dropped its Responder.
using HttpAnswer =
    std::variant<std::monostate, HttpResponse, std::shared_ptr<const PreparedResponse>>;

// Where answers go: the connection, or a test of a handler.
class AnswerSink {
 public:
  AnswerSink() = default;
  AnswerSink(const AnswerSink&) = delete;
  AnswerSink& operator=(const AnswerSink&) = delete;
  virtual ~AnswerSink() = default;

  // Called once for each exchange, on any thread.
  virtual void answer(std::uint64_t exchange, HttpAnswer answer) = 0;
  virtual bool is_abandoned(std::uint64_t exchange) const = 0;
};

// The right to answer one request, once.
//
//   void handle(const HttpRequest& request, Responder responder) {
//     if (const auto page = cache.find(request.path())) return responder.send(page);
//     pool.run([request, responder = std::move(responder)]() mutable {
//       if (!responder.is_abandoned()) responder.send(compute(request));
//     });
//   }
//
// Dropped without an answer, it answers 500. Sending twice is a broken promise of ours.
// Thread safety: one thread at a time, any thread; it may outlive the server, and then answers
// nobody. Cost: on the I/O thread inside the handler a direct call; elsewhere a lock and a wake-up.
class Responder {
 public:
  Responder(std::shared_ptr<AnswerSink> sink, std::uint64_t exchange)
      : sink_(std::move(sink)), exchange_(exchange) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder();

  // A response that is not sendable (is_sendable) becomes a 500.
  void send(HttpResponse response);
  void send(std::shared_ptr<const PreparedResponse> response);

  // Whether nobody waits for the answer any more: the client has left, the time is over or the
  // server has stopped. True after send(). An answer may be sent all the same.
  bool is_abandoned() const;

 private:
  void finish(HttpAnswer answer);

  std::shared_ptr<AnswerSink> sink_;
  std::uint64_t exchange_;
};

}  // namespace faultline
