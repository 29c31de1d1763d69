#include "server/net/tls_wire.hpp"

#include "certstore/context.hpp"
#include "tests/unit/net/https_peers.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <sys/socket.h>

namespace tls_wire_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;

namespace {

// A connection to a server that says so many bytes unasked, and goes on when somebody reads; the client's side of it.
struct Unasked {
    explicit Unasked(std::size_t size)
        : bytes(size, '\x17'), server([this](int connection) {
              (void)::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
              wait_for_end(connection);
          }) {
        const boost::asio::ip::tcp::endpoint there(boost::asio::ip::make_address("127.0.0.1"), server.port());
        socket->socket().open(there.protocol());
        socket->socket().set_option(boost::asio::socket_base::receive_buffer_size(1 << 20));
        socket->socket().connect(there);
        auto context = certstore::build_client_context();
        REQUIRE(context);
        auto made = net::TlsWire::make(**context, "cloud.test");
        REQUIRE(made);
        wire.emplace(std::move(*made));
    }
    [[nodiscard]] bool has_come(std::size_t size) const {
        return tests::eventually([&] { return socket->socket().available() >= size; });
    }

    std::string bytes;
    Listening server;
    Loop loop;
    net::PatientSocketPtr socket = std::make_shared<net::PatientSocket>(loop.io.get_executor(), net::Endpoint{});
    std::optional<net::TlsWire> wire;
};

}  // namespace

TEST_CASE("what a server said unasked is gathered up to a bound, however much more it has to say") {
    using Flow = net::TlsWire::Flow;
    Unasked little(1000);
    REQUIRE(little.has_come(1000));
    CHECK(little.wire->gather(*little.socket) == Flow::open);
    CHECK(little.wire->received() == 1000);

    Unasked flood(100'000'000);
    REQUIRE(flood.has_come(net::TlsWire::most_gathered + 1));
    CHECK(flood.wire->gather(*flood.socket) == Flow::flooded);
    CHECK(flood.wire->received() <= net::TlsWire::most_gathered);
}

}  // namespace tls_wire_test
