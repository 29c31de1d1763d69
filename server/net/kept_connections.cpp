#include "server/net/kept_connections.hpp"

#include <algorithm>

namespace gatehouse::net {

namespace asio = boost::asio;

// One server's own turnstile, or that of all of them. Shared by the calls that passed it, which may be destroyed later
// than the client.
struct KeptConnections::Gate {
    Gate(const asio::any_io_executor& executor, std::size_t inside, std::size_t waiting)
        : turnstile(executor, inside, waiting) {}
    Turnstile turnstile;
    std::size_t in_use = 0;
};

bool operator==(const ConnectionKey& a, const ConnectionKey& b) {
    return a.host == b.host && a.port == b.port && a.network == b.network && a.origin == b.origin &&
           a.trust == b.trust && a.proxy == b.proxy;
}

KeptConnections::Place::Place(std::shared_ptr<Gate> gate, std::shared_ptr<Gate> all, Turnstile::Pass at_server,
                              Turnstile::Pass in_all)
    : gate_(std::move(gate)), all_(std::move(all)), at_server_(std::move(at_server)), in_all_(std::move(in_all)) {
    ++gate_->in_use;
    ++all_->in_use;
}

KeptConnections::Place::Place(Place&& other) noexcept = default;  // without a gate it is nobody's

KeptConnections::Place::~Place() {
    if (!gate_) return;
    --gate_->in_use;
    --all_->in_use;
}

KeptConnections::KeptConnections(asio::any_io_executor executor, const ConnectionLimits& limits)
    : executor_(std::move(executor)),
      limits_(limits),
      all_(std::make_shared<Gate>(executor_, limits.in_all, limits.waiting)) {}

KeptConnections::~KeptConnections() = default;

asio::awaitable<base::Result<KeptConnections::Place>> KeptConnections::enter(
    std::string host, std::uint16_t port, std::chrono::steady_clock::time_point until) {
    std::erase_if(gates_, [](const auto& entry) { return entry.second.expired(); });
    std::weak_ptr<Gate>& known = gates_[Server(std::move(host), port)];
    std::shared_ptr<Gate> gate = known.lock();
    if (!gate) {
        gate = std::make_shared<Gate>(executor_, limits_.to_one_server, limits_.waiting);
        known = gate;
    }
    const std::shared_ptr<Gate> all = all_;  // before the passes, which it has to outlive
    // First at the server: who waits for a slow one takes no place from those who call others.
    auto at_server = co_await gate->turnstile.enter(until);
    if (!at_server) co_return base::fail(std::move(at_server.error()));
    auto in_all = co_await all->turnstile.enter(until);
    if (!in_all) co_return base::fail(std::move(in_all.error()));
    co_return Place(std::move(gate), all, std::move(*at_server), std::move(*in_all));
}

std::unique_ptr<HttpsConnection> KeptConnections::take(const ConnectionKey& key) {
    kept_.remove_if(
        [&](const Kept& one) { return one.key.trust != key.trust || !one.connection->socket().socket().is_open(); });
    while (true) {
        const auto found = std::find_if(kept_.rbegin(), kept_.rend(), [&](const Kept& one) { return one.key == key; });
        if (found == kept_.rend()) break;
        std::unique_ptr<HttpsConnection> connection = std::move(found->connection);
        kept_.erase(std::next(found).base());
        if (connection->is_fresh()) return connection;
    }
    return nullptr;
}

// For one more, whose place is counted as used already.
void KeptConnections::make_room(const ConnectionKey& key) {
    const auto to_same = [&](const Kept& one) { return one.key.host == key.host && one.key.port == key.port; };
    const auto gate = gates_[Server(key.host, key.port)].lock();
    const std::size_t used = gate ? gate->in_use : 0;
    while (used + static_cast<std::size_t>(std::count_if(kept_.begin(), kept_.end(), to_same)) >
           std::max(limits_.to_one_server, used)) {
        kept_.erase(std::find_if(kept_.begin(), kept_.end(), to_same));
    }
    while (!kept_.empty() && all_->in_use + kept_.size() > limits_.in_all)
        kept_.pop_front();
}

void KeptConnections::keep(ConnectionKey key, std::unique_ptr<HttpsConnection> connection) {
    const auto now = std::chrono::steady_clock::now();
    if (now - connection->made_at() >= limits_.oldest) return;
    connection->socket().end_at(now + limits_.unused);
    kept_.push_back({std::move(key), std::move(connection)});
}

}  // namespace gatehouse::net
