// Sealing and opening of session tickets by itself; with a door's whole policy around it in context.cpp.
#include "certstore/tickets.hpp"

#include "tests/unit/certstore/certificates.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>

#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gatehouse::certstore::tickets_test {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;

constexpr std::size_t name_bytes = 16;

std::shared_ptr<const TicketKey> new_key() {
    return TicketKey::generate().value();
}

// A plain server with these ticket keys.
ContextPtr server_with(const TicketKeys& keys) {
    static const auto made = testing::make({});
    ContextPtr context(SSL_CTX_new(TLS_server_method()));
    REQUIRE(SSL_CTX_use_certificate(context.get(), made.certificate.get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(context.get(), made.key.get()) == 1);
    SSL_CTX_set_num_tickets(context.get(), 1);
    SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>("test"), 4);
    REQUIRE(seal_tickets_with(context.get(), keys));
    return context;
}

// What a client has after one connection.
struct Visit {
    SessionPtr session;
    bool resumed = false;
    std::string ticket;
};

std::string ticket_of(const SSL_SESSION* session) {
    const unsigned char* bytes = nullptr;
    std::size_t size = 0;
    SSL_SESSION_get0_ticket(session, &bytes, &size);
    return {reinterpret_cast<const char*>(bytes), size};
}

Visit visit(SSL_CTX* server_context, int version, SSL_SESSION* session = nullptr) {
    ERR_clear_error();
    const ContextPtr client_context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(client_context.get(), version);
    SSL_CTX_set_max_proto_version(client_context.get(), version);
    const SslPtr client(SSL_new(client_context.get()));
    const SslPtr server(SSL_new(server_context));
    BIO* client_end = nullptr;
    BIO* server_end = nullptr;
    REQUIRE(BIO_new_bio_pair(&client_end, 1U << 16U, &server_end, 1U << 16U) == 1);
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    if (session != nullptr) REQUIRE(SSL_set_session(client.get(), session) == 1);
    int done = 0;
    for (int i = 0; i < 10 && done < 2; ++i)
        done = (SSL_do_handshake(client.get()) == 1 ? 1 : 0) + (SSL_do_handshake(server.get()) == 1 ? 1 : 0);
    INFO(drain_openssl_errors());
    REQUIRE(done == 2);
    // A byte for the client, so that it takes the tickets of TLS 1.3.
    char byte = 'x';
    std::size_t moved = 0;
    REQUIRE(SSL_write_ex(server.get(), &byte, 1, &moved) == 1);
    REQUIRE(SSL_read_ex(client.get(), &byte, 1, &moved) == 1);
    Visit made;
    made.session.reset(SSL_SESSION_dup(SSL_get0_session(client.get())));
    made.resumed = SSL_session_reused(client.get()) == 1;
    made.ticket = ticket_of(made.session.get());
    return made;
}

// The same session with another ticket.
SessionPtr with_ticket(const SSL_SESSION* session, const std::string& from, const std::string& to) {
    unsigned char* encoded = nullptr;
    const int size = i2d_SSL_SESSION(session, &encoded);
    std::string bytes(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(size));
    OPENSSL_free(encoded);
    const std::size_t at = bytes.find(from);
    REQUIRE(at != std::string::npos);
    REQUIRE(from.size() == to.size());
    bytes.replace(at, to.size(), to);
    const auto* start = reinterpret_cast<const unsigned char*>(bytes.data());
    SessionPtr changed(d2i_SSL_SESSION(nullptr, &start, static_cast<long>(bytes.size())));
    REQUIRE(changed);
    return changed;
}

TEST_CASE("ticket keys are 80 random bytes, each time others") {
    std::set<std::string> seen;
    for (int i = 0; i < 20; ++i) {
        const auto key = new_key();
        CHECK(key->bytes.size() == 80);
        seen.emplace(key->bytes.reveal());
    }
    CHECK(seen.size() == 20);
}

TEST_CASE("a ticket bears the name of the key that sealed it, and nothing else of that key") {
    const auto key = new_key();
    const ContextPtr server = server_with({key, nullptr});
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const std::string ticket = visit(server.get(), version).ticket;
        const std::string_view bytes = key->bytes.reveal();
        CHECK(ticket.substr(0, name_bytes) == bytes.substr(0, name_bytes));
        CHECK(ticket.find(bytes.substr(name_bytes, 32)) == std::string::npos);
        CHECK(ticket.find(bytes.substr(name_bytes + 32)) == std::string::npos);
    }
}

