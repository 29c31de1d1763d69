#include "server/net/tls_connection.hpp"

#include "server/net/worker.hpp"
#include "tests/unit/net/context.hpp"
#include "tests/unit/net/tls_client.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>

#include <array>
#include <string>
#include <sys/socket.h>

namespace tls_connection_test {

using namespace gatehouse;
using net::BufferPool;
using net::Io;
using net::TlsConnection;
using tests::End;
using tests::TlsClient;
using tests::Wire;

namespace {

// Both ends on one thread: nothing waits, so each step is the test's own.
class Ends {
public:
    explicit Ends(int version = TLS1_3_VERSION, Wire wire = tests::local_wire())
        : client(std::move(wire.client), version), server(worker, wire.server.release(), *tests::any_context()) {
        ERR_clear_error();
        REQUIRE(server.usable());
    }
    ~Ends() { ERR_clear_error(); }
    Ends(const Ends&) = delete;
    Ends& operator=(const Ends&) = delete;

    // What the event loop does before each step.
    Io shake_hands() {
        server.woken();
        return server.handshake();
    }
    void meet() {
        Io shaken = Io::want_read;
        for (int i = 0; i < 4 && (shaken != Io::done || SSL_is_init_finished(client.ssl()) != 1); ++i) {
            REQUIRE(client.push(client.next_flight()));
            if (shaken != Io::done) shaken = shake_hands();
            if (shaken == Io::done) REQUIRE(server.flush() == Io::done);
            (void)client.pull();
        }
        (void)client.next_flight();  // takes the server's last one
        REQUIRE(shaken == Io::done);
        REQUIRE(SSL_is_init_finished(client.ssl()) == 1);
    }
    // One read; what came is appended to `received`.
    Io read(bool woken = true) {
        if (woken) server.woken();
        std::array<char, 16 * 1024> bytes;
        std::size_t got = 0;
        const Io io = server.read(bytes, got);
        if (io == Io::done) received.append(bytes.data(), got);
        return io;
    }
    // Everything that can be read.
    Io read_all() {
        Io io = Io::done;
        while (io == Io::done || io == Io::yield)
            io = read();
        return io;
    }
    // Whether the next block of this size from the pool is this very one: nobody else has it then.
    [[nodiscard]] bool in_pool(const char* block, std::size_t size) {
        return worker.buffers().take(size).data() == block;
    }

    net::Worker worker;
    TlsClient client;
    TlsConnection server;
    std::string received;
};

// Bytes of which no two stretches are alike.
std::string text_of(std::size_t size) {
    std::string text;
    text.reserve(size + 8);
    for (std::size_t i = 0; text.size() < size; ++i)
        text += std::to_string(i) + ' ';
    text.resize(size);
    return text;
}

}  // namespace

// ---------------------------------------------------------------- the handshake

TEST_CASE("a handshake succeeds however small the pieces are in which it comes") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    Ends ends(version);
    Io shaken = Io::want_read;
    for (int flight = 0; flight < 3 && shaken != Io::done; ++flight) {
        const std::string bytes = ends.client.next_flight();
        for (const char byte : bytes) {
            REQUIRE(shaken == Io::want_read);
            REQUIRE(ends.client.push({&byte, 1}));
            shaken = ends.shake_hands();
        }
        (void)ends.client.pull();
    }
    CHECK(shaken == Io::done);
}

TEST_CASE("a step that finds nothing asks to be called when the socket is readable") {
    Ends ends;
    CHECK(ends.server.handshake() == Io::want_read);
    CHECK(ends.shake_hands() == Io::want_read);
    ends.meet();
    CHECK(ends.read() == Io::want_read);
}

TEST_CASE("a client that offers nothing this door takes is refused with an alert") {
    Ends ends(TLS1_2_VERSION);
    REQUIRE(SSL_set_cipher_list(ends.client.ssl(), "AES128-SHA") == 1);
    REQUIRE(ends.client.push(ends.client.next_flight()));
    CHECK(ends.shake_hands() == Io::closed);
    CHECK_THAT(certstore::drain_openssl_errors(), Catch::Contains("no shared cipher"));
    CHECK(ends.client.wait_for_end() == End::broken);
}

TEST_CASE("a peer that is gone, or hangs up in the middle of its first message, ends the handshake") {
    Ends ends;
    SECTION("before a byte") {
        ends.client.hang_up();
    }
    SECTION("in the middle") {
        REQUIRE(ends.client.push(ends.client.next_flight().substr(0, 100)));
        CHECK(ends.shake_hands() == Io::want_read);
        ends.client.hang_up_half();
    }
    CHECK(ends.shake_hands() == Io::closed);
}

