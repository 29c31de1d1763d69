// Server-sent events (HTML Living Standard, "Server-sent events"): whoever has something to tell publishes, each open
// page or script has a stream. Each door has one. `publish` is for any thread; `subscribe` and the streams live on
// the thread of the connection, which events reach by being posted there.
#pragma once

#include "server/http/request.hpp"
#include "server/http/response.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http {

/// Somebody who wants events.
struct Listener {
    boost::asio::any_io_executor executor;  ///< the connection's
    std::string_view last_event_id;         ///< of the field Last-Event-ID; empty: comes for the first time
    /// Whether it may still hear; asked before each event and each comment, on the connection's thread.
    std::function<bool()> welcome;
    std::shared_ptr<const Caller> caller{};  ///< who it is, for events that do not concern everybody
};

/// Whom an event concerns; empty: everybody. Called on the listeners' threads.
using Concern = std::function<bool(const Caller&)>;

class EventHub {
public:
    /// Ids count up from the clock, and so go on over a restart: who comes back with the id of an event from before it
    /// gets all that the new process has told.
    EventHub();
    explicit EventHub(std::uint64_t first_id) : last_id_(first_id) {}

    /// `event` is its name, `data` one line (JSON without line breaks).
    void publish(std::string_view event, std::string_view data, const Concern& concern = {});
    /// The same for what goes on being so until it is withdrawn: who comes later for the first time hears it too.
    void publish_standing(const std::string& key, std::string_view event, std::string_view data);
    void withdraw(const std::string& key);

    /// A response that streams from now on: first what came after the last event that the listener saw, as far as it is
    /// remembered, or what stands. A comment every 15 seconds shows that the connection lives. 503 too_many_listeners.
    [[nodiscard]] Response subscribe(const Listener& listener);

private:
    class Subscription;
    struct Event {
        std::uint64_t id = 0;
        std::shared_ptr<const std::string> text;  // as it is sent
        Concern concern;
    };
    struct Subscriber {
        boost::asio::any_io_executor executor;
        std::weak_ptr<Subscription> stream;  // locked on its own thread only
        std::string account;                 // of the listener; empty: not known
    };

    std::shared_ptr<const std::string> tell(std::string_view event, std::string_view data, const Concern& concern = {});
    void forget_those_gone();

    std::mutex mutex_;  // guards all below; never on the way of a request but to subscribe
    std::uint64_t last_id_;
    std::deque<Event> remembered_;
    std::map<std::string, std::shared_ptr<const std::string>> standing_;
    std::vector<Subscriber> subscribers_;
};

}  // namespace gatehouse::http
