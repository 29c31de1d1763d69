#include "server/http/session_log.hpp"

#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>

#include <string>

namespace session_log_test {

using namespace gatehouse;
using http::HandshakeEnd;

namespace {

const net::Address peer = net::Address::parse("192.0.2.7").value();

// The admin door, and what is logged of it.
struct Door {
    explicit Door(base::LogLevel level) : log(level) {
        site.interface = config::Interface::admin;
        site.log = &log;
        ERR_clear_error();
    }
    [[nodiscard]] bool logged(std::string_view words) const { return errors.text().find(words) != std::string::npos; }

    tests::CapturedErrors errors;
    base::Log log;
    http::Site site;
};

}  // namespace

TEST_CASE("a request is logged with who asked for what, without its query, and what became of it") {
    const Door door(base::LogLevel::debug);
    http::Request request;
    request.method_text = "GET";
    request.target = "/reset?token=secret";
    request.path = "/reset";
    request.query = "token=secret";
    http::log_access(door.site, peer, request, 404);
    CHECK(
        door.logged("http.request: GET /reset "
                    "(interface=admin peer=192.0.2.7 method=GET path=/reset status=404)"));
    CHECK_FALSE(door.logged("secret"));
}

TEST_CASE("a handshake that failed is logged with our reason, or OpenSSL's, or that the client hung up") {
    const Door door(base::LogLevel::debug);
    http::log_failed_handshake(door.site, peer, "");
    CHECK(door.logged("tls.handshake_failed: The client hung up. (interface=admin peer=192.0.2.7)"));
    ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
    http::log_failed_handshake(door.site, peer, "");
    CHECK(door.logged("no shared cipher"));
    ERR_raise(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER);
    http::log_failed_handshake(door.site, peer, "The handshake took too long.");
    CHECK(door.logged("tls.handshake_failed: The handshake took too long."));
    CHECK_FALSE(door.logged("wrong version number"));
}

TEST_CASE("where the log is not set to debug nothing is said, and no error is left for the next connection") {
    const Door door(base::LogLevel::info);
    ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
    http::log_failed_handshake(door.site, peer, "");
    CHECK(ERR_peek_error() == 0);
    http::log_access(door.site, peer, {}, 200);
    CHECK(door.errors.text().empty());
}

TEST_CASE("handshakes are counted by their version") {
    CHECK(http::end_of(TLS1_3_VERSION) == HandshakeEnd::tls_1_3);
    CHECK(http::end_of(TLS1_2_VERSION) == HandshakeEnd::tls_1_2);
    CHECK(http::end_of(TLS1_1_VERSION) == HandshakeEnd::older);
    CHECK(http::end_of(TLS1_VERSION) == HandshakeEnd::older);
}

}  // namespace session_log_test
