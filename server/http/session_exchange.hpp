// One request and its response, as a session holds them while they are under way. Owned by its session, that worker's
// thread only. For the units of http/session alone.
#pragma once

#include "server/http/arriving_body.hpp"
#include "server/http/incoming_body.hpp"
#include "server/http/outgoing_body.hpp"
#include "server/http/session.hpp"

#include <coroutine>
#include <cstdint>
#include <memory>

namespace gatehouse::http {

struct Session::Exchange {
    RequestParser parser;
    Response response;
    IncomingBody incoming;
    std::unique_ptr<ArrivingBody> arriving;  // in place of `incoming` where the handler reads the body itself
    OutgoingBody outgoing;
    bool head_complete = false;
    bool keep_alive = false;
    std::shared_ptr<const Router> answering;  // whose handler is waited for: it must outlive its coroutine
    std::coroutine_handle<> resumed_by_handler = nullptr;
    net::Tick reading_paused = 0;   // since when the handler is busy with what it has of the body
    std::uint64_t sent_before = 0;  // the connection's count when the response began
};

}  // namespace gatehouse::http
