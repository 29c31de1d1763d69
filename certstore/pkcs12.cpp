#include "certstore/pkcs12.hpp"

#include "certstore/encryption.hpp"
#include "certstore/pem.hpp"

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include <string>
#include <utility>

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;

void free_safes(STACK_OF(PKCS7) * safes) {
    sk_PKCS7_pop_free(safes, PKCS7_free);
}
void free_bags(STACK_OF(PKCS12_SAFEBAG) * bags) {
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}
using ContainerPtr = std::unique_ptr<PKCS12, Free<PKCS12_free>>;
using SafesPtr = std::unique_ptr<STACK_OF(PKCS7), Free<free_safes>>;
using BagsPtr = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), Free<free_bags>>;
using InfoPtr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free<PKCS8_PRIV_KEY_INFO_free>>;

// Each may cost as much as a passphrase may. What tools write has one or two.
constexpr int most_encrypted_safes = 4;
constexpr int deepest_nesting = 4;

// A passphrase in one of the forms it may have been meant in. Without one there are two: no text, and an empty text.
struct Try {
    const char* text = nullptr;
    int size = 0;
};

std::vector<Try> forms_of(const Secret& passphrase) {
    if (passphrase.empty()) return {{nullptr, 0}, {"", 0}};
    const std::string_view whole = passphrase.reveal();
    const std::string_view shorter = without_newline(whole);
    std::vector<Try> forms{{whole.data(), static_cast<int>(whole.size())}};
    if (shorter.size() != whole.size()) forms.push_back({shorter.data(), static_cast<int>(shorter.size())});
    return forms;
}

ContainerPtr container_of(std::string_view der, OSSL_LIB_CTX* library) {
    PKCS12* container = PKCS12_init_ex(NID_pkcs7_data, library, nullptr);
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    // Decoded into the one that knows its library context. Where it fails it is freed and the pointer null.
    if (container != nullptr) d2i_PKCS12(&container, &bytes, static_cast<long>(der.size()));
    return ContainerPtr(container);
}

Result<Secret> der_of(const PKCS8_PRIV_KEY_INFO* info, std::string_view file) {
    const int size = info == nullptr ? -1 : i2d_PKCS8_PRIV_KEY_INFO(info, nullptr);
    if (size <= 0) {
        ERR_clear_error();
        return base::fail(ErrorKind::input, "unparsable", std::string(file) + " holds a key that is damaged.");
    }
    Secret der(static_cast<std::size_t>(size));
    auto* out = reinterpret_cast<unsigned char*>(der.writable());
    i2d_PKCS8_PRIV_KEY_INFO(info, &out);
    return der;
}

// Takes everything out of a container with one form of the passphrase.
class Unpacking {
public:
    Unpacking(const Algorithms& algorithms, Try passphrase, std::string_view file)
        : algorithms_(algorithms), passphrase_(passphrase), file_(file) {}

    Result<void> take(const PKCS12& container) {
        const SafesPtr safes(PKCS12_unpack_authsafes(&container));
        if (!safes) return damaged();
        for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) {
            if (auto taken = take(*sk_PKCS7_value(safes.get(), i)); !taken) return taken;
        }
        return {};
    }
    [[nodiscard]] ContainerContents contents() { return std::move(contents_); }

