#include "server/net/dial.hpp"

#include "base/broken_promise.hpp"
#include "base/text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <memory>
#include <optional>
#include <sys/socket.h>
#include <utility>

namespace gatehouse::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using base::ErrorKind;
using std::chrono::steady_clock;

namespace {

constexpr auto with_outcome = asio::as_tuple(asio::use_awaitable);

Families families_of(const Origin& origin) {
    if (origin.source == Address()) return Families::ipv4_first;
    return origin.source.is_ipv4() ? Families::ipv4_only : Families::ipv6_only;
}

std::vector<Address> taking_turns(const std::vector<Address>& addresses) {
    std::vector<Address> first;
    std::vector<Address> second;
    for (const Address& address : addresses)
        (address.is_ipv4() == addresses.front().is_ipv4() ? first : second).push_back(address);
    std::vector<Address> ordered;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) ordered.push_back(first[i]);
        if (i < second.size()) ordered.push_back(second[i]);
    }
    return ordered;
}

base::Error connect_failure(const std::vector<std::string>& troubles) {
    return {ErrorKind::unavailable, "connect_failed", base::joined(troubles, "; ") + ".",
            "Check the address, the port and the firewalls in between."};
}

// Several addresses at once. Shared by the tries under way and who waits for them.
struct Race {
    Race(const asio::any_io_executor& executor, Dialling its_how, std::uint16_t its_port)
        : how(std::move(its_how)), port(its_port), news(executor) {}

    void tell() {
        told = true;
        news.cancel();
    }
    void failed(std::size_t place, base::Error error) {
        failures.emplace_back(place, std::move(error));
        --running;
        tell();
    }
    // As if the attempt failed.
    void unreached(std::size_t place, const PatientSocket& socket, const boost::system::error_code& error) {
        const std::string why = socket.expired() ? "no answer" : error.message();
        failed(place, connect_failure({socket.server().text() + " could not be connected to: " + why}));
    }

    const Dialling how;
    const std::uint16_t port;
    asio::steady_timer news;
    bool told = false;  // perhaps before anybody waits: a try may end at once
    std::size_t running = 0;
    std::vector<PatientSocketPtr> under_way;
    std::vector<std::pair<std::size_t, base::Error>> failures;  // with the address's place
    PatientSocketPtr winner;
};
using RacePtr = std::shared_ptr<Race>;

// To `address`, and to nobody else.
asio::awaitable<void> try_address(RacePtr race, std::size_t place, Address address) {
    if (auto allowed = race->how.policy(address); !allowed) co_return race->failed(place, std::move(allowed.error()));
    const Endpoint server{address, race->port};
    const auto connection = std::make_shared<PatientSocket>(co_await asio::this_coro::executor, server);
    race->under_way.push_back(connection);
    auto& socket = connection->socket();
    boost::system::error_code error;
    const tcp::endpoint where(asio::ip::make_address(address.text()), race->port);
    socket.open(where.protocol(), error);
    if (error) co_return race->unreached(place, *connection, error);
    if (auto bound = bind_to(race->how.origin, socket.native_handle()); !bound)
        co_return race->failed(place, std::move(bound.error()));

    connection->end_at(std::min(race->how.until, steady_clock::now() + race->how.for_one_address));
    std::tie(error) = co_await socket.async_connect(where, with_outcome);
    if (race->winner) co_return;  // another was quicker, and this one is closed
    if (error || connection->expired()) co_return race->unreached(place, *connection, error);
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(socket.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size) != 0)
        co_return race->unreached(place, *connection, {errno, boost::system::system_category()});
    if (auto allowed = race->how.policy(Address::of(peer)); !allowed) {
        connection->close();
        co_return race->failed(place, std::move(allowed.error()));
    }
    connection->end_at(race->how.until);
    race->winner = connection;
    race->tell();
}

// What happened with the addresses that were called says more than that another was not.
base::Error worst_of(std::vector<std::pair<std::size_t, base::Error>> failures) {
    std::sort(failures.begin(), failures.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> troubles;
    for (const auto& [place, error] : failures) {
        if (error.code != "connect_failed") continue;
        troubles.push_back(error.message.substr(0, error.message.size() - 1));
    }
    if (!troubles.empty()) return connect_failure(troubles);
    for (auto& [place, error] : failures) {
        if (error.kind != ErrorKind::denied) return std::move(error);
    }
    return std::move(failures.front().second);
}

void close_all_but_winner(const Race& race) {
    for (const PatientSocketPtr& socket : race.under_way) {
        if (socket != race.winner) socket->close();
    }
}

}  // namespace

asio::awaitable<base::Result<std::vector<Address>>> addresses_to_dial(Resolver& resolver, std::string name,
                                                                      Origin origin, steady_clock::time_point until) {
    auto found = co_await resolver.resolve(std::move(name), families_of(origin), until);
    if (!found) co_return found;
    co_return taking_turns(*found);
}

asio::awaitable<base::Result<PatientSocketPtr>> dial(std::vector<Address> addresses, std::uint16_t port, Dialling how) {
    const auto executor = co_await asio::this_coro::executor;
    const auto race = std::make_shared<Race>(executor, std::move(how), port);
    std::size_t next = 0;
    steady_clock::time_point next_at{};
    while (!race->winner) {
        const auto now = steady_clock::now();
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none) close_all_but_winner(*race);
        const bool given_up = now >= race->how.until || cancelled != asio::cancellation_type::none;
        const bool more = next < addresses.size() && !given_up;
        if (race->running == 0 && !more) break;
        race->told = false;
        if (more && (race->running == 0 || now >= next_at)) {
            ++race->running;
            auto attempt = try_address(race, next, addresses[next]);
            asio::co_spawn(executor, std::move(attempt), [race, place = next](const std::exception_ptr& thrown) {
                if (thrown) race->failed(place, base::broken_promise(thrown));
            });
            ++next;
            next_at = now + race->how.before_next;
        }
        race->news.expires_at(more ? std::min(next_at, race->how.until) : steady_clock::time_point::max());
        if (!race->told) (void)co_await race->news.async_wait(with_outcome);
    }
    close_all_but_winner(*race);
    if (race->winner) co_return race->winner;
    if (race->failures.empty()) {
        co_return base::fail(ErrorKind::unavailable, "connect_failed",
                             "There was no time left to connect to " + Endpoint{addresses.front(), port}.text() + ".",
                             "Try again in a moment.");
    }
    co_return base::fail(worst_of(std::move(race->failures)));
}

}  // namespace gatehouse::net
