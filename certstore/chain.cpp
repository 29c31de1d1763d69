#include "certstore/chain.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <optional>

namespace gatehouse::certstore {

namespace {

// No chain in use is longer; it bounds the work on a file of many certificates with the same name.
constexpr std::size_t longest_chain = 16;

// Names and signature decide. Hints such as the key identifiers are not asked: where they contradict a signature that
// verifies, the signature is right.
bool issued_by(X509* certificate, X509* issuer) {
    if (X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(issuer)) != 0) return false;
    EVP_PKEY* key = X509_get0_pubkey(issuer);
    const bool verified = key != nullptr && X509_verify(certificate, key) == 1;
    ERR_clear_error();
    return verified;
}

std::optional<std::size_t> find_leaf(const std::vector<CertificatePtr>& certificates, EVP_PKEY* key) {
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        EVP_PKEY* own = X509_get0_pubkey(certificates[i].get());
        const bool same = own != nullptr && EVP_PKEY_eq(own, key) == 1;
        ERR_clear_error();
        if (same) return i;
    }
    return std::nullopt;
}

std::optional<std::size_t> find_issuer(const std::vector<CertificatePtr>& certificates, std::size_t of,
                                       const std::vector<std::size_t>& used) {
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        if (std::find(used.begin(), used.end(), i) != used.end()) continue;
        if (issued_by(certificates[of].get(), certificates[i].get())) return i;
    }
    return std::nullopt;
}

// The leaf, as far as the certificates alone tell. A self-signed one that issued nothing here may be a stray root.
std::size_t likely_leaf(const std::vector<CertificatePtr>& certificates) {
    std::optional<std::size_t> self_signed;
    for (std::size_t i = 0; i < certificates.size(); ++i) {
        X509* candidate = certificates[i].get();
        const bool issuer = std::any_of(certificates.begin(), certificates.end(), [&](const CertificatePtr& other) {
            return other.get() != candidate && issued_by(other.get(), candidate);
        });
        if (issuer) continue;
        if (!is_self_signed(candidate)) return i;
        if (!self_signed) self_signed = i;
    }
    return self_signed.value_or(0);
}

// The certificate at `leaf`, then each one's issuer.
std::vector<std::size_t> way_up(const std::vector<CertificatePtr>& certificates, std::size_t leaf) {
    std::vector<std::size_t> order{leaf};
    while (order.size() < longest_chain && !is_self_signed(certificates[order.back()].get())) {
        const auto issuer = find_issuer(certificates, order.back(), order);
        if (!issuer) break;
        order.push_back(*issuer);
    }
    return order;
}

}  // namespace

base::Result<Chain> order_chain(std::vector<CertificatePtr> certificates, EVP_PKEY* key) {
    const auto leaf = find_leaf(certificates, key);
    if (!leaf) {
        const std::string held =
            certificates.empty() ? "none" : sha256_hex(X509_get0_pubkey(certificates.front().get()));
        return base::fail(base::ErrorKind::input, "key_mismatch",
                          "The private key does not belong to " +
                              std::string(certificates.size() > 1 ? "any of the certificates" : "the certificate") +
                              ": the key's public half has the SHA-256 fingerprint " + sha256_hex(key) +
                              ", the certificate's " + held + ".",
                          "Put the key and the certificate of the same pair in place.");
    }
    const std::vector<std::size_t> order = way_up(certificates, *leaf);
    Chain chain;
    chain.reordered = order.size() != certificates.size() || !std::is_sorted(order.begin(), order.end());
    for (const std::size_t i : order)
        chain.certificates.push_back(std::move(certificates[i]));
    return chain;
}

std::vector<CertificatePtr> leaf_first(std::vector<CertificatePtr> certificates) {
    if (certificates.empty()) return certificates;
    std::vector<CertificatePtr> ordered;
    for (const std::size_t i : way_up(certificates, likely_leaf(certificates)))
        ordered.push_back(std::move(certificates[i]));
    for (CertificatePtr& left : certificates) {
        if (left) ordered.push_back(std::move(left));
    }
    return ordered;
}

bool is_self_signed(X509* certificate) {
    return issued_by(certificate, certificate);
}

}  // namespace gatehouse::certstore
