#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/io_thread.hpp"
#include "net/peers.hpp"
#include "net/server_core.hpp"

namespace faultline {

// A file descriptor that is closed when nobody took it.
class UniqueFd {
 public:
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&&) = delete;
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd();

  int get() const { return fd_; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

// A connection that was accepted.
struct NewConnection {
  UniqueFd fd;
  std::string peer;                      // the address as text
  std::unique_ptr<Admission> admission;  // null: it is told `refusal` and closed
  std::optional<Refusal> refusal;
};

// Serves it until it ends. Requires: called on `thread`; both outlive the connection.
void start_http_connection(IoThread& thread, ServerCore& core, NewConnection connection);

}  // namespace faultline
