// The way from this box to another server: the addresses of its name, and a connection to the first of them that may be
// called and accepts, straight or through a proxy. Whoever calls out uses it; any coroutine whose executor runs one
// handler at a time.
#pragma once

#include "config/settings.hpp"
#include "server/net/call_steps.hpp"
#include "server/net/dial.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace gatehouse::net {

/// How the calls of a network leave the box. The resolver outlives them.
struct WayOut {
    std::reference_wrapper<Resolver> resolver;
    Origin origin;
    /// Its own address is judged by no policy, since an operator chose it, and such proxies often are at private
    /// addresses or on this very machine. It is told addresses to connect to, which are judged, and never names, since
    /// what it made of a name nobody could check. Without a host: none.
    config::ProxyAddress proxy;
};

/// Who is to be reached, and within which time.
struct Destination {
    std::string host;  ///< as host_name gives it
    std::uint16_t port = 0;
    AddressPolicy policy;  ///< asked about each address before it is called, and about the one that answered
    std::chrono::steady_clock::time_point until;     ///< of all steps together
    std::chrono::milliseconds resolving{10000};      ///< the server's name, and the proxy's
    std::chrono::milliseconds connecting{10000};     ///< all tries together
    std::chrono::milliseconds proxy_answers{10000};  ///< to one CONNECT
};

/// A connection that whatever is sent on goes to the server; its socket's own server is the proxy, where there is one,
/// and its time is that of the last step. `steps` is told each step as it begins or is done, and must outlive the call.
/// Errors: those of addresses_to_dial, of the policy, of dial and connect_through; proxy_unresolved: its name has no
/// address; and where the proxy itself is not reached, those of dial with words that say so.
[[nodiscard]] boost::asio::awaitable<base::Result<PatientSocketPtr>> reach(WayOut way, Destination destination,
                                                                           CallSteps& steps);

}  // namespace gatehouse::net
