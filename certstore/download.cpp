#include "certstore/download.hpp"

#include "certstore/pem.hpp"

#include <openssl/pkcs7.h>

#include <array>
#include <utility>

namespace gatehouse::certstore {

namespace {

using base::Result;
using Pkcs7Ptr = std::unique_ptr<PKCS7, Free<PKCS7_free>>;

tl::unexpected<base::Error> not_encoded() {
    return base::fail(base::ErrorKind::crypto, "encode_failed",
                      "The certificate could not be encoded: " + drain_openssl_errors() + ".");
}

// What an i2d function answered; `der` is OpenSSL's.
Result<std::string> taken(unsigned char* der, int size) {
    if (size < 0 || der == nullptr) return not_encoded();
    std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return bytes;
}

Result<std::string> der_of(X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    return taken(der, size);
}

Result<std::string> chain_of(const Credential& credential) {
    std::string text;
    for (const CertificatePtr& certificate : credential.chain()) {
        const auto pem = to_pem(certificate.get());
        if (!pem) return base::fail(pem.error());
        text += *pem;
    }
    return text;
}

// Signed data that nobody signed: certificates and nothing else (RFC 2315, section 9).
Result<std::string> pkcs7_of(const Credential& credential) {
    const Pkcs7Ptr message(PKCS7_new());
    if (!message || PKCS7_set_type(message.get(), NID_pkcs7_signed) != 1) return not_encoded();
    message->d.sign->contents->type = OBJ_nid2obj(NID_pkcs7_data);
    for (const CertificatePtr& certificate : credential.chain()) {
        if (PKCS7_add_certificate(message.get(), certificate.get()) != 1) return not_encoded();
    }
    unsigned char* der = nullptr;
    const int size = i2d_PKCS7(message.get(), &der);
    return taken(der, size);
}

Result<std::string> encoded(const Credential& credential, DownloadFormat format) {
    switch (format) {
        case DownloadFormat::pem:
            return to_pem(credential.leaf());
        case DownloadFormat::der:
            return der_of(credential.leaf());
        case DownloadFormat::chain:
            return chain_of(credential);
        case DownloadFormat::p7b:
            break;
    }
    return pkcs7_of(credential);
}

std::string_view content_type_of(DownloadFormat format) {
    switch (format) {
        case DownloadFormat::pem:
            return "application/x-pem-file";
        case DownloadFormat::der:
            return "application/pkix-cert";  // RFC 2585
        case DownloadFormat::chain:
            return "application/pem-certificate-chain";  // RFC 8555
        case DownloadFormat::p7b:
            break;
    }
    return "application/x-pkcs7-certificates";
}

// It stands in a header and becomes a file's name: an IPv6 address has colons, which Windows does not take.
std::string file_name_of(std::string_view hostname, DownloadFormat format) {
    std::string name(hostname);
    for (char& c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                           c == '-' || c == '_';
        if (!plain) c = '_';
    }
    if (name.empty() || name.front() == '.') name.insert(0, "certificate");
    switch (format) {
        case DownloadFormat::pem:
            break;
        case DownloadFormat::der:
            return name + ".der";
        case DownloadFormat::chain:
            return name + "-chain.cert";
        case DownloadFormat::p7b:
            return name + ".p7b";
    }
    return name + ".cert";
}

}  // namespace

std::optional<DownloadFormat> download_format(std::string_view name) {
    constexpr std::array formats{std::pair{std::string_view("pem"), DownloadFormat::pem},
                                 std::pair{std::string_view("der"), DownloadFormat::der},
                                 std::pair{std::string_view("chain"), DownloadFormat::chain},
                                 std::pair{std::string_view("p7b"), DownloadFormat::p7b}};
    for (const auto& [known, format] : formats) {
        if (known == name) return format;
    }
    return std::nullopt;
}

Result<Download> download(const Credential& credential, DownloadFormat format, std::string_view hostname) {
    auto bytes = encoded(credential, format);
    if (!bytes) return base::fail(bytes.error());
    return Download{std::move(*bytes), file_name_of(hostname, format), std::string(content_type_of(format))};
}

}  // namespace gatehouse::certstore
