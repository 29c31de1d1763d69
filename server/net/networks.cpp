#include "server/net/networks.hpp"

#include <pthread.h>
#include <utility>

namespace gatehouse::net {

Networks::Networks() : loop_(1), work_(loop_.get_executor()) {
    for (const auto network : config::networks)
        resolvers_[network] = std::make_unique<Resolver>(loop_.get_executor());
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "names");
        loop_.run();
    });
}

Networks::~Networks() {
    loop_.stop();
    thread_.join();
}

void Networks::fix(const config::PerNetwork<config::NetworkSettings>& by_file) {
    config::PerNetwork<Fixed> fixed;
    for (const auto network : config::networks) {
        const config::NetworkSettings& said = by_file[network];
        if (said.dns) {
            fixed[network].servers.emplace();
            for (const config::ListenAddress& server : *said.dns)
                fixed[network].servers->push_back(endpoint(server));
        }
        if (said.source) fixed[network].origin = parse_origin(*said.source).value();
        fixed[network].proxy = said.proxy;
    }
    change([&](State& state) { state.fixed = std::move(fixed); });
}

void Networks::choose(Settings chosen) {
    change([&](State& state) { state.chosen = std::move(chosen); });
}

template <class Change>
void Networks::change(Change change_state) {
    bool changed = false;
    {
        const std::lock_guard lock(mutex_);
        const auto before = state_.fixed;
        change_state(state_);
        for (const auto network : config::networks) {
            ResolverSettings settings = state_.chosen[network];
            const Fixed& fixed = state_.fixed[network];
            if (fixed.servers) settings.servers = *fixed.servers;
            if (fixed.origin) settings.origin = *fixed.origin;
            const bool other_proxy = !(fixed.proxy == before[network].proxy);
            changed = changed || other_proxy || !(settings == state_.in_force[network]);
            state_.in_force[network] = settings;
            resolvers_[network]->configure(settings);
        }
    }
    if (changed && tell_) tell_();
}

Networks::State Networks::state() const {
    const std::lock_guard lock(mutex_);
    return state_;
}

Origin Networks::origin(config::Network network) const {
    const std::lock_guard lock(mutex_);
    return state_.in_force[network].origin;
}

WayOut Networks::way_out(config::Network network) {
    const std::lock_guard lock(mutex_);
    return {resolver(network), state_.in_force[network].origin, state_.fixed[network].proxy};
}

Resolver& Networks::resolver(config::Network network) {
    return *resolvers_[network];
}

}  // namespace gatehouse::net
