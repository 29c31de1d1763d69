#include "certstore/context.hpp"

#include <openssl/err.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;

// The suites of Mozilla's "intermediate" without those that need DH parameters. The client's order decides between
// them: it knows whether its processor has AES.
constexpr const char* suites_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* suites_1_3 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
// What clients of TLS 1.0 and 1.1 know: none of it has an AEAD, some no forward secrecy.
constexpr const char* suites_before_1_2 =
    ":ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:AES128-SHA:AES256-SHA";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr const char* signatures =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512";
constexpr const char* signatures_before_1_2 = ":RSA+SHA1:ECDSA+SHA1";
constexpr int security_level = 2;             // 112 bits: RSA 2048, no SHA-1
constexpr int security_level_before_1_2 = 0;  // these versions sign with MD5 and SHA-1
constexpr long session_seconds = 7200;
constexpr long most_chain_bytes = 100L * 1024;  // that another server may send
constexpr std::string_view http_1_1 = "http/1.1";

tl::unexpected<base::Error> context_failure(std::string_view what) {
    return base::fail(ErrorKind::crypto, "context_failed",
                      "No TLS context could be made (" + std::string(what) + "): " + drain_openssl_errors() + ".");
}

// RFC 7301 section 3.2: a client that names protocols, but none of ours, is told so.
int select_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void* /*argument*/) {
    for (unsigned int at = 0; at < offered_size; at += 1U + offered[at]) {
        const unsigned int size = offered[at];
        if (size > offered_size - at - 1) break;
        const auto* name = offered + at + 1;
        if (std::string_view(reinterpret_cast<const char*>(name), size) == http_1_1) {
            *chosen = name;
            *chosen_size = static_cast<unsigned char>(size);
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// SSL_CTX_new has applied the system's openssl.cnf; from here on everything that it may set is set again.
bool apply_policy(SSL_CTX* context, config::TlsPolicy policy) {
    const bool legacy = policy == config::TlsPolicy::legacy;
    const int lowest = legacy ? TLS1_VERSION : policy == config::TlsPolicy::modern ? TLS1_3_VERSION : TLS1_2_VERSION;
    const std::string suites = suites_1_2 + std::string(legacy ? suites_before_1_2 : "");
    const std::string signed_with = signatures + std::string(legacy ? signatures_before_1_2 : "");
    SSL_CTX_set_security_level(context, security_level);
    SSL_CTX_clear_options(context, ~std::uint64_t{0});
    // Our order counts, X25519 first; a client that puts ChaCha20 first has no AES hardware and gets it.
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_ANTI_REPLAY | SSL_OP_IGNORE_UNEXPECTED_EOF |
                                     SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    SSL_CTX_clear_mode(context, ~0L);
    SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, session_seconds);
    return SSL_CTX_set_min_proto_version(context, lowest) == 1 &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, suites.c_str()) == 1 &&
           SSL_CTX_set_ciphersuites(context, suites_1_3) == 1 && SSL_CTX_set1_groups_list(context, groups) == 1 &&
           SSL_CTX_set1_sigalgs_list(context, signed_with.c_str()) == 1 && SSL_CTX_set_num_tickets(context, 1) == 1 &&
           SSL_CTX_set_max_early_data(context, 0) == 1 && SSL_CTX_set_recv_max_early_data(context, 0) == 1;
}

// OpenSSL's refusal of a certificate, in the codes of the findings.
tl::unexpected<base::Error> refused(X509* certificate) {
    const unsigned long code = ERR_peek_last_error();
    const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
    const std::string name = describe(certificate).subject;
    const std::string words = drain_openssl_errors();
    if (reason == SSL_R_CA_MD_TOO_WEAK) {
        return base::fail(ErrorKind::crypto, "signature_weak",
                          "OpenSSL will not load the certificate " + name + ": its signature is too weak.",
                          "Have it issued anew with SHA-256.");
    }
    if (reason == SSL_R_EE_KEY_TOO_SMALL || reason == SSL_R_CA_KEY_TOO_SMALL) {
        return base::fail(ErrorKind::crypto, "key_weak",
                          "OpenSSL will not load the certificate " + name + ": its key is too small.",
                          "Use RSA of 2048 bits or more, or ECDSA on P-256.");
    }
    return base::fail(ErrorKind::crypto, "context_failed",
                      "OpenSSL will not load the certificate " + name + ": " + words + ".");
}

base::Result<void> load_credential(SSL_CTX* context, const Credential& credential) {
    if (SSL_CTX_use_certificate(context, credential.leaf()) != 1) return refused(credential.leaf());
    if (SSL_CTX_use_PrivateKey(context, credential.key()) != 1 || SSL_CTX_check_private_key(context) != 1) {
        return context_failure("private key");
    }
    const auto chain = credential.chain();
    for (std::size_t i = 1; i < chain.size(); ++i) {
        // Whoever trusts the root has it; sending it costs every handshake and helps no one (RFC 8446 section 4.4.2).
        if (i + 1 == chain.size() && credential.facts()[i].self_signed) break;
        if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1) return refused(chain[i].get());
    }
    return {};
}

// ---- the handshake with itself

