#include "server/net/networks.hpp"

#include <catch2/catch.hpp>

namespace networks_test {

using namespace gatehouse;
using config::Network;
using net::Address;
using net::Endpoint;
using net::Networks;

namespace {

Endpoint server(const char* address, std::uint16_t port = 53) {
    return {Address::parse(address).value(), port};
}

}  // namespace

TEST_CASE("what the file says of a network counts before what was chosen, and gives it back when it says no more") {
    Networks networks;
    CHECK(networks.state().in_force == Networks::Settings{});
    Networks::Settings chosen;
    chosen.clean.servers = {server("192.0.2.1")};
    chosen.dirty.servers = {server("192.0.2.2")};
    chosen.dirty.origin = net::parse_origin("eth1").value();
    networks.choose(chosen);
    CHECK(networks.state().in_force == chosen);
    CHECK(networks.origin(Network::dirty).device == "eth1");

    config::PerNetwork<config::NetworkSettings> file;
    file.clean.dns = {{"192.0.2.9", 5353}, {"2001:db8::9", 53}};
    file.dirty.source = "192.0.2.200";
    networks.fix(file);
    const auto state = networks.state();
    CHECK(state.chosen == chosen);
    CHECK(state.in_force.clean.servers == std::vector{server("192.0.2.9", 5353), server("2001:db8::9")});
    CHECK(state.in_force.dirty.servers == chosen.dirty.servers);
    CHECK(networks.origin(Network::dirty).source.text() == "192.0.2.200");
    CHECK(state.fixed.clean.servers);
    CHECK_FALSE(state.fixed.clean.origin);
    CHECK_FALSE(state.fixed.dirty.servers);

    chosen.clean.servers.clear();
    networks.choose(chosen);
    CHECK(networks.state().in_force.clean.servers.size() == 2);
    file.clean.dns->clear();  // which says something too: the system's
    networks.fix(file);
    CHECK(networks.state().in_force.clean.servers.empty());
    networks.fix({});
    CHECK(networks.state().in_force == chosen);
}

TEST_CASE("each network's proxy is what the file says, and who is told of changes is told of that one too") {
    Networks networks;
    int told = 0;
    networks.tell([&] { ++told; });
    CHECK(networks.way_out(Network::dirty).proxy == config::ProxyAddress());
    config::PerNetwork<config::NetworkSettings> file;
    file.dirty.proxy = {"proxy.test", 3128};
    networks.fix(file);
    networks.fix(file);
    CHECK(told == 1);
    CHECK(networks.way_out(Network::dirty).proxy == file.dirty.proxy);
    CHECK(networks.way_out(Network::clean).proxy == config::ProxyAddress());
    networks.fix({});
    CHECK(told == 2);
    CHECK(networks.way_out(Network::dirty).proxy == config::ProxyAddress());
}

}  // namespace networks_test