TEST_CASE("no two tickets are alike") {
    const ContextPtr server = server_with({new_key(), nullptr});
    const std::string one = visit(server.get(), TLS1_2_VERSION).ticket;
    const std::string two = visit(server.get(), TLS1_2_VERSION).ticket;
    CHECK(one.substr(0, name_bytes) == two.substr(0, name_bytes));
    CHECK(one.substr(name_bytes, 16) != two.substr(name_bytes, 16));
}

TEST_CASE("whoever has the same key opens the ticket, whichever context sealed it") {
    const auto key = new_key();
    const ContextPtr one = server_with({key, nullptr});
    const ContextPtr two = server_with({key, nullptr});
    const ContextPtr other = server_with({new_key(), nullptr});
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const Visit first = visit(one.get(), version);
        CHECK_FALSE(first.resumed);
        CHECK(visit(two.get(), version, first.session.get()).resumed);
        CHECK_FALSE(visit(other.get(), version, first.session.get()).resumed);
    }
}

TEST_CASE("a ticket that somebody changed anywhere is worth nothing, and the handshake succeeds without it") {
    const ContextPtr server = server_with({new_key(), nullptr});
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const Visit first = visit(server.get(), version);
        for (const std::size_t at : {std::size_t{0}, name_bytes, name_bytes + 16, first.ticket.size() / 2,
                                     first.ticket.size() - 33, first.ticket.size() - 1}) {
            CAPTURE(at);
            std::string changed = first.ticket;
            changed[at] = static_cast<char>(changed[at] ^ 1);
            const SessionPtr session = with_ticket(first.session.get(), first.ticket, changed);
            CHECK_FALSE(visit(server.get(), version, session.get()).resumed);
        }
    }
}

TEST_CASE("keys go with the context they were given to, and not before") {
    const auto current = new_key();
    const auto former = new_key();
    {
        const ContextPtr server = server_with({current, former});
        CHECK(current.use_count() == 2);
        // A connection keeps its context, and with it the keys.
        const SslPtr connection(SSL_new(server.get()));
        CHECK(former.use_count() == 2);
    }
    CHECK(current.use_count() == 1);
    CHECK(former.use_count() == 1);
}

TEST_CASE("without a current key a context is refused") {
    const ContextPtr context(SSL_CTX_new(TLS_server_method()));
    CHECK_FALSE(seal_tickets_with(context.get(), {}));
    CHECK_FALSE(seal_tickets_with(context.get(), {nullptr, new_key()}));
    ERR_clear_error();
}

TEST_CASE("several threads shake hands with one context at once") {
    const auto key = new_key();
    const ContextPtr server = server_with({key, nullptr});
    const Visit first = visit(server.get(), TLS1_3_VERSION);
    std::vector<SessionPtr> sessions;
    for (int i = 0; i < 4; ++i)
        sessions.emplace_back(SSL_SESSION_dup(first.session.get()));
    std::vector<int> resumed(sessions.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        threads.emplace_back([&, i] {
            const ContextPtr client_context(SSL_CTX_new(TLS_client_method()));
            for (int j = 0; j < 10; ++j) {
                const SessionPtr session(SSL_SESSION_dup(sessions[i].get()));
                const SslPtr client(SSL_new(client_context.get()));
                const SslPtr connection(SSL_new(server.get()));
                BIO* client_end = nullptr;
                BIO* server_end = nullptr;
                BIO_new_bio_pair(&client_end, 1U << 16U, &server_end, 1U << 16U);
                SSL_set_bio(client.get(), client_end, client_end);
                SSL_set_bio(connection.get(), server_end, server_end);
                SSL_set_connect_state(client.get());
                SSL_set_accept_state(connection.get());
                SSL_set_session(client.get(), session.get());
                for (int step = 0; step < 5; ++step) {
                    SSL_do_handshake(client.get());
                    SSL_do_handshake(connection.get());
                }
                resumed[i] += SSL_session_reused(client.get());
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    CHECK(resumed == std::vector<int>(sessions.size(), 10));
}

}  // namespace
}  // namespace gatehouse::certstore::tickets_test
