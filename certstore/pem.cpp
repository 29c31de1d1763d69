#include "certstore/pem.hpp"

#include "certstore/armor.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;

tl::unexpected<base::Error> unparsable(std::string message, std::string advice) {
    return base::fail(ErrorKind::input, "unparsable", std::move(message), std::move(advice));
}

tl::unexpected<base::Error> too_large(std::string_view file) {
    return unparsable(std::string(file) + " is larger than a key or certificate file may be (1 MiB).", "");
}

tl::unexpected<base::Error> not_this(std::string_view text, std::string_view file, bool wants_key) {
    Foreign foreign = recognise(text, file, wants_key);
    return unparsable(std::string(file) + " " + foreign.what, std::move(foreign.advice));
}

std::string text_of(BIO* memory) {
    char* start = nullptr;
    const long size = BIO_get_mem_data(memory, &start);
    return std::string(start, static_cast<std::size_t>(size));
}

}  // namespace

base::Error damage(const ArmorBlock& block, std::size_t number, std::string_view file) {
    const std::string name =
        "Block " + std::to_string(number) + " (" + std::string(block.label) + ") of " + std::string(file);
    const std::string advice = "Copy the whole file again.";
    if (!block.complete) {
        return {ErrorKind::input, "unparsable",
                name + " is cut off: its line -----END " + std::string(block.label) + "----- is missing.", advice};
    }
    const std::string words = drain_openssl_errors();
    return {ErrorKind::input, "unparsable",
            name + " is damaged" + (words.empty() ? ": it is not base64." : ": " + words + "."), advice};
}

CertificatePtr take_certificate(std::string_view& der) {
    const auto* start = reinterpret_cast<const unsigned char*>(der.data());
    const auto* end = start;
    CertificatePtr certificate(d2i_X509(nullptr, &end, static_cast<long>(der.size())));
    // A key that OpenSSL cannot decode would show only much later, in every room that asks for it.
    if (!certificate || X509_get0_pubkey(certificate.get()) == nullptr) return nullptr;
    der.remove_prefix(static_cast<std::size_t>(end - start));
    return certificate;
}

base::Result<CertificatePtr> parse_certificate(const ArmorBlock& block, std::size_t number, std::string_view file) {
    const auto bytes = block.complete ? decode(block) : std::nullopt;
    // What follows the certificate in a TRUSTED CERTIFICATE block are local trust settings, which mean nothing here.
    std::string_view der = bytes ? bytes->reveal() : std::string_view();
    CertificatePtr certificate = bytes ? take_certificate(der) : nullptr;
    if (!certificate) return base::fail(damage(block, number, file));
    return certificate;
}

base::Result<std::vector<CertificatePtr>> parse_certificates(std::string_view text, std::string_view file) {
    if (text.size() > max_pem_bytes) return too_large(file);
    std::vector<CertificatePtr> certificates;
    std::size_t number = 0;
    for (const ArmorBlock& block : find_blocks(text)) {
        ++number;
        if (!is_certificate(block)) continue;
        if (certificates.size() == max_certificates) {
            return base::fail(
                base::ErrorKind::input, "unparsable",
                std::string(file) + " holds more than " + std::to_string(max_certificates) + " certificates.",
                "Put the certificate and its issuers there, not a bundle of authorities.");
        }
        auto certificate = parse_certificate(block, number, file);
        if (!certificate) return base::fail(certificate.error());
        certificates.push_back(std::move(*certificate));
    }
    if (certificates.empty()) return not_this(text, file, false);
    return certificates;
}

base::Result<ParsedKey> parse_key(std::string_view text, std::span<const base::Secret* const> passphrases,
                                  std::string_view file) {
    if (text.size() > max_pem_bytes) return too_large(file);
    std::size_t number = 0;
    for (const ArmorBlock& block : find_blocks(text)) {
        ++number;
        if (!is_private_key(block)) continue;
        if (!block.complete) return base::fail(damage(block, number, file));
        return decode_key(block, passphrases, file);
    }
    return not_this(text, file, true);
}

bool key_is_encrypted(std::string_view text) {
    for (const ArmorBlock& block : find_blocks(text)) {
        if (is_private_key(block)) return is_encrypted(block);
    }
    return false;
}

base::Result<std::string> to_pem(X509* certificate) {
    const BioPtr memory(BIO_new(BIO_s_mem()));
    if (!memory || PEM_write_bio_X509(memory.get(), certificate) != 1) {
        return base::fail(ErrorKind::crypto, "encode_failed",
                          "A certificate could not be written as PEM: " + drain_openssl_errors() + ".");
    }
    return text_of(memory.get());
}

base::Result<base::Secret> to_pem(EVP_PKEY* key) {
    // OpenSSL wipes the memory of this kind of BIO when it grows and when it is freed.
    const BioPtr memory(BIO_new(BIO_s_secmem()));
    if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        return base::fail(ErrorKind::crypto, "encode_failed",
                          "A private key could not be written as PEM: " + drain_openssl_errors() + ".");
    }
    char* start = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &start);
    return base::Secret(std::string_view(start, static_cast<std::size_t>(size)));
}

}  // namespace gatehouse::certstore
