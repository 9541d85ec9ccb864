#include "net/responder.hpp"

#include <utility>

#include "base/check.hpp"

namespace faultline {

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this != &other) {
    if (sink_ != nullptr) finish(HttpAnswer());
    sink_ = std::move(other.sink_);
    exchange_ = other.exchange_;
  }
  return *this;
}

Responder::~Responder() {
  if (sink_ != nullptr) finish(HttpAnswer());
}

void Responder::send(HttpResponse response) { finish(HttpAnswer(std::move(response))); }

void Responder::send(std::shared_ptr<const PreparedResponse> response) {
  FAULTLINE_CHECK(response != nullptr);
  finish(HttpAnswer(std::move(response)));
}

bool Responder::is_abandoned() const { return sink_ == nullptr || sink_->is_abandoned(exchange_); }

void Responder::finish(HttpAnswer answer) {
  FAULTLINE_CHECK(sink_ != nullptr);
  const std::shared_ptr<AnswerSink> sink = std::exchange(sink_, nullptr);
  sink->answer(exchange_, std::move(answer));
}

}  // namespace faultline
