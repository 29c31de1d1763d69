#include "server/net/https_client.hpp"
#include "tests/unit/net/https_calls.hpp"
#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>

#include <ctime>
#include <poll.h>
#include <unistd.h>

namespace https_client_failures_test {

using namespace gatehouse;
using namespace gatehouse::net::testing;
using net::CallStep;
using net::HttpsRequest;
using std::chrono::milliseconds;

namespace pki = certstore::testing;

namespace {

// What a call said when it failed, and at which step.
struct Failure {
    CallStep step = CallStep::done;
    base::Error error;
};

struct Failing : Calling {
    Failing() { believe(CloudKeys::get().authority); }

    Failure failure(HttpsRequest asked) {
        const auto outcome = explain(std::move(asked));
        REQUIRE_FALSE(outcome.response);
        return {outcome.steps.step, outcome.response.error()};
    }
    Failure failure(std::uint16_t port, const std::string& host = "cloud.test") {
        return failure(request(port, "/", host));
    }
};

std::string peer_text(std::uint16_t port) {
    return "cloud.test (127.0.0.1:" + std::to_string(port) + ")";
}

// A server whose certificate the authority issued to that wish.
struct Issued {
    explicit Issued(const pki::Wish& wish, const std::string& key = "EC:P-256")
        : made(pki::make(wish, &CloudKeys::get().authority, key)) {}
    pki::Made made;
    TlsPeer peer{{.chain = {&made}}, answering(ok("never"))};
};

}  // namespace

TEST_CASE("a name that does not resolve is told with the servers that were asked") {
    Failing failing;
    const Failure unknown = failing.failure(443, "nowhere.test");
    CHECK(unknown.step == CallStep::resolving);
    CHECK(unknown.error.code == "name_unknown");
    CHECK(unknown.error.message == failing.dns.endpoint().text() + " knows no nowhere.test.");
    failing.dns.stop();
    const Failure unreachable = failing.failure(443);
    CHECK(unreachable.step == CallStep::resolving);
    CHECK(unreachable.error.message.find(failing.dns.endpoint().text()) != std::string::npos);
}

TEST_CASE("a deadline for resolving is kept") {
    const UdpSocket silent;
    Failing failing;
    net::Networks::Settings settings;
    settings.dirty.servers = {silent.endpoint()};
    failing.networks.choose(settings);
    HttpsRequest request = Failing::request(443);
    request.deadlines.resolving = milliseconds(200);
    const Failure failure = failing.failure(std::move(request));
    CHECK(failure.step == CallStep::resolving);
    CHECK(failure.error.code == "dns_timeout");
    CHECK(failure.error.message.find(silent.endpoint().text() + " did not answer") != std::string::npos);
}

TEST_CASE("a refused connection and a forbidden address are told with the address") {
    Failing failing;
    const std::uint16_t closed = free_port();
    const Failure refused = failing.failure(closed);
    CHECK(refused.step == CallStep::connecting);
    CHECK(refused.error.code == "connect_failed");
    CHECK(refused.error.message ==
          "127.0.0.1:" + std::to_string(closed) + " could not be connected to: Connection refused.");
    const Failure forbidden = failing.failure(closed, "link.test");
    CHECK(forbidden.step == CallStep::connecting);
    CHECK(forbidden.error.code == "address_forbidden");
    CHECK(forbidden.error.message == "169.254.1.1 is a link-local address.");
}

TEST_CASE("by its own policy the client calls not this machine") {
    TlsPeer peer({.chain = {&CloudKeys::get().server}}, answering(ok("never")));
    Calling calling({}, net::refuse_forbidden);
    calling.believe(CloudKeys::get().authority);
    CHECK(calling.code(Calling::request(peer.port())) == "address_forbidden");
    CHECK(calling.code(Calling::request(peer.port(), "/", "::ffff:127.0.0.1")) == "address_forbidden");
    CHECK(peer.accepted() == 0);
    HttpsRequest allowed = Calling::request(peer.port());
    allowed.policy = loopback_allowed;
    CHECK(calling.words(std::move(allowed)) == "never");
}

TEST_CASE("what is no TLS server is told from a TLS server that refuses") {
    Failing failing;
    Listening mail([](int socket) {
        ::send(socket, "220 mail.test ESMTP\r\n", 21, MSG_NOSIGNAL);
        wait_for_end(socket);
    });
    const Failure plain = failing.failure(mail.port());
    CHECK(plain.step == CallStep::tls);
    CHECK(plain.error.code == "not_tls");
    CHECK(plain.error.message == peer_text(mail.port()) + " does not speak TLS.");
    Listening closing([](int socket) { ::shutdown(socket, SHUT_WR), wait_for_end(socket); });
    CHECK(failing.failure(closing.port()).error.message ==
          peer_text(closing.port()) + " closed the connection without an answer to TLS.");
    Listening alerting([](int socket) {
        ::send(socket, "\x15\x03\x03\0\2\2\x50", 7, MSG_NOSIGNAL);
        wait_for_end(socket);
    });
    const Failure alert = failing.failure(alerting.port());
    CHECK(alert.error.code == "tls_alert");
    CHECK(alert.error.message ==
          peer_text(alerting.port()) + " refused the connection by the TLS alert \"internal error\" (80).");
}

TEST_CASE("a server that has neither our TLS versions nor our suites is told so") {
    Failing failing;
    TlsPeer old({.chain = {&CloudKeys::get().server}, .least_version = TLS1_VERSION, .most_version = TLS1_1_VERSION},
                answering(ok("never")));
    const Failure versions = failing.failure(old.port());
    CHECK(versions.step == CallStep::tls);
    CHECK(versions.error.code == "tls_alert");
    CHECK(versions.error.message ==
          peer_text(old.port()) + " refused the connection by the TLS alert \"protocol version\" (70).");
    CHECK(versions.error.advice == "It has to speak TLS 1.2 or 1.3 with ECDHE and AES-GCM or ChaCha20.");
    // One so old that it does not know what we offered: its ServerHello says TLS 1.0 (RFC 2246, 7.4.1.3).
    const std::string hello =
        std::string("\x16\x03\x01\0\x2a\2\0\0\x26\x03\x01", 11) + std::string(32, 'r') + std::string("\0\xc0\x09\0", 4);
    Listening ancient([hello](int socket) {
        ::send(socket, hello.data(), hello.size(), MSG_NOSIGNAL);
        wait_for_end(socket);
    });
    const Failure unknown = failing.failure(ancient.port());
    CHECK(unknown.error.code == "tls_versions");
    CHECK(unknown.error.message == peer_text(ancient.port()) + " speaks neither TLS 1.2 nor TLS 1.3.");
    TlsPeer weak({.chain = {&CloudKeys::get().server},
                  .most_version = TLS1_2_VERSION,
                  .suites_1_2 = "ECDHE-ECDSA-AES128-SHA256"},
                 answering(ok("never")));
    const Failure suites = failing.failure(weak.port());
    CHECK(suites.error.code == "tls_alert");
    CHECK(suites.error.message ==
          peer_text(weak.port()) + " refused the connection by the TLS alert \"handshake failure\" (40).");
    CHECK(suites.error.advice == "It has to speak TLS 1.2 or 1.3 with ECDHE and AES-GCM or ChaCha20.");
}

TEST_CASE("TLS 1.2 is spoken where a server has no other") {
    TlsPeer peer({.chain = {&CloudKeys::get().server}, .most_version = TLS1_2_VERSION}, answering(ok("twelve")));
    Failing failing;
    const auto outcome = failing.explain(Failing::request(peer.port()));
    REQUIRE(outcome.response);
    CHECK(outcome.response->body == "twelve");
    CHECK(outcome.steps.tls.version == "TLSv1.2");
    CHECK(outcome.steps.tls.cipher == "ECDHE-ECDSA-AES128-GCM-SHA256");
}

TEST_CASE("a server that demands a certificate of ours says so by its alert") {
    TlsPeer peer({.chain = {&CloudKeys::get().server}, .demands_certificate = true}, answering(ok("never")));
    Failing failing;
    const Failure failure = failing.failure(peer.port());
    CHECK(failure.error.code == "tls_alert");
    INFO(failure.error.text());
    CHECK(failure.error.message.find("certificate required") != std::string::npos);
    CHECK(failure.error.advice == "It demands a certificate of its clients, and none can be set here.");
    TlsPeer older({.chain = {&CloudKeys::get().server}, .most_version = TLS1_2_VERSION, .demands_certificate = true},
                  answering(ok("never")));
    const Failure vague = failing.failure(older.port());
    CHECK(vague.error.message ==
          peer_text(older.port()) + " refused the connection by the TLS alert \"handshake failure\" (40).");
    CHECK(vague.error.advice ==
          "It may demand a certificate of its clients, and none can be set here; else look into that server's log.");
}

TEST_CASE("a server of another name is not believed, and the names it has are shown") {
    Issued wrong(server_wish("DNS:gate.test,DNS:*.wild.test,IP:192.0.2.1"));
    Failing failing;
    const Failure failure = failing.failure(wrong.peer.port());
    CHECK(failure.step == CallStep::tls);
    CHECK(failure.error.code == "certificate_name_mismatch");
    CHECK(failure.error.message ==
          "cloud.test is not trusted: the certificate CN=server is for gate.test, *.wild.test, 192.0.2.1, not for "
          "cloud.test.");
    CHECK(failure.error.advice == "Check the URL, or have a certificate issued there that names cloud.test.");
    CHECK(failing.failure(wrong.peer.port(), "127.0.0.1").error.code == "certificate_name_mismatch");
}

TEST_CASE("a certificate out of its time is not believed, and its time is told") {
    Failing failing;
    pki::Wish wish = server_wish("DNS:cloud.test");
    wish.not_before = 1577836800;  // 2020-01-01
    wish.not_after = 1609459199;
    Issued expired(wish);
    const Failure late = failing.failure(expired.peer.port());
    CHECK(late.error.code == "certificate_expired");
    CHECK(late.error.message ==
          "cloud.test is not trusted: the certificate CN=server expired on 2020-12-31 23:59 UTC.");
    CHECK(late.error.advice == "It has to be renewed on that server.");
    wish.not_before = 4102444800;  // 2100-01-01
    wish.not_after = 4102531200;
    Issued coming(wish);
    const Failure early = failing.failure(coming.peer.port());
    CHECK(early.error.code == "certificate_not_yet_valid");
    CHECK(early.error.message.find("is valid only from 2100-01-01 00:00 UTC; this machine's clock says ") !=
          std::string::npos);
}

TEST_CASE("a weak key and a certificate that is for no server are not believed") {
    Failing failing;
    Issued weak(server_wish("DNS:cloud.test"), "RSA:1024");
    const Failure key = failing.failure(weak.peer.port());
    CHECK(key.error.code == "certificate_weak");
    CHECK(key.error.message ==
          "cloud.test is not trusted: the key of the certificate CN=server (RSA 1024) is too weak.");
    pki::Wish wish = server_wish("DNS:cloud.test");
    wish.extended_key_usage = "clientAuth";
    Issued client(wish);
    CHECK(failing.failure(client.peer.port()).error.code == "certificate_unsuited");
}

TEST_CASE("a server that does not go on is given up at each step, and the step is told") {
    Failing failing;
    Listening silent([](int socket) { wait_for_end(socket); });
    HttpsRequest shaking = Failing::request(silent.port());
    shaking.deadlines.tls = milliseconds(200);
    const Failure tls = failing.failure(std::move(shaking));
    CHECK(tls.step == CallStep::tls);
    CHECK(tls.error.code == "tls_timeout");
    CHECK(tls.error.message ==
          peer_text(silent.port()) + " accepted the connection, but did not end the TLS handshake in time.");

    TlsPeer mute({.chain = {&CloudKeys::get().server}}, [](Conversation& conversation) { conversation.wait(); });
    HttpsRequest asking = Failing::request(mute.port());
    asking.deadlines.head = milliseconds(200);
    const Failure head = failing.failure(std::move(asking));
    CHECK(head.step == CallStep::head);
    CHECK(head.error.code == "answer_timeout");
    CHECK(head.error.message == peer_text(mute.port()) + " did not answer in time.");

    HttpsRequest sending = Failing::request(mute.port());
    sending.method = "POST";
    sending.body.assign(std::size_t{64} * 1024 * 1024, 'x');
    sending.deadlines.sending = milliseconds(500);
    TlsPeer deaf({.chain = {&CloudKeys::get().server}}, [](Conversation& conversation) {
        pollfd gone{SSL_get_fd(conversation.ssl()), POLLRDHUP, 0};
        ::poll(&gone, 1, -1);
    });
    sending.url.port = deaf.port();
    const Failure send = failing.failure(std::move(sending));
    CHECK(send.step == CallStep::sending);
    CHECK(send.error.code == "send_timeout");

    TlsPeer halting({.chain = {&CloudKeys::get().server}}, [](Conversation& conversation) {
        conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        conversation.wait();
    });
    HttpsRequest reading = Failing::request(halting.port());
    reading.deadlines.body = milliseconds(200);
    const Failure body = failing.failure(std::move(reading));
    CHECK(body.step == CallStep::body);
    CHECK(body.error.code == "answer_timeout");
    CHECK(body.error.message == peer_text(halting.port()) + " did not go on with its answer in time.");

    HttpsRequest all = Failing::request(mute.port());
    all.deadlines.whole = milliseconds(300);
    CHECK(failing.failure(std::move(all)).step == CallStep::head);
}

TEST_CASE("a server that drips its answer is given up when the call's whole time is over") {
    TlsPeer dripping({.chain = {&CloudKeys::get().server}}, [](Conversation& conversation) {
        conversation.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
        while (conversation.say("."))
            ::usleep(10000);
    });
    Failing failing;
    HttpsRequest request = Failing::request(dripping.port());
    request.deadlines.whole = milliseconds(500);
    const Failure failure = failing.failure(std::move(request));
    CHECK(failure.step == CallStep::body);
    CHECK(failure.error.code == "answer_timeout");
}

TEST_CASE("a request that would say more than it seems to is never sent") {
    Failing failing;
    for (const auto& [field, value] : std::vector<std::pair<std::string, std::string>>{{"X", "a\r\nHost: evil"},
                                                                                       {"X", std::string("a\0b", 3)},
                                                                                       {"X\r\nY", "a"},
                                                                                       {"X:", "a"},
                                                                                       {"", "a"},
                                                                                       {"host", "evil"},
                                                                                       {"Content-Length", "0"},
                                                                                       {"Transfer-Encoding", "chunked"},
                                                                                       {"Connection", "close"}}) {
        CAPTURE(field, value);
        HttpsRequest request = Failing::request(443);
        request.fields = {{field, value}};
        const Failure failure = failing.failure(std::move(request));
        CHECK(failure.step == CallStep::preparing);
        CHECK(failure.error.code == "request_invalid");
    }
    HttpsRequest method = Failing::request(443);
    method.method = "GET /other";
    CHECK(failing.code(std::move(method)) == "request_invalid");
    HttpsRequest target = Failing::request(443, "/a HTTP/1.1\r\nX: y");
    CHECK(failing.code(std::move(target)) == "request_invalid");
    HttpsRequest user = Failing::request(443);
    user.credentials = {"a:b", base::Secret(std::string_view("x"))};
    CHECK(failing.code(std::move(user)) == "request_invalid");
    HttpsRequest password = Failing::request(443);
    password.credentials = {"a", base::Secret(std::string_view("x\r\ny"))};
    CHECK(failing.code(std::move(password)) == "request_invalid");
    HttpsRequest both = Failing::request(443);
    both.credentials = {"a", base::Secret(std::string_view("x"))};
    both.fields = {{"Authorization", "Bearer x"}};
    CHECK(failing.code(std::move(both)) == "request_invalid");
}

}  // namespace https_client_failures_test
