// What a door offers in a handshake, and which sessions it resumes.
#include "certstore/context.hpp"

#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>

#include <algorithm>
#include <array>

namespace gatehouse::certstore::context_test {
namespace {

using config::Interface;
using config::TlsPolicy;
using testing::load;
using testing::make;
using testing::Wish;
using ClientContext = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;

std::shared_ptr<const TicketKey> new_key() {
    return TicketKey::generate().value();
}

SslContextPtr build(const CredentialPtr& credential, TlsPolicy policy = TlsPolicy::intermediate,
                    Interface door = Interface::clean, TicketKeys tickets = {new_key(), nullptr}) {
    const auto context = build_context({door, policy, credential, std::move(tickets)});
    INFO((context ? std::string() : context.error().text()));
    REQUIRE(context);
    return *context;
}

ClientContext make_client(int version) {
    ClientContext context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT);
    // What the system's openssl.cnf may have narrowed.
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    REQUIRE(SSL_CTX_set_cipher_list(context.get(), "ALL") == 1);
    REQUIRE(SSL_CTX_set_ciphersuites(context.get(), TLS_DEFAULT_CIPHERSUITES) == 1);
    REQUIRE(SSL_CTX_set1_groups_list(context.get(), "X25519:P-256:P-384:P-521") == 1);
    REQUIRE(SSL_CTX_set1_sigalgs_list(context.get(),
                                      "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:RSA-PSS+SHA256:RSA+SHA256") == 1);
    return context;
}

// A connection in memory. What the handshake came to is `done`; `words` is OpenSSL's complaint, the client's first.
struct Connection {
    SslPtr client;
    SslPtr server;
    bool done = false;
    std::string words;

    // Once more bytes for the client, so that it takes the tickets of TLS 1.3.
    void exchange() const {
        std::array<char, 8> byte{'x'};
        std::size_t moved = 0;
        REQUIRE(SSL_write_ex(server.get(), byte.data(), 1, &moved) == 1);
        REQUIRE(SSL_read_ex(client.get(), byte.data(), byte.size(), &moved) == 1);
    }
    [[nodiscard]] bool resumed() const { return SSL_session_reused(client.get()) == 1; }
    [[nodiscard]] SessionPtr session() const {
        exchange();
        // A TLS 1.3 session may be used once; the copy may be used again.
        return SessionPtr(SSL_SESSION_dup(SSL_get0_session(client.get())));
    }
};

Connection connect(SSL_CTX* client_context, SSL_CTX& server_context, SSL_SESSION* session = nullptr) {
    ERR_clear_error();
    Connection made{SslPtr(SSL_new(client_context)), SslPtr(SSL_new(&server_context)), false, {}};
    BIO* client_end = nullptr;
    BIO* server_end = nullptr;
    REQUIRE(BIO_new_bio_pair(&client_end, 1U << 18U, &server_end, 1U << 18U) == 1);
    SSL_set_bio(made.client.get(), client_end, client_end);
    SSL_set_bio(made.server.get(), server_end, server_end);
    SSL_set_connect_state(made.client.get());
    SSL_set_accept_state(made.server.get());
    if (session != nullptr) REQUIRE(SSL_set_session(made.client.get(), session) == 1);
    for (int i = 0; i < 10 && !made.done; ++i) {
        const int client = SSL_do_handshake(made.client.get());
        const int server = SSL_do_handshake(made.server.get());
        made.done = client == 1 && server == 1;
    }
    made.words = drain_openssl_errors();
    return made;
}

std::vector<std::string> suites(SSL_CTX& context) {
    std::vector<std::string> names;
    STACK_OF(SSL_CIPHER)* list = SSL_CTX_get_ciphers(&context);
    for (int i = 0; i < sk_SSL_CIPHER_num(list); ++i)
        names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i)));
    return names;
}

// The groups that a handshake limited to the one named group succeeds with.
std::vector<std::string> accepted_groups(SSL_CTX& context) {
    std::vector<std::string> accepted;
    for (const char* group : {"X25519", "P-256", "P-384", "P-521", "X448", "ffdhe2048"}) {
        const ClientContext client = make_client(TLS1_3_VERSION);
        REQUIRE(SSL_CTX_set1_groups_list(client.get(), group) == 1);
        if (connect(client.get(), context).done) accepted.emplace_back(group);
    }
    return accepted;
}

