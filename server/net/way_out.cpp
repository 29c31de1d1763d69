#include "server/net/way_out.hpp"

#include "server/net/proxy_tunnel.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

// GCC 12 inlines the operator new of one of Asio's coroutine frames below, not its operator delete, and then takes the
// two for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace gatehouse::net {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

base::Result<void> anybody(const Address& /*address*/) {
    return {};
}

steady_clock::time_point end_of(const Destination& destination, milliseconds step) {
    return std::min(destination.until, steady_clock::now() + step);
}

// Of the addresses those that may be called; the first one's refusal where none may.
base::Result<std::vector<Address>> allowed_of(const std::vector<Address>& addresses, const AddressPolicy& policy) {
    std::vector<Address> allowed;
    std::optional<base::Error> refusal;
    for (const Address& address : addresses) {
        auto judged = policy(address);
        if (judged) allowed.push_back(address);
        if (!judged && !refusal) refusal = std::move(judged.error());
    }
    if (allowed.empty()) return base::fail(std::move(*refusal));
    return allowed;
}

asio::awaitable<base::Result<PatientSocketPtr>> straight_to(std::vector<Address> addresses, Origin origin,
                                                            const Destination& destination) {
    Dialling how;
    how.origin = std::move(origin);
    how.policy = destination.policy;
    how.until = end_of(destination, destination.connecting);
    how.for_one_address = destination.connecting;
    co_return co_await dial(std::move(addresses), destination.port, std::move(how));
}

asio::awaitable<base::Result<std::vector<Address>>> proxy_addresses(const WayOut& way, const Destination& destination) {
    const auto until = end_of(destination, destination.resolving);
    auto found = co_await addresses_to_dial(way.resolver, way.proxy.host, way.origin, until);
    if (found) co_return found;
    base::Error error = std::move(found.error());
    error.code = "proxy_unresolved";
    error.message = "The proxy " + way.proxy.host + " could not be asked, for want of its address: " + error.message;
    error.advice = "Check its name at networks in the configuration.";
    co_return base::fail(std::move(error));
}

asio::awaitable<base::Result<PatientSocketPtr>> to_proxy(std::vector<Address> addresses, const WayOut& way,
                                                         const Destination& destination) {
    Dialling how;
    how.origin = way.origin;
    how.policy = anybody;
    how.until = end_of(destination, destination.connecting);
    how.for_one_address = destination.connecting;
    auto socket = co_await dial(std::move(addresses), way.proxy.port, std::move(how));
    if (!socket) socket.error().message = "The proxy " + way.proxy.host + " was not reached: " + socket.error().message;
    co_return socket;
}

// To the first of the addresses that may be called and that the proxy can connect to.
asio::awaitable<base::Result<PatientSocketPtr>> through_proxy(std::vector<Address> addresses, const WayOut& way,
                                                              const Destination& destination, CallSteps& steps) {
    auto allowed = allowed_of(addresses, destination.policy);
    if (!allowed) co_return base::fail(std::move(allowed.error()));
    const auto proxies = co_await proxy_addresses(way, destination);
    if (!proxies) co_return base::fail(proxies.error());
    std::optional<base::Error> failure;
    for (const Address& address : *allowed) {
        steps.step = CallStep::connecting;
        auto socket = co_await to_proxy(*proxies, way, destination);
        if (!socket) co_return base::fail(std::move(socket.error()));
        steps.step = CallStep::proxy;
        steps.proxy = (*socket)->server();
        (*socket)->end_at(end_of(destination, destination.proxy_answers));
        const Endpoint server{address, destination.port};
        auto connected = co_await connect_through(*socket, server);
        if (connected) {
            steps.connected = server;
            co_return std::move(*socket);
        }
        failure = std::move(connected.error());
        if (failure->code != "proxy_unreachable") break;
    }
    co_return base::fail(std::move(*failure));
}

}  // namespace

asio::awaitable<base::Result<PatientSocketPtr>> reach(WayOut way, Destination destination, CallSteps& steps) {
    steps.step = CallStep::resolving;
    const bool is_straight = way.proxy.host.empty();
    // What a proxy connects to leaves by the proxy's own addresses.
    Origin origin = is_straight ? way.origin : Origin{};
    const auto until = end_of(destination, destination.resolving);
    auto addresses = co_await addresses_to_dial(way.resolver, destination.host, origin, until);
    if (!addresses) co_return base::fail(std::move(addresses.error()));
    steps.resolved = *addresses;
    steps.step = CallStep::connecting;
    if (!is_straight) co_return co_await through_proxy(std::move(*addresses), way, destination, steps);
    auto socket = co_await straight_to(std::move(*addresses), std::move(origin), destination);
    if (socket) steps.connected = (*socket)->server();
    co_return socket;
}

}  // namespace gatehouse::net
