#include "server/sockets.hpp"

#include "server/net/listen.hpp"

#include <utility>

namespace gatehouse::server {

using config::ListenAddress;

base::Result<config::PerInterface<std::vector<ListenAddress>>> open_doors(Workers& workers,
                                                                          const config::Settings& settings,
                                                                          system::PassedSockets passed,
                                                                          base::Log& log) {
    for (const std::string& disagreement : system::disagreements(passed, settings))
        log.warning("sockets.disagree", disagreement);
    std::vector<ListenAddress> all;
    for (const auto interface : config::interfaces) {
        const auto& listen = settings.interfaces[interface].listen;
        all.insert(all.end(), listen.begin(), listen.end());
    }
    config::PerInterface<std::vector<ListenAddress>> opened;
    for (const auto interface : config::interfaces) {
        for (const system::PassedSocket& socket : passed[interface]) {
            if (auto shared = workers.listen_shared(interface, socket.descriptor); !shared)
                return base::fail(shared.error());
            opened[interface].push_back(socket.address);
        }
        if (!passed[interface].empty()) continue;
        for (const ListenAddress& address : settings.interfaces[interface].listen) {
            auto sockets = net::listen(address, net::takes_ipv4(address, all), workers.count());
            if (!sockets) return base::fail(sockets.error());
            workers.listen(interface, std::move(*sockets));
            opened[interface].push_back(address);
        }
    }
    return opened;
}

base::Result<void> open_redirects(Workers& workers, const config::Settings& settings) {
    for (const auto interface : config::interfaces) {
        const auto& addresses = settings.interfaces[interface].redirect;
        for (const ListenAddress& address : addresses) {
            auto sockets = net::listen(address, net::takes_ipv4(address, addresses), 1);
            if (!sockets) return base::fail(sockets.error());
            workers.listen_redirect(interface, std::move(sockets->front()));
        }
    }
    return {};
}

}  // namespace gatehouse::server