std::vector<std::string> accepted_versions(SSL_CTX& context) {
    constexpr std::array<std::pair<int, const char*>, 4> versions{
        {{TLS1_VERSION, "1.0"}, {TLS1_1_VERSION, "1.1"}, {TLS1_2_VERSION, "1.2"}, {TLS1_3_VERSION, "1.3"}}};
    std::vector<std::string> accepted;
    for (const auto& version : versions) {
        const ClientContext client = make_client(version.first);
        SSL_CTX_set_cipher_list(client.get(), "ALL:@SECLEVEL=0");
        if (connect(client.get(), context).done) accepted.emplace_back(version.second);
    }
    return accepted;
}

TEST_CASE("intermediate offers TLS 1.2 with ECDHE AEAD suites, TLS 1.3, and three groups", "[policy]") {
    const SslContextPtr context = build(load(make({}, nullptr, "RSA:2048")));
    CHECK(suites(*context) == std::vector<std::string>{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                                       "TLS_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256",
                                                       "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                                                       "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305",
                                                       "ECDHE-RSA-CHACHA20-POLY1305"});
    CHECK(accepted_versions(*context) == std::vector<std::string>{"1.2", "1.3"});
    CHECK(accepted_groups(*context) == std::vector<std::string>{"X25519", "P-256", "P-384"});
}

TEST_CASE("modern offers TLS 1.3 alone, with the same suites and groups", "[policy]") {
    const SslContextPtr context = build(load(make({})), TlsPolicy::modern);
    CHECK(SSL_CTX_get_min_proto_version(context.get()) == TLS1_3_VERSION);
    CHECK(accepted_versions(*context) == std::vector<std::string>{"1.3"});
    CHECK(accepted_groups(*context) == std::vector<std::string>{"X25519", "P-256", "P-384"});
    const ClientContext client = make_client(TLS1_3_VERSION);
    for (const char* suite : {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
        REQUIRE(SSL_CTX_set_ciphersuites(client.get(), suite) == 1);
        CHECK(connect(client.get(), *context).done);
    }
    REQUIRE(SSL_CTX_set_ciphersuites(client.get(), "TLS_AES_128_CCM_SHA256") == 1);
    CHECK_FALSE(connect(client.get(), *context).done);
}

TEST_CASE("every setting that openssl.cnf could have made is made by the context itself", "[policy]") {
    const SslContextPtr context = build(load(make({})));
    CHECK(SSL_CTX_get_security_level(context.get()) == 2);
    CHECK(SSL_CTX_get_options(context.get()) ==
          (SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION |
           SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_ANTI_REPLAY | SSL_OP_IGNORE_UNEXPECTED_EOF |
           SSL_OP_ENABLE_MIDDLEBOX_COMPAT));
    CHECK(SSL_CTX_get_mode(context.get()) ==
          (SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
           SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN));
    CHECK(SSL_CTX_get_session_cache_mode(context.get()) == SSL_SESS_CACHE_OFF);
    CHECK(SSL_CTX_get_num_tickets(context.get()) == 1);
    CHECK(SSL_CTX_get_max_early_data(context.get()) == 0);
    CHECK(SSL_CTX_get_verify_mode(context.get()) == SSL_VERIFY_NONE);
}

TEST_CASE("an openssl.cnf that weakens or narrows everything changes nothing") {
    const tests::Folder folder;
    testing::write_text(folder / "hostile.cnf",
                        "openssl_conf = start\n[start]\nssl_conf = modules\n[modules]\nsystem_default = hostile\n"
                        "[hostile]\nCipherString = ALL:COMPLEMENTOFALL:@SECLEVEL=0\n"
                        "Ciphersuites = TLS_AES_128_CCM_SHA256\nMinProtocol = TLSv1\nMaxProtocol = TLSv1.2\n"
                        "Groups = X448:P-521\nSignatureAlgorithms = RSA+SHA1:ECDSA+SHA1\n"
                        "Options = ServerPreference,UnsafeLegacyRenegotiation,-SessionTicket\nVerifyMode = Require\n");
    const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
    // OpenSSL reads its configuration once per process, so the tests of the policy are run in another one.
    testing::run(folder.path(), "OPENSSL_CONF=hostile.cnf '" + self + "' '[policy]'");
    CHECK_THAT(testing::read_text(folder / "output.txt"), Catch::Contains("All tests passed"));
}

TEST_CASE("a client that only knows SHA-1 signatures is refused") {
    const SslContextPtr context = build(load(make({}, nullptr, "RSA:2048")));
    const ClientContext client = make_client(TLS1_2_VERSION);
    REQUIRE(SSL_CTX_set1_sigalgs_list(client.get(), "RSA+SHA1:ECDSA+SHA1") == 1);
    CHECK_FALSE(connect(client.get(), *context).done);
}

TEST_CASE("ALPN chooses http/1.1, refuses a client that offers only others, and is not needed") {
    const SslContextPtr context = build(load(make({})));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const ClientContext client = make_client(version);
        CHECK(connect(client.get(), *context).done);

        const std::string both("\x02h2\x08http/1.1", 12);
        REQUIRE(SSL_CTX_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>(both.data()), 12) == 0);
        const Connection agreed = connect(client.get(), *context);
        REQUIRE(agreed.done);
        const unsigned char* chosen = nullptr;
        unsigned int size = 0;
        SSL_get0_alpn_selected(agreed.client.get(), &chosen, &size);
        CHECK(std::string(reinterpret_cast<const char*>(chosen), size) == "http/1.1");

        REQUIRE(SSL_CTX_set_alpn_protos(client.get(), reinterpret_cast<const unsigned char*>("\x02h2"), 3) == 0);
        const Connection refused = connect(client.get(), *context);
        CHECK_FALSE(refused.done);
        CHECK(refused.words.find("no application protocol") != std::string::npos);
    }
}

