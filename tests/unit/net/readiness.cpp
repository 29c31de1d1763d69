#include "server/net/readiness.hpp"

#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>

namespace readiness_test {

using namespace gatehouse;
using net::Direction;
using net::Readiness;
using tests::Wire;

namespace {

// One socket that is waited for, on an event loop that runs when the test says so.
struct Waiting {
    boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    Wire wire = tests::local_wire();
    Readiness readiness{io, wire.server.release()};
    int woken = 0;

    void wait(Direction direction) {
        readiness.wait(
            direction, [](void* self) { ++static_cast<Waiting*>(self)->woken; }, this);
    }
    // Everything that can be told without waiting.
    void turn() {
        io.restart();
        while (io.poll() > 0)
            continue;
    }
    // A wait that is pending must have ended when its Readiness goes.
    ~Waiting() {
        readiness.cancel();
        turn();
    }
};

// Until no more fits.
void fill(int socket) {
    const std::array<char, 4096> bytes{};
    while (::send(socket, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        continue;
}

std::size_t empty_out(int socket) {
    std::array<char, 4096> bytes{};
    std::size_t all = 0;
    for (;;) {
        const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got <= 0) return all;
        all += static_cast<std::size_t>(got);
    }
}

}  // namespace

TEST_CASE("a wait for input ends when bytes come, from the event loop and once") {
    Waiting one;
    one.wait(Direction::readable);
    one.turn();
    CHECK(one.woken == 0);
    REQUIRE(tests::send_all(one.wire.client, "x"));
    CHECK(one.woken == 0);
    one.turn();
    CHECK(one.woken == 1);
    REQUIRE(tests::send_all(one.wire.client, "y"));
    one.turn();
    CHECK(one.woken == 1);
}

TEST_CASE("bytes that were there before the socket was registered end the first wait") {
    boost::asio::io_context io;
    Wire wire = tests::local_wire();
    REQUIRE(tests::send_all(wire.client, "early"));
    Readiness readiness(io, wire.server.release());
    int woken = 0;
    readiness.wait(
        Direction::readable, [](void* count) { ++*static_cast<int*>(count); }, &woken);
    CHECK(woken == 0);
    io.poll();
    CHECK(woken == 1);
}

TEST_CASE("one edge after another is told, as long as what came is taken in between") {
    Waiting one;
    for (int round = 1; round <= 20; ++round) {
        one.wait(Direction::readable);
        REQUIRE(tests::send_all(one.wire.client, "x"));
        one.turn();
        REQUIRE(one.woken == round);
        REQUIRE(empty_out(one.readiness.descriptor()) == 1);
    }
}

TEST_CASE("a peer that hangs up ends a wait for input") {
    SECTION("in its direction only") {
        Waiting one;
        one.wait(Direction::readable);
        REQUIRE(::shutdown(one.wire.client.get(), SHUT_WR) == 0);
        one.turn();
        CHECK(one.woken == 1);
    }
    SECTION("altogether") {
        Waiting one;
        one.wait(Direction::readable);
        one.wire.client = base::Descriptor();
        one.turn();
        CHECK(one.woken == 1);
    }
}

TEST_CASE("a wait for room ends when the peer takes what was sent, and not before") {
    Waiting one;
    for (int round = 1; round <= 3; ++round) {
        fill(one.readiness.descriptor());
        one.wait(Direction::writable);
        one.turn();
        CHECK(one.woken == round - 1);
        (void)empty_out(one.wire.client.get());
        one.turn();
        CHECK(one.woken == round);
    }
}

TEST_CASE("a wait for room is not disturbed by input, and ends when the peer is gone") {
    Waiting one;
    fill(one.readiness.descriptor());
    one.wait(Direction::writable);
    REQUIRE(tests::send_all(one.wire.client, "x"));
    one.turn();
    CHECK(one.woken == 0);
    one.wire.client = base::Descriptor();
    one.turn();
    CHECK(one.woken == 1);
}

TEST_CASE("cancelling wakes a pending wait, from the event loop, and leaves the next one alone") {
    Waiting one;
    one.readiness.cancel();
    one.turn();
    CHECK(one.woken == 0);
    one.wait(Direction::readable);
    one.readiness.cancel();
    CHECK(one.woken == 0);
    one.turn();
    CHECK(one.woken == 1);
    one.wait(Direction::readable);
    one.turn();
    CHECK(one.woken == 1);
    REQUIRE(tests::send_all(one.wire.client, "x"));
    one.turn();
    CHECK(one.woken == 2);
}

TEST_CASE("bytes and a cancellation at the same time wake once") {
    Waiting one;
    one.wait(Direction::readable);
    REQUIRE(tests::send_all(one.wire.client, "x"));
    one.readiness.cancel();
    one.turn();
    CHECK(one.woken == 1);
}

TEST_CASE("the descriptor is closed with the object that took it over") {
    boost::asio::io_context io;
    Wire wire = tests::local_wire();
    const int number = wire.server.get();
    {
        const Readiness readiness(io, wire.server.release());
        CHECK(readiness.registered());
        CHECK(readiness.descriptor() == number);
    }
    std::string nothing;
    CHECK(tests::receive_some(wire.client, nothing) == tests::End::hung_up);
}

TEST_CASE("a descriptor that the kernel does not register is told, and harmless") {
    boost::asio::io_context io;
    constexpr int never_open = 1 << 20;
    const Readiness readiness(io, never_open);
    CHECK_FALSE(readiness.registered());
}

}  // namespace readiness_test
