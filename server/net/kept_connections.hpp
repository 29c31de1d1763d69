// Connections that outbound calls left open for the next one, and how many may be open: so many at a time to one server
// and so many in all, kept ones included. Owned by the client; its executor only, which runs one handler at a time.
#pragma once

#include "server/net/https_connection.hpp"
#include "server/net/https_request.hpp"
#include "server/net/origin.hpp"
#include "server/net/turnstile.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <utility>

namespace gatehouse::net {

/// How many connections may be open, and how long unused ones stay.
struct ConnectionLimits {
    std::size_t to_one_server = 16;
    std::size_t in_all = 64;
    std::size_t waiting = 4096;  ///< calls that wait for a place, at one server and in all
    std::chrono::milliseconds unused{30000};
    /// From its making on, however busy it is: names come to mean other addresses, and certificates end.
    std::chrono::milliseconds oldest{600000};
};

/// For whom a connection was made. One is used again only where all of this is the same: who is believed too, so that
/// what an authority vouched for that was removed since is asked no more.
struct ConnectionKey {
    std::string host;
    std::uint16_t port = 0;
    config::Network network = config::Network::dirty;
    Origin origin;
    config::ProxyAddress proxy;
    certstore::TrustStorePtr trust;
    friend bool operator==(const ConnectionKey& a, const ConnectionKey& b);
};

class KeptConnections {
    struct Gate;

public:
    KeptConnections(boost::asio::any_io_executor executor, const ConnectionLimits& limits);
    KeptConnections(const KeptConnections&) = delete;
    KeptConnections& operator=(const KeptConnections&) = delete;
    ~KeptConnections();

    /// The right to have one connection to a server in use, given back with this object, which may outlive the
    /// KeptConnections but not the loop.
    class Place {
    public:
        Place(std::shared_ptr<Gate> gate, std::shared_ptr<Gate> all, Turnstile::Pass at_server, Turnstile::Pass in_all);
        Place(Place&& other) noexcept;
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place();

    private:
        std::shared_ptr<Gate> gate_;  // their turnstiles outlive the passes
        std::shared_ptr<Gate> all_;
        Turnstile::Pass at_server_;
        Turnstile::Pass in_all_;
    };

    /// Waits for a place. Errors: those of Turnstile::enter.
    [[nodiscard]] boost::asio::awaitable<base::Result<Place>> enter(std::string host, std::uint16_t port,
                                                                    std::chrono::steady_clock::time_point until);

    /// With a place at hand: a connection kept for the same, the one that was used last; null: there is none, and one
    /// may be made. Closes those that nobody may use any more, and others where there would be too many.
    [[nodiscard]] std::unique_ptr<HttpsConnection> take(const ConnectionKey& key);
    /// With a place at hand: closes kept ones where there would be too many with one more.
    void make_room(const ConnectionKey& key);
    /// Keeps one for the next call, for a while; closes one that is too old.
    void keep(ConnectionKey key, std::unique_ptr<HttpsConnection> connection);

    /// How many are kept, for those who look after the client.
    [[nodiscard]] std::size_t kept() const { return kept_.size(); }

private:
    struct Kept {
        ConnectionKey key;
        std::unique_ptr<HttpsConnection> connection;
    };
    using Server = std::pair<std::string, std::uint16_t>;

    const boost::asio::any_io_executor executor_;
    const ConnectionLimits limits_;
    const std::shared_ptr<Gate> all_;
    std::map<Server, std::weak_ptr<Gate>> gates_;
    std::list<Kept> kept_;  // the one unused longest first
};

}  // namespace gatehouse::net