TEST_CASE("the chain is sent without its root") {
    const auto root = make(testing::ca_wish("Root"));
    const auto middle = make(testing::ca_wish("Middle"), &root);
    const auto leaf = make({}, &middle);
    const SslContextPtr context = build(load(leaf.pem() + middle.pem() + root.pem(), leaf.key_pem()));
    const ClientContext client = make_client(TLS1_3_VERSION);
    const Connection connection = connect(client.get(), *context);
    REQUIRE(connection.done);
    STACK_OF(X509)* sent = SSL_get_peer_cert_chain(connection.client.get());
    REQUIRE(sk_X509_num(sent) == 2);
    CHECK(X509_cmp(sk_X509_value(sent, 0), leaf.certificate.get()) == 0);
    CHECK(X509_cmp(sk_X509_value(sent, 1), middle.certificate.get()) == 0);
}

TEST_CASE("a session is resumed, again and again, and each resumption brings a new ticket") {
    const SslContextPtr context = build(load(make({})));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const ClientContext client = make_client(version);
        SessionPtr session = connect(client.get(), *context).session();
        for (int i = 0; i < 5; ++i) {
            const Connection again = connect(client.get(), *context, session.get());
            REQUIRE(again.done);
            REQUIRE(again.resumed());
            SessionPtr next = again.session();
            if (version == TLS1_3_VERSION) {
                const unsigned char* old_ticket = nullptr;
                const unsigned char* new_ticket = nullptr;
                std::size_t old_size = 0;
                std::size_t new_size = 0;
                SSL_SESSION_get0_ticket(session.get(), &old_ticket, &old_size);
                SSL_SESSION_get0_ticket(next.get(), &new_ticket, &new_size);
                REQUIRE(std::string(reinterpret_cast<const char*>(old_ticket), old_size) !=
                        std::string(reinterpret_cast<const char*>(new_ticket), new_size));
            }
            session = std::move(next);
        }
    }
}