bool prepare_client(SSL_CTX* context, bool legacy) {
    const std::string suites = suites_1_2 + std::string(legacy ? suites_before_1_2 : "");
    const std::string signed_with = signatures + std::string(legacy ? signatures_before_1_2 : "");
    SSL_CTX_set_security_level(context, legacy ? security_level_before_1_2 : security_level);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    constexpr std::array<unsigned char, 9> offered{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    return SSL_CTX_set_cipher_list(context, suites.c_str()) == 1 &&
           SSL_CTX_set_ciphersuites(context, suites_1_3) == 1 &&
           SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384:P-521") == 1 &&
           SSL_CTX_set1_sigalgs_list(context, signed_with.c_str()) == 1 &&
           SSL_CTX_set_alpn_protos(context, offered.data(), offered.size()) == 0;
}

// Lets both ends speak until neither has anything to say. False: one of them failed.
bool shake_hands(SSL* client, SSL* server) {
    constexpr int most_flights = 16;
    for (int i = 0; i < most_flights; ++i) {
        const int client_result = SSL_do_handshake(client);
        if (client_result != 1 && SSL_get_error(client, client_result) != SSL_ERROR_WANT_READ) return false;
        const int server_result = SSL_do_handshake(server);
        if (server_result != 1 && SSL_get_error(server, server_result) != SSL_ERROR_WANT_READ) return false;
        if (client_result == 1 && server_result == 1) return true;
    }
    return false;
}

std::string_view name_of(int version) {
    switch (version) {
        case TLS1_VERSION:
            return "TLS 1.0";
        case TLS1_1_VERSION:
            return "TLS 1.1";
        case TLS1_2_VERSION:
            return "TLS 1.2";
        default:
            return "TLS 1.3";
    }
}

// The versions of the policy that a key of this type can be shown in: before TLS 1.2 there is RSA and ECDSA alone.
std::vector<int> versions_of(config::TlsPolicy policy, const EVP_PKEY* key) {
    if (policy == config::TlsPolicy::modern) return {TLS1_3_VERSION};
    const int type = EVP_PKEY_get_base_id(key);
    if (policy == config::TlsPolicy::legacy && (type == EVP_PKEY_RSA || type == EVP_PKEY_EC)) {
        return {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    }
    return {TLS1_2_VERSION, TLS1_3_VERSION};
}

base::Result<void> prove_version(SSL_CTX& client_context, SSL_CTX& context, const Credential& credential, int version) {
    const SslPtr client(SSL_new(&client_context));
    const SslPtr server(SSL_new(&context));
    BIO* client_end = nullptr;
    BIO* server_end = nullptr;
    constexpr std::size_t room = 1U << 18U;  // more than the longest flight
    if (!client || SSL_set_min_proto_version(client.get(), version) != 1 ||
        SSL_set_max_proto_version(client.get(), version) != 1 || !server ||
        BIO_new_bio_pair(&client_end, room, &server_end, room) != 1) {
        return context_failure("handshake");
    }
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    const std::string name(name_of(version));
    if (!shake_hands(client.get(), server.get())) {
        return base::fail(ErrorKind::crypto, "handshake_failed",
                          "A handshake with this pair over " + name + " fails: " + drain_openssl_errors() + ".");
    }
    X509* received = SSL_get0_peer_certificate(client.get());
    if (SSL_version(client.get()) != version || received == nullptr || X509_cmp(received, credential.leaf()) != 0) {
        return base::fail(ErrorKind::crypto, "handshake_failed",
                          "A handshake over " + name + " presents another certificate than the one to be served.");
    }
    return {};
}

}  // namespace

base::Result<SslContextPtr> build_context(const ContextRequest& request) {
    ERR_clear_error();
    const SslContextPtr context(SSL_CTX_new(TLS_server_method()), Free<SSL_CTX_free>{});
    if (!context) return context_failure("memory");
    if (!apply_policy(context.get(), request.policy)) return context_failure("policy");
    const std::string_view door = config::name(request.interface);
    if (SSL_CTX_set_session_id_context(context.get(), reinterpret_cast<const unsigned char*>(door.data()),
                                       static_cast<unsigned int>(door.size())) != 1) {
        return context_failure("session context");
    }
    SSL_CTX_set_alpn_select_cb(context.get(), select_protocol, nullptr);
    if (!seal_tickets_with(context.get(), request.tickets)) return context_failure("tickets");
    if (auto loaded = load_credential(context.get(), *request.credential); !loaded) return base::fail(loaded.error());
    // Only now: old clients do not make a weak certificate a good one.
    if (request.policy == config::TlsPolicy::legacy) {
        SSL_CTX_set_security_level(context.get(), security_level_before_1_2);
    }
    return context;
}

base::Result<void> prove_context(SSL_CTX& context, const Credential& credential, config::TlsPolicy policy) {
    ERR_clear_error();
    const std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> client(SSL_CTX_new(TLS_client_method()));
    if (!client || !prepare_client(client.get(), policy == config::TlsPolicy::legacy)) return context_failure("client");
    for (const int version : versions_of(policy, credential.key())) {
        if (auto proved = prove_version(*client, context, credential, version); !proved) return proved;
    }
    return {};
}

base::Result<SslContextPtr> proved_context(const ContextRequest& request) {
    auto context = build_context(request);
    if (!context) return context;
    if (auto proved = prove_context(**context, *request.credential, request.policy); !proved) {
        return base::fail(proved.error());
    }
    return context;
}

base::Result<SslContextPtr> build_client_context() {
    ERR_clear_error();
    const SslContextPtr made(SSL_CTX_new(TLS_client_method()), Free<SSL_CTX_free>{});
    if (!made) return context_failure("memory");
    SSL_CTX* const context = made.get();
    SSL_CTX_clear_options(context, ~std::uint64_t{0});
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
    SSL_CTX_clear_mode(context, ~0L);
    SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_cert_list(context, most_chain_bytes);
    constexpr bool legacy = false;
    if (!prepare_client(context, legacy) || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1) {
        return context_failure("client");
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    return made;
}

}  // namespace gatehouse::certstore
