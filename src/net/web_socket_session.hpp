#pragma once

#include <string>

#include "net/http_connection.hpp"

namespace faultline {

// Takes over a connection whose handshake was accepted: answers it and speaks WebSocket. Requires:
// called on `thread`; `request` is a handshake; `connection.admission` is there.
void start_web_socket(IoThread& thread, ServerCore& core, NewConnection connection,
                      const HttpRequest& request, WebSocketHandlers handlers);

}  // namespace faultline