TEST_CASE("a session of one door is worth nothing at the other, in either direction") {
    const CredentialPtr credential = load(make({}));
    const auto key = new_key();
    const bool shared =
        GENERATE(false, true);  // were they to share a ticket key, the session context still divides them
    CAPTURE(shared);
    const SslContextPtr clean = build(credential, TlsPolicy::intermediate, Interface::clean, {key, nullptr});
    const SslContextPtr admin =
        build(credential, TlsPolicy::intermediate, Interface::admin, {shared ? key : new_key(), nullptr});
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const ClientContext client = make_client(version);
        for (const auto& [from, to] : {std::pair{clean, admin}, std::pair{admin, clean}}) {
            const SessionPtr session = connect(client.get(), *from).session();
            const Connection elsewhere = connect(client.get(), *to, session.get());
            CHECK(elsewhere.done);
            CHECK_FALSE(elsewhere.resumed());
        }
    }
}

TEST_CASE("a ticket sealed with the former key still opens, and is renewed with the current one") {
    const CredentialPtr credential = load(make({}));
    const auto first = new_key();
    const auto second = new_key();
    const auto third = new_key();
    const auto context_with = [&](TicketKeys keys) {
        return build(credential, TlsPolicy::intermediate, Interface::clean, std::move(keys));
    };
    const SslContextPtr before = context_with({first, nullptr});
    const SslContextPtr after = context_with({second, first});
    const SslContextPtr later = context_with({third, second});
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const ClientContext client = make_client(version);
        const SessionPtr old = connect(client.get(), *before).session();
        const Connection resumed = connect(client.get(), *after, old.get());
        CHECK(resumed.resumed());
        const SessionPtr renewed = resumed.session();
        CHECK(connect(client.get(), *later, renewed.get()).resumed());
        const Connection forgotten = connect(client.get(), *later, old.get());
        CHECK(forgotten.done);
        CHECK_FALSE(forgotten.resumed());
    }
}

TEST_CASE("a built context proves itself for every kind of key that is served", "[policy]") {
    const char* type = GENERATE("RSA:2048", "RSA:3072", "EC:P-256", "EC:P-384", "EC:P-521", "ED25519");
    CAPTURE(type);
    const CredentialPtr credential = load(make({}, nullptr, type));
    for (const TlsPolicy policy : {TlsPolicy::intermediate, TlsPolicy::modern, TlsPolicy::legacy}) {
        const SslContextPtr context = build(credential, policy);
        const auto proved = prove_context(*context, *credential, policy);
        INFO((proved ? std::string() : proved.error().text()));
        CHECK(proved);
    }
}

TEST_CASE("the proof fails where another certificate is presented, or a version is not offered") {
    const CredentialPtr served = load(make({}));
    const CredentialPtr other = load(make({}));
    const SslContextPtr context = build(served, TlsPolicy::modern);
    const auto wrong = prove_context(*context, *other, TlsPolicy::modern);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == "handshake_failed");
    const auto version = prove_context(*context, *served, TlsPolicy::intermediate);
    REQUIRE_FALSE(version);
    CHECK(version.error().code == "handshake_failed");
    CHECK(version.error().message.find("TLS 1.2") != std::string::npos);
    const auto old = prove_context(*build(served), *served, TlsPolicy::legacy);
    REQUIRE_FALSE(old);
    CHECK(old.error().message.find("TLS 1.0") != std::string::npos);
}

TEST_CASE("OpenSSL loads no SHA-1 signature of an issuer, and the error says so; a self-signature does not matter") {
    Wish wish;
    wish.digest = "SHA1";
    const auto root = make(testing::ca_wish("Root"));
    const auto weak = make(wish, &root, "RSA:2048");
    const auto refused = build_context({Interface::clean, TlsPolicy::intermediate, load(weak), {new_key(), nullptr}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "signature_weak");

    const CredentialPtr self_signed = load(make(wish, nullptr, "RSA:2048"));
    const SslContextPtr context = build(self_signed);
    CHECK(prove_context(*context, *self_signed, TlsPolicy::intermediate));
}

TEST_CASE("OpenSSL loads no RSA key of 1024 bits, and the error says so") {
    const auto refused = build_context(
        {Interface::clean, TlsPolicy::intermediate, load(make({}, nullptr, "RSA:1024")), {new_key(), nullptr}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "key_weak");
}

}  // namespace
}  // namespace gatehouse::certstore::context_test