TEST_CASE("a connection keeps its context alive, whoever lets go of it") {
    auto own = tests::context_with(certstore::testing::make({}));
    Wire wire = tests::local_wire();
    net::Worker worker;
    TlsClient client(std::move(wire.client));
    TlsConnection server(worker, wire.server.release(), *own);
    own.reset();
    for (int i = 0; i < 3; ++i) {
        REQUIRE(client.push(client.next_flight()));
        server.woken();
        if (server.handshake() == Io::done) break;
        (void)client.pull();
    }
    CHECK(SSL_is_init_finished(client.ssl()) == 1);
}

TEST_CASE("a socket that epoll does not take makes a connection that says so") {
    net::Worker worker;
    constexpr int never_open = 1 << 20;
    const TlsConnection server(worker, never_open, *tests::any_context());
    CHECK_FALSE(server.usable());
}

// ---------------------------------------------------------------- reading

TEST_CASE("a record is read whole when its last byte has come, in however many pieces") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    Ends ends(version);
    ends.meet();
    const std::string text = text_of(2000);
    const std::string record = ends.client.seal(text);
    for (std::size_t i = 0; i + 1 < record.size(); ++i) {
        REQUIRE(ends.client.push(record.substr(i, 1)));
        REQUIRE(ends.read() == Io::want_read);
    }
    REQUIRE(ends.client.push(record.substr(record.size() - 1)));
    CHECK(ends.read() == Io::done);
    CHECK(ends.received == text);
}

TEST_CASE("a record cut anywhere in two is the same record") {
    Ends ends;
    ends.meet();
    for (std::size_t cut = 1; cut < 40; ++cut) {
        const std::string record = ends.client.seal("0123456789");
        REQUIRE(ends.client.push(record.substr(0, cut)));
        if (cut < record.size()) REQUIRE(ends.read() == Io::want_read);
        REQUIRE(ends.client.push(record.substr(std::min(cut, record.size()))));
        REQUIRE(ends.read() == Io::done);
        REQUIRE(ends.received == "0123456789");
        ends.received.clear();
    }
}

TEST_CASE("records that came together are read one after the other, without the socket being asked again") {
    Ends ends;
    ends.meet();
    std::string records;
    for (const char* text : {"one", "two", "three"})
        records += ends.client.seal(text);
    REQUIRE(ends.client.push(records));
    CHECK(ends.read() == Io::done);
    CHECK(ends.server.has_input());
    ends.client.hang_up();
    CHECK(ends.read(false) == Io::done);
    CHECK(ends.read(false) == Io::done);
    CHECK(ends.received == "onetwothree");
    CHECK_FALSE(ends.server.has_input());
}

