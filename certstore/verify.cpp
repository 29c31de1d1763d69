#include "certstore/verify.hpp"

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "certstore/certificate.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>
#include <array>

namespace gatehouse::certstore {

namespace {

constexpr int least_security_level = 2;  // 112 bits, as where we serve
constexpr const char* on_the_page = "on the page CA Certificates of the admin portal";

// The list alone: what is in it belongs to others.
void free_only_list(STACK_OF(X509) * list) {
    sk_X509_free(list);
}
using VerifyingPtr = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;
using SentPtr = std::unique_ptr<STACK_OF(X509), Free<free_only_list>>;

bool is_ip_address(const std::string& host) {
    std::array<unsigned char, 16> bytes{};
    return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool demand_name(X509_VERIFY_PARAM* wanted, const std::string& host) {
    if (host.empty()) return true;
    if (is_ip_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size()) == 1;
}

tl::unexpected<base::Error> refusal(const std::string& host, const char* code, const std::string& why,
                                    const std::string& advice) {
    return base::fail(base::ErrorKind::crypto, code,
                      (host.empty() ? std::string("The server") : host) + " is not trusted: " + why + ".", advice);
}

std::string names_of(const CertificateFacts& facts) {
    constexpr std::size_t most_shown = 8;
    if (facts.names.empty()) return "no name at all";
    std::vector<std::string> shown(facts.names);
    const std::size_t count = shown.size();
    if (count <= most_shown) return base::joined(shown, ", ");
    shown.resize(most_shown);
    return base::joined(shown, ", ") + " and " + std::to_string(count - most_shown) + " more";
}

tl::unexpected<base::Error> wrong_name(const std::string& host, const CertificateFacts& facts) {
    const bool only_common_name = is_ip_address(host) && facts.names.size() == 1 && facts.names.front() == host;
    return refusal(host, "certificate_name_mismatch",
                   "the certificate " + facts.subject + " is for " + names_of(facts) +
                       (only_common_name ? ", but not among its alternative names, where an address has to stand"
                                         : ", not for " + host),
                   "Check the URL, or have a certificate issued there that names " + host + ".");
}

tl::unexpected<base::Error> unknown_issuer(const std::string& host, const CertificateFacts& facts) {
    if (facts.self_signed) {
        return refusal(host, "certificate_self_signed",
                       "the certificate " + facts.subject + " is signed by itself and was not imported here",
                       std::string("If it is the right one (SHA-256 ") + facts.fingerprint_sha256 + "), import it " +
                           on_the_page + ".");
    }
    return refusal(host, "untrusted_issuer",
                   "the certificate " + facts.subject + " was issued by " + facts.issuer +
                       ", which is not among the authorities that are believed here",
                   "Import the certificate of " + facts.issuer + " " + on_the_page +
                       "; if it is there, the server does not send what lies between.");
}

// What a stranger's certificate says of itself may be longer than any page: what is shown of it is not.
CertificateFacts shown(CertificateFacts facts) {
    constexpr std::size_t most_bytes = 200;
    facts.subject = base::shortened(facts.subject, most_bytes);
    facts.issuer = base::shortened(facts.issuer, most_bytes);
    for (std::string& name : facts.names)
        name = base::shortened(name, most_bytes);
    return facts;
}

// `position`: 0 is the server's own certificate, those above it may have been imported here.
tl::unexpected<base::Error> refusal_of(int reason, const std::string& host, const CertificateFacts& facts, int position,
                                       std::int64_t now) {
    const std::string renewed = position == 0 ? "It has to be renewed on that server"
                                              : std::string("If it was imported here, replace it ") + on_the_page +
                                                    ", else the server has to send the new one";
    switch (reason) {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_CERT_UNTRUSTED:
            return unknown_issuer(host, facts);
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return refusal(host, position == 0 ? "certificate_expired" : "issuer_expired",
                           "the certificate " + facts.subject + " expired on " + utc_text(facts.not_after),
                           renewed + ".");
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return refusal(host, position == 0 ? "certificate_not_yet_valid" : "issuer_not_yet_valid",
                           "the certificate " + facts.subject + " is valid only from " + utc_text(facts.not_before) +
                               "; this machine's clock says " + utc_text(now),
                           "Check both clocks.");
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return wrong_name(host, facts);
        case X509_V_ERR_EE_KEY_TOO_SMALL:
        case X509_V_ERR_CA_KEY_TOO_SMALL:
            return refusal(host, "certificate_weak",
                           "the key of the certificate " + facts.subject + " (" + facts.key_type + ") is too weak",
                           "It has to be issued anew with RSA of 2048 bits or more, or ECDSA on P-256.");
        case X509_V_ERR_CA_MD_TOO_WEAK:
            return refusal(
                host, "certificate_weak",
                "the signature of the certificate " + facts.subject + ", issued by " + facts.issuer + ", is too weak",
                "It has to be issued anew with SHA-256.");
        default:
            return refusal(host, "certificate_unsuited",
                           "the certificate " + facts.subject + ", issued by " + facts.issuer +
                               ", will not do: " + X509_verify_cert_error_string(reason),
                           "It has to be issued anew for a server.");
    }
}

}  // namespace

base::Result<void> verify_server(X509_STORE* store, std::span<const CertificatePtr> chain, const std::string& host,
                                 std::int64_t now) {
    const VerifyingPtr context(X509_STORE_CTX_new());
    const SentPtr sent(sk_X509_new_null());
    bool ready = context && sent && !chain.empty();
    for (const CertificatePtr& certificate : chain.subspan(chain.empty() ? 0 : 1))
        ready = ready && sk_X509_push(sent.get(), certificate.get()) > 0;
    ready = ready && X509_STORE_CTX_init(context.get(), store, chain.front().get(), sent.get()) == 1 &&
            X509_STORE_CTX_set_default(context.get(), "ssl_server") == 1;
    X509_VERIFY_PARAM* const wanted = ready ? X509_STORE_CTX_get0_param(context.get()) : nullptr;
    ready = ready && demand_name(wanted, host);
    if (ready) {
        X509_VERIFY_PARAM_set_time(wanted, now);
        X509_VERIFY_PARAM_set_auth_level(wanted, least_security_level);
    }
    const bool verified = ready && X509_verify_cert(context.get()) == 1;
    const std::string words = drain_openssl_errors();
    if (verified) return {};
    X509* const culprit = ready ? X509_STORE_CTX_get_current_cert(context.get()) : nullptr;
    const int reason = ready ? X509_STORE_CTX_get_error(context.get()) : X509_V_ERR_UNSPECIFIED;
    if (culprit == nullptr && chain.empty())
        return refusal(host, "certificate_unsuited", "it presents no certificate", "");
    const CertificateFacts facts = shown(describe(culprit != nullptr ? culprit : chain.front().get()));
    if (!ready) {
        return refusal(host, "certificate_unsuited",
                       "the certificate " + facts.subject + " could not be looked at (" + words + ")", "");
    }
    return refusal_of(reason, host, facts, X509_STORE_CTX_get_error_depth(context.get()), now);
}

}  // namespace gatehouse::certstore
