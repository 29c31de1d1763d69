// Both networks that calls go out by: where each leaves the box, and its resolver. They live on a thread of their own,
// which goes on while the doors drain, so that no request waits for a look-up that nobody serves. Owned by the
// appliance; must go before the loops whose coroutines look names up. Calls from any thread.
#pragma once

#include "config/settings.hpp"
#include "server/net/resolver.hpp"
#include "server/net/way_out.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace gatehouse::net {

class Networks {
public:
    /// What the configuration file says of a network; it counts before what was chosen.
    struct Fixed {
        std::optional<std::vector<Endpoint>> servers;
        std::optional<Origin> origin;
        config::ProxyAddress proxy;
    };
    using Settings = config::PerNetwork<ResolverSettings>;

    /// Resolves by the machine's own servers until it is told more. Errors are thrown, as in Worker.
    Networks();
    Networks(const Networks&) = delete;
    Networks& operator=(const Networks&) = delete;
    /// Whoever waits for a look-up waits for ever.
    ~Networks();

    /// Called when what is in force has become another, on the thread that changed it. Before the others.
    void tell(std::function<void()> changed) { tell_ = std::move(changed); }
    /// For look-ups and calls to come.
    void fix(const config::PerNetwork<config::NetworkSettings>& by_file);
    void choose(Settings chosen);

    struct State {
        Settings chosen;
        config::PerNetwork<Fixed> fixed;
        Settings in_force;  ///< `chosen`, but for what is fixed
    };
    [[nodiscard]] State state() const;

    /// Where and how calls of that network leave the box now.
    [[nodiscard]] Origin origin(config::Network network) const;
    [[nodiscard]] WayOut way_out(config::Network network);
    [[nodiscard]] Resolver& resolver(config::Network network);

private:
    template <class Change>
    void change(Change change_state);

    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    config::PerNetwork<std::unique_ptr<Resolver>> resolvers_;
    mutable std::mutex mutex_;  // guards the state
    State state_;
    std::function<void()> tell_;
    std::thread thread_;
};

}  // namespace gatehouse::net
