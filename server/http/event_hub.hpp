// Server-sent events (HTML Living Standard, "Server-sent events"): whoever has something to tell publishes, each open
// page or script has a stream. Owned by the appliance. `publish` is for any thread; `subscribe` and the streams live on
// the thread of the connection, which events reach by being posted there.
#pragma once

#include "server/http/response.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http {

class EventHub {
public:
    /// `event` is its name, `data` one line (JSON without line breaks).
    void publish(std::string_view event, std::string_view data);

    /// A response that streams from now on; with `last_event_id` (of the field Last-Event-ID) first what came after it,
    /// as far as it is remembered. A comment every 15 seconds shows that the connection lives. `executor` must be the
    /// connection's.
    [[nodiscard]] Response subscribe(const boost::asio::any_io_executor& executor, std::string_view last_event_id);

private:
    class Subscription;
    struct Event {
        std::uint64_t id = 0;
        std::shared_ptr<const std::string> text;  // as it is sent
    };
    struct Subscriber {
        boost::asio::any_io_executor executor;
        std::weak_ptr<Subscription> stream;  // locked on its own thread only
    };

    std::mutex mutex_;  // guards all below; never on the way of a request but to subscribe
    std::uint64_t last_id_ = 0;
    std::deque<Event> remembered_;
    std::vector<Subscriber> subscribers_;
};

}  // namespace gatehouse::http
