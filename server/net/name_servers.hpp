// The DNS servers of one network, and in which order they are asked: as configured, but one that was silent goes to the
// end for a while, so that not every question waits for it again. Questions of one look-up go out together. Owned by
// the resolver and by look-ups under way; one executor only.
#pragma once

#include "base/result.hpp"
#include "server/net/inquiry.hpp"
#include "server/net/patience.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::net {

/// Why a server did not help.
struct Unhelpful {
    Endpoint server;
    Reply::Kind kind = Reply::Kind::silent;
    std::string trouble;  ///< of this box with asking it; empty: none
};

/// What a look-up of one name brought.
struct Answers {
    std::vector<Reply> decisive;       ///< addresses, no_data or no_name: at most one per record asked
    std::vector<Unhelpful> unhelpful;  ///< servers that were asked and did not help, in that order
    Endpoint decided_by;               ///< the server of the last decisive one
    bool complete = false;             ///< every record got a decisive reply
};

class NameServers {
public:
    NameServers(boost::asio::any_io_executor executor, const std::vector<Endpoint>& servers, Origin origin,
                const Patience& patience);

    /// Asks until every record is decided, `until` has come or the coroutine is cancelled. The caller keeps this object
    /// meanwhile.
    [[nodiscard]] boost::asio::awaitable<Answers> ask(std::string name, std::vector<Record> records,
                                                      std::chrono::steady_clock::time_point until);

private:
    using Time = std::chrono::steady_clock::time_point;
    struct Member {
        Endpoint server;
        std::optional<Time> quiet_until;  // it was silent
    };
    struct Lookup;

    [[nodiscard]] std::vector<std::size_t> order();
    boost::asio::awaitable<void> attempt(Member& member, Lookup& lookup, std::chrono::milliseconds wait);

    boost::asio::any_io_executor executor_;
    Origin origin_;
    Patience patience_;
    std::vector<Member> members_;
};

}  // namespace gatehouse::net