TEST_CASE("more than one receive holds is read on without waiting, because there is no second edge for it") {
    Ends ends;
    ends.meet();
    const std::string text = text_of(100'000);
    REQUIRE(ends.client.say(text));
    ends.server.woken();
    while (ends.received.size() < text.size())
        REQUIRE(ends.read(false) == Io::done);
    CHECK(ends.received == text);
    CHECK(ends.read(false) == Io::want_read);
}

TEST_CASE("a small place for plaintext gets it bit by bit, and what is left counts as input") {
    Ends ends;
    ends.meet();
    REQUIRE(ends.client.say("0123456789"));
    ends.server.woken();
    for (const char expected : std::string("0123456789")) {
        char byte = 0;
        std::size_t got = 0;
        REQUIRE(ends.server.read({&byte, 1}, got) == Io::done);
        REQUIRE(got == 1);
        CHECK(byte == expected);
        CHECK(ends.server.has_input() == (expected != '9'));
    }
}

TEST_CASE("bytes that somebody changed on the way end the connection, and leave nothing in OpenSSL's queue") {
    Ends ends;
    ends.meet();
    std::string record = ends.client.seal("secret");
    record.back() = static_cast<char>(record.back() ^ 1);
    REQUIRE(ends.client.push(record));
    CHECK(ends.read() == Io::closed);
    CHECK(ERR_peek_error() == 0);
    CHECK(ends.client.wait_for_end() == End::broken);
}

TEST_CASE("what a peer sent before it hung up is read first, then its end is told") {
    Ends ends;
    ends.meet();
    REQUIRE(ends.client.say("last words"));
    SECTION("with close_notify") {
        REQUIRE(ends.client.push(ends.client.goodbye()));
    }
    SECTION("without it") {
        ends.client.hang_up_half();
    }
    CHECK(ends.read() == Io::done);
    CHECK(ends.received == "last words");
    CHECK(ends.read() == Io::closed);
}

TEST_CASE("a peer that has ended its direction still takes an answer") {
    Ends ends;
    ends.meet();
    REQUIRE(ends.client.say("question"));
    ends.client.hang_up_half();
    REQUIRE(ends.read() == Io::done);
    CHECK(ends.read() == Io::closed);
    REQUIRE(ends.server.write("answer"));
    CHECK(ends.server.flush() == Io::done);
    CHECK(ends.client.hear() == "answer");
}

// ---------------------------------------------------------------- records without a byte for us

TEST_CASE("content between records without it is read, and their count begins anew") {
    Ends ends;
    ends.meet();
    for (int round = 0; round < 3; ++round) {
        std::string bytes;
        while (bytes.size() < 15'000)
            bytes += ends.client.empty_record();
        REQUIRE(ends.client.push(bytes + ends.client.seal("still here")));
        ends.received.clear();
        CHECK(ends.read_all() == Io::want_read);
        CHECK(ends.received == "still here");
    }
}

TEST_CASE("a record of which nearly all has come is read with the rest, whatever comes right behind it") {
    Ends ends;
    ends.meet();
    constexpr std::size_t nearly_a_record = 16'000;
    const std::string text = text_of(60'000);
    const std::string sealed = ends.client.seal(text);
    REQUIRE(ends.client.push(std::string_view(sealed).substr(0, nearly_a_record)));
    REQUIRE(ends.read() == Io::want_read);
    REQUIRE(ends.client.push(std::string_view(sealed).substr(nearly_a_record)));
    CHECK(ends.read_all() == Io::want_read);
    CHECK((ends.received == text));  // without showing it
}

TEST_CASE("a peer that makes us answer must take the answers: until then nothing more of it is read") {
    Wire wire = tests::local_wire();
    const int little = 4096;
    REQUIRE(::setsockopt(wire.server.get(), SOL_SOCKET, SO_SNDBUF, &little, sizeof little) == 0);
    Ends ends(TLS1_3_VERSION, std::move(wire));
    ends.meet();
    (void)ends.client.pull();
    std::string updates;
    while (updates.size() < 28'000)
        updates += ends.client.empty_record(SSL_KEY_UPDATE_REQUESTED);
    REQUIRE(ends.client.push(updates));
    Io io = Io::yield;
    for (int i = 0; i < 1000 && io == Io::yield; ++i)
        io = ends.read();
    REQUIRE(io == Io::want_write);
    CHECK(ends.read() == Io::want_write);
    while (io != Io::want_read) {  // a client that reads gets them all, in order: each one changes its key
        REQUIRE((io == Io::want_write || io == Io::yield));
        (void)ends.client.hear();
        REQUIRE(ends.client.end() == End::no_answer);
        io = ends.read();
    }
    REQUIRE(ends.server.write("under the last key"));
    REQUIRE(ends.server.flush() == Io::done);
    CHECK(ends.client.hear() == "under the last key");
}

TEST_CASE("an attempt to renegotiate is refused with a warning, which ends nothing on our side") {
    Ends ends(TLS1_2_VERSION);
    ends.meet();
    REQUIRE(SSL_renegotiate(ends.client.ssl()) == 1);
    REQUIRE(ends.client.push(ends.client.next_flight()));
    CHECK(ends.read() == Io::want_read);
    (void)ends.client.pull();
    (void)ends.client.next_flight();
    CHECK_THAT(ends.client.words(), Catch::Contains("no renegotiation"));
    REQUIRE(ends.server.write("still here"));
    CHECK(ends.server.flush() == Io::done);
}

// ---------------------------------------------------------------- writing

TEST_CASE("writing never waits; sending goes as far as the peer takes it, and loses nothing") {
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    Ends ends(version);
    ends.meet();
    const std::string text = text_of(3'000'000);
    REQUIRE(ends.server.write(text));
    REQUIRE(ends.server.flush() == Io::want_write);
    const std::uint64_t sent = ends.server.bytes_sent();
    CHECK(sent < text.size());
    CHECK(ends.server.flush() == Io::want_write);
    CHECK(ends.server.bytes_sent() == sent);
    std::string heard;
    Io io = Io::want_write;
    while (io == Io::want_write) {
        heard += ends.client.hear();
        io = ends.server.flush();
    }
    REQUIRE(io == Io::done);
    while (heard.size() < text.size()) {
        const std::string more = ends.client.hear();
        REQUIRE_FALSE(more.empty());
        heard += more;
    }
    CHECK(heard == text);
    CHECK(ends.server.bytes_sent() > text.size());
}

TEST_CASE("what was written while the peer took nothing follows in order, however little it was each time") {
    Ends ends;
    ends.meet();
    const std::string text = text_of(400'000);
    for (std::size_t at = 0; at < text.size(); at += 1000) {
        REQUIRE(ends.server.write(std::string_view(text).substr(at, 1000)));
        REQUIRE(ends.server.flush() != Io::closed);
    }
    std::string heard;
    while (heard.size() < text.size()) {
        const std::string more = ends.client.hear();
        if (more.empty()) REQUIRE(ends.client.end() == End::no_answer);
        heard += more;
        REQUIRE(ends.server.flush() != Io::closed);
    }
    CHECK(heard == text);
}

TEST_CASE("a peer that is gone ends the sending, without a signal to the process") {
    Ends ends;
    ends.meet();
    ends.client.hang_up();
    REQUIRE(ends.server.write(text_of(1000)));
    CHECK(ends.server.flush() == Io::closed);
}

TEST_CASE("a whole flight leaves in one piece, whatever it is made of") {
    Ends ends;
    ends.meet();
    (void)ends.client.pull();
    const std::uint64_t before = ends.server.bytes_sent();
    REQUIRE(ends.server.write("head"));
    REQUIRE(ends.server.write("body"));
    CHECK(ends.server.bytes_sent() == before);
    CHECK(ends.server.flush() == Io::done);
    CHECK(ends.server.bytes_sent() > before);
    CHECK(ends.client.hear() == "head");
    CHECK(ends.client.hear() == "body");
}

TEST_CASE("what the peer is owed leaves before it is waited for") {
    Ends ends;
    ends.meet();
    REQUIRE(ends.server.write("HTTP/1.1 100 Continue\r\n\r\n"));
    CHECK(ends.read() == Io::want_read);
    CHECK(ends.client.hear() == "HTTP/1.1 100 Continue\r\n\r\n");
}

// ---------------------------------------------------------------- buffers

TEST_CASE("an idle connection holds no buffer") {
    Ends ends;
    ends.meet();
    REQUIRE(ends.read() == Io::want_read);  // tickets leave
    const char* const in = ends.worker.buffers().take(BufferPool::small).data();
    REQUIRE(ends.client.say("question"));
    REQUIRE(ends.read() == Io::done);
    REQUIRE(ends.server.write("answer"));
    REQUIRE(ends.server.flush() == Io::done);
    REQUIRE(ends.read() == Io::want_read);
    CHECK(ends.in_pool(in, BufferPool::small));
}

TEST_CASE("a connection that waits for the rest of a record holds no buffer of the worker's meanwhile") {
    Ends ends;
    ends.meet();
    REQUIRE(ends.read() == Io::want_read);
    const char* const in = ends.worker.buffers().take(BufferPool::small).data();
    REQUIRE(ends.client.push(ends.client.seal("question").substr(0, 10)));
    REQUIRE(ends.read() == Io::want_read);
    CHECK(ends.in_pool(in, BufferPool::small));
}

// ---------------------------------------------------------------- the end

TEST_CASE(
    "goodbye is close_notify, then the end of our direction; what still comes is thrown away until the peer ends") {
    Ends ends;
    ends.meet();
    ends.server.say_goodbye();
    REQUIRE(ends.server.flush() == Io::done);
    CHECK(ends.server.linger() == Io::want_read);
    CHECK(ends.client.wait_for_end() == End::goodbye);
    CHECK_FALSE(ends.client.pull());
    CHECK(ends.client.end() == End::hung_up);
    for (int i = 0; i < 3; ++i) {
        REQUIRE(ends.client.push("more of a body that nobody wants"));
        ends.server.woken();
        CHECK(ends.server.linger() == Io::want_read);
    }
    ends.client.hang_up();
    ends.server.woken();
    CHECK(ends.server.linger() == Io::closed);
}

TEST_CASE("a peer that was gone before lingering began is not waited for") {
    Ends ends;
    ends.meet();
    ends.client.hang_up();
    CHECK(ends.server.linger() == Io::closed);
}

TEST_CASE("lingering has an end, however much a peer sends") {
    Ends ends;
    ends.meet();
    REQUIRE(ends.server.linger() == Io::want_read);
    const std::string unwanted(50'000, 'x');
    std::size_t sent = 0;
    Io io = Io::want_read;
    while (io == Io::want_read && sent < 10'000'000) {
        REQUIRE(ends.client.push(unwanted));
        sent += unwanted.size();
        ends.server.woken();
        io = ends.server.linger();
    }
    CHECK(io == Io::closed);
    CHECK(sent > 1'000'000);
    CHECK(sent < 1'200'000);
}

TEST_CASE("before the handshake is done there is no close_notify to say") {
    Ends ends;
    ends.server.say_goodbye();
    CHECK(ends.server.flush() == Io::done);
    CHECK(ends.server.bytes_sent() == 0);
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("after goodbye nothing more can be written") {
    Ends ends;
    ends.meet();
    ends.server.say_goodbye();
    CHECK_FALSE(ends.server.write("one more thing"));
    CHECK(ERR_peek_error() == 0);
}

}  // namespace tls_connection_test