private:
    [[nodiscard]] tl::unexpected<base::Error> unparsable(const std::string& what, std::string advice = {}) const {
        return base::fail(ErrorKind::input, "unparsable", file_ + " " + what, std::move(advice));
    }
    [[nodiscard]] tl::unexpected<base::Error> damaged() const {
        const std::string words = drain_openssl_errors();
        return unparsable("is a PKCS#12 container that is damaged" + (words.empty() ? "." : ": " + words + "."),
                          "Copy the whole file again.");
    }
    [[nodiscard]] tl::unexpected<base::Error> too_much_work() const {
        return unparsable("asks for more work to derive its key than is allowed.");
    }
    // Decrypting failed: OpenSSL's queue says what it means.
    [[nodiscard]] tl::unexpected<base::Error> not_decrypted(const X509_ALGOR* algorithm) const {
        if (!queue_says_unsupported()) return base::fail(ErrorKind::input, "passphrase_wrong", file_);
        const std::string with = "is encrypted with " + scheme_name(algorithm);
        const std::string advice =
            "Make it anew where it was made: openssl pkcs12 -export -certpbe AES-256-CBC -keypbe AES-256-CBC ...";
        if (algorithms_.knows_old()) return unparsable(with + ", which OpenSSL cannot read.", advice);
        return unparsable(with + ", which needs OpenSSL's legacy provider, and this machine has none.", advice);
    }

    Result<void> take(PKCS7& safe) {
        const int kind = OBJ_obj2nid(safe.type);
        if (kind == NID_pkcs7_data) {
            const BagsPtr bags(PKCS12_unpack_p7data(&safe));
            return bags ? take(*bags, 0) : damaged();
        }
        if (kind != NID_pkcs7_encrypted || safe.d.encrypted == nullptr || safe.d.encrypted->enc_data == nullptr) {
            return unparsable("has a part that is not protected by a passphrase but by a certificate.",
                              "Export it with a passphrase.");
        }
        const X509_ALGOR* algorithm = safe.d.encrypted->enc_data->algorithm;
        const bool cheap = ++encrypted_safes_ <= most_encrypted_safes && affordable(algorithm);
        ERR_clear_error();
        if (!cheap) return too_much_work();
        const BagsPtr bags(PKCS12_unpack_p7encdata(&safe, passphrase_.text, passphrase_.size));
        return bags ? take(*bags, 0) : not_decrypted(algorithm);
    }

    Result<void> take(const STACK_OF(PKCS12_SAFEBAG) & bags, int depth) {
        if (depth > deepest_nesting) return unparsable("is nested too deep.");
        for (int i = 0; i < sk_PKCS12_SAFEBAG_num(&bags); ++i) {
            const PKCS12_SAFEBAG* bag = sk_PKCS12_SAFEBAG_value(&bags, i);
            const int kind = PKCS12_SAFEBAG_get_nid(bag);
            Result<void> taken;
            if (kind == NID_keyBag) {
                taken = keep_key(PKCS12_SAFEBAG_get0_p8inf(bag));
            } else if (kind == NID_pkcs8ShroudedKeyBag) {
                taken = take_locked_key(PKCS12_SAFEBAG_get0_pkcs8(bag));
            } else if (kind == NID_certBag && PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate) {
                taken = take_certificate_of(bag);
            } else if (kind == NID_safeContentsBag && PKCS12_SAFEBAG_get0_safes(bag) != nullptr) {
                taken = take(*PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
            }
            if (!taken) return taken;
        }
        return {};
    }

    Result<void> take_locked_key(const X509_SIG* locked) {
        if (locked == nullptr) return damaged();
        const X509_ALGOR* algorithm = nullptr;
        X509_SIG_get0(locked, &algorithm, nullptr);
        if (contents_.key) return several_keys();
        const bool cheap = affordable(algorithm);
        ERR_clear_error();
        if (!cheap) return too_much_work();
        const InfoPtr info(PKCS8_decrypt_ex(locked, passphrase_.text, passphrase_.size, algorithms_.get(), nullptr));
        return info ? keep_key(info.get()) : not_decrypted(algorithm);
    }

    Result<void> keep_key(const PKCS8_PRIV_KEY_INFO* info) {
        if (contents_.key) return several_keys();
        auto der = der_of(info, file_);
        if (!der) return base::fail(der.error());
        contents_.key = std::move(*der);
        return {};
    }

    [[nodiscard]] tl::unexpected<base::Error> several_keys() const {
        return base::fail(ErrorKind::input, "several_keys", file_ + " holds more than one private key.",
                          "Export the key of this server alone.");
    }

    Result<void> take_certificate_of(const PKCS12_SAFEBAG* bag) {
        const CertificatePtr inside(PKCS12_SAFEBAG_get1_cert(bag));
        unsigned char* der = nullptr;
        const int size = inside ? i2d_X509(inside.get(), &der) : -1;
        if (size < 0) return damaged();
        // Made anew in the process's own library context, whichever the container's was.
        std::string_view rest(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
        CertificatePtr certificate = take_certificate(rest);
        OPENSSL_free(der);
        if (!certificate) return damaged();
        if (contents_.certificates.size() == max_certificates) {
            return unparsable("holds more than " + std::to_string(max_certificates) + " certificates.");
        }
        contents_.certificates.push_back(std::move(certificate));
        return {};
    }

    const Algorithms& algorithms_;
    Try passphrase_;
    std::string file_;
    int encrypted_safes_ = 0;
    ContainerContents contents_;
};

// Whether the passphrase is the one that the container's integrity code was made with; without a code any may be.
Result<bool> matches(PKCS12& container, Try passphrase, std::string_view file) {
    if (PKCS12_mac_present(&container) != 1) return true;
    const ASN1_INTEGER* iterations = nullptr;
    const X509_ALGOR* algorithm = nullptr;
    PKCS12_get0_mac(nullptr, &algorithm, nullptr, &iterations, &container);
    if (iterations != nullptr && !affordable(iterations)) {
        return base::fail(ErrorKind::input, "unparsable",
                          std::string(file) + " asks for more work to check its passphrase than is allowed.");
    }
    const bool good = PKCS12_verify_mac(&container, passphrase.text, passphrase.size) == 1;
    const std::string words = drain_openssl_errors();
    if (good || words.empty()) return good;
    return base::fail(ErrorKind::input, "unparsable",
                      std::string(file) + " is protected with " + scheme_name(algorithm) +
                          ", which OpenSSL cannot check: " + words + ".",
                      "Make it anew where it was made: openssl pkcs12 -export -macalg SHA256 ...");
}

}  // namespace

bool is_pkcs12(std::string_view der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    const ContainerPtr container(d2i_PKCS12(nullptr, &bytes, static_cast<long>(der.size())));
    ERR_clear_error();
    return container != nullptr;
}

Result<ContainerContents> open_pkcs12(std::string_view der, const Secret& passphrase, std::string_view file) {
    const Algorithms algorithms;  // outlives what is made in it
    const ContainerPtr container = container_of(der, algorithms.get());
    if (!container) {
        ERR_clear_error();
        return base::fail(ErrorKind::input, "unparsable", std::string(file) + " is no PKCS#12 container.");
    }
    for (const Try& form : forms_of(passphrase)) {
        const auto matching = matches(*container, form, file);
        if (!matching) return base::fail(matching.error());
        if (!*matching) continue;
        Unpacking unpacking(algorithms, form, file);
        const auto taken = unpacking.take(*container);
        ERR_clear_error();
        if (taken) return unpacking.contents();
        if (taken.error().code != "passphrase_wrong") return base::fail(taken.error());
    }
    if (passphrase.empty()) {
        return base::fail(ErrorKind::input, "passphrase_missing",
                          std::string(file) + " is a PKCS#12 container locked with a passphrase, and none was given.",
                          "Give the passphrase that it was exported with.");
    }
    return base::fail(ErrorKind::input, "passphrase_wrong",
                      "The passphrase given does not open " + std::string(file) + ".",
                      "Give the passphrase that it was exported with.");
}

}  // namespace gatehouse::certstore
