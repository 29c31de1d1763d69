#include "certstore/certificate.hpp"

#include "base/hex.hpp"
#include "certstore/armor.hpp"
#include "certstore/chain.hpp"
#include "certstore/names.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <optional>

namespace gatehouse::certstore {

namespace {

std::vector<std::string> alternative_names_of(X509* certificate) {
    const AlternativeNamesPtr names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    return texts_of(names.get());
}

std::vector<std::string> common_names(X509* certificate) {
    const X509_NAME* subject = X509_get_subject_name(certificate);
    std::vector<std::string> out;
    for (int i = X509_NAME_get_index_by_NID(subject, NID_commonName, -1); i >= 0;
         i = X509_NAME_get_index_by_NID(subject, NID_commonName, i)) {
        out.push_back(readable(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i))));
    }
    return out;
}

std::int64_t unix_seconds(const ASN1_TIME* time) {
    std::tm parts{};
    const bool good = ASN1_TIME_to_tm(time, &parts) == 1;
    ERR_clear_error();
    return good ? static_cast<std::int64_t>(timegm(&parts)) : 0;
}

std::string serial_of(X509* certificate) {
    const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
    const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                                 static_cast<std::size_t>(ASN1_STRING_length(serial)));
    return (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? "-" : "") + base::to_hex(bytes);
}

}  // namespace

std::string key_type_of(EVP_PKEY* key) {
    if (key == nullptr) return "unknown";
    const int id = EVP_PKEY_get_base_id(key);
    if (id == EVP_PKEY_RSA) return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
    if (id == EVP_PKEY_ED25519) return "Ed25519";
    if (id != EVP_PKEY_EC) {
        const char* name = EVP_PKEY_get0_type_name(key);
        return name == nullptr ? "unknown" : name;
    }
    std::array<char, 80> group{};
    const bool named = EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1;
    ERR_clear_error();
    if (!named) return "ECDSA";
    const char* nist = EC_curve_nid2nist(OBJ_txt2nid(group.data()));
    return std::string("ECDSA ") + (nist == nullptr ? group.data() : nist);
}

std::vector<std::string> public_key_digests(std::string_view text) {
    std::vector<std::string> digests;
    for (const ArmorBlock& block : find_blocks(text)) {
        const auto bytes = is_certificate(block) && block.complete ? decode(block) : std::nullopt;
        if (!bytes) continue;
        const auto* der = reinterpret_cast<const unsigned char*>(bytes->reveal().data());
        const CertificatePtr certificate(d2i_X509(nullptr, &der, static_cast<long>(bytes->size())));
        std::string digest = certificate ? public_key_sha256_hex(certificate.get()) : std::string();
        ERR_clear_error();
        if (!digest.empty()) digests.push_back(std::move(digest));
    }
    return digests;
}

std::string first_fingerprint(std::string_view text) {
    for (const ArmorBlock& block : find_blocks(text)) {
        const auto bytes = is_certificate(block) && block.complete ? decode(block) : std::nullopt;
        if (bytes) return sha256_hex(bytes->reveal());
    }
    return {};
}

CertificateFacts describe(X509* certificate) {
    CertificateFacts facts;
    facts.subject = readable(X509_get_subject_name(certificate));
    facts.issuer = readable(X509_get_issuer_name(certificate));
    facts.serial = serial_of(certificate);
    facts.names = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0 ? alternative_names_of(certificate)
                                                                                  : common_names(certificate);
    facts.not_before = unix_seconds(X509_get0_notBefore(certificate));
    facts.not_after = unix_seconds(X509_get0_notAfter(certificate));
    EVP_PKEY* key = X509_get0_pubkey(certificate);
    facts.key_type = key_type_of(key);
    facts.key_bits = key == nullptr ? 0 : EVP_PKEY_get_bits(key);
    facts.fingerprint_sha256 = sha256_hex(certificate);
    facts.public_key_sha256 = public_key_sha256_hex(certificate);
    facts.self_signed = is_self_signed(certificate);
    facts.ca = X509_check_ca(certificate) > 0;
    ERR_clear_error();  // of an extension that can't be read
    return facts;
}

std::string utc_text(std::int64_t seconds) {
    const auto time = static_cast<std::time_t>(seconds);
    std::tm parts{};
    std::array<char, 32> text{};
    if (gmtime_r(&time, &parts) == nullptr ||
        std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts) == 0) {
        return std::to_string(seconds);
    }
    return text.data();
}

}  // namespace gatehouse::certstore
