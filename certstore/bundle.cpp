#include "certstore/bundle.hpp"

#include "certstore/armor.hpp"
#include "certstore/chain.hpp"
#include "certstore/pem.hpp"
#include "certstore/pkcs12.hpp"

#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;
using Pkcs7Ptr = std::unique_ptr<PKCS7, Free<PKCS7_free>>;

// A combined file and a separate one may both hold the key. Each one more may cost a derivation.
constexpr std::size_t most_keys = 4;
// Each costs a derivation for its MAC and for each of its parts.
constexpr std::size_t most_containers = 2;

tl::unexpected<base::Error> unusable(std::string message, std::string advice = {}) {
    return base::fail(ErrorKind::input, "unparsable", std::move(message), std::move(advice));
}

bool is_pkcs7(const ArmorBlock& block) {
    return block.label == "PKCS7" || block.label == "CMS" || block.label == "PKCS #7 SIGNED DATA";
}

// The certificates of a PKCS#7 message; null: it is none.
Pkcs7Ptr pkcs7_of(std::string_view der) {
    const unsigned char* bytes = bytes_of(der);
    Pkcs7Ptr message(d2i_PKCS7(nullptr, &bytes, static_cast<long>(der.size())));
    ERR_clear_error();
    return message;
}

// The PEM label of a private key in DER; empty: it is none.
std::string_view key_label_of(std::string_view der) {
    const auto size = static_cast<long>(der.size());
    std::string_view label;
    const unsigned char* bytes = bytes_of(der);
    if (const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free<PKCS8_PRIV_KEY_INFO_free>> plain(
            d2i_PKCS8_PRIV_KEY_INFO(nullptr, &bytes, size));
        plain) {
        label = "PRIVATE KEY";
    }
    bytes = bytes_of(der);
    if (const std::unique_ptr<X509_SIG, Free<X509_SIG_free>> locked(d2i_X509_SIG(nullptr, &bytes, size));
        label.empty() && locked) {
        label = "ENCRYPTED PRIVATE KEY";
    }
    for (const auto& [type, name] :
         {std::pair{EVP_PKEY_RSA, "RSA PRIVATE KEY"}, std::pair{EVP_PKEY_EC, "EC PRIVATE KEY"}}) {
        bytes = bytes_of(der);
        if (label.empty() && KeyPtr(d2i_PrivateKey(type, nullptr, &bytes, size))) label = name;
    }
    ERR_clear_error();
    return label;
}

// The block in the form that every tool reads, with the headers that a traditional encryption needs.
Secret tidied(const ArmorBlock& block, const Secret& der) {
    std::string headers;
    for (const char* name : {"Proc-Type", "DEK-Info"}) {
        if (const auto value = header(block, name)) headers += std::string(name) + ": " + std::string(*value) + "\n";
    }
    return encode(block.label, der.reveal(), headers);
}

class Collecting {
public:
    explicit Collecting(const Secret& passphrase) : passphrase_(passphrase) {}

    Result<void> take(const Piece& piece) {
        if (piece.bytes.size() > max_pem_bytes) {
            return unusable(piece.name + " is larger than an upload of key or certificates may be (1 MiB).");
        }
        constexpr std::string_view nothing = " \t\r\n\v\f\xEF\xBB\xBF";  // the last three are a byte order mark
        if (piece.bytes.find_first_not_of(nothing) == std::string_view::npos) return {};
        const std::vector<ArmorBlock> blocks = find_blocks(piece.bytes);
        if (!blocks.empty()) return take_blocks(piece, blocks);
        if (piece.bytes.front() == '\x30') return take_der(piece.bytes, piece.name);
        return unknown(piece.bytes, piece.name);
    }

    Result<Bundle> conclude() {
        if (certificates_.empty()) {
            return base::fail(
                ErrorKind::input, "no_certificate",
                key_pem_ ? "The upload holds a private key but no certificate." : "The upload holds no certificate.",
                "Give the certificate, with the intermediate ones that the CA sent.");
        }
        Bundle bundle;
        for (const CertificatePtr& certificate : certificates_) {
            const auto pem = to_pem(certificate.get());
            if (!pem) return base::fail(pem.error());
            bundle.certificates_pem += *pem;
        }
        // As PEM it is larger than it came, and it has to be read again.
        if (bundle.certificates_pem.size() > max_pem_bytes) {
            return unusable("The certificates take more than 1 MiB as PEM.", "Leave out those that are not needed.");
        }
        bundle.key_pem = std::move(key_pem_);
        bundle.key_sha256 = std::move(key_sha256_);
        if (key_is_encrypted_) bundle.passphrase = passphrase_.clone();
        return bundle;
    }

private:
    static tl::unexpected<base::Error> unknown(std::string_view bytes, const std::string& name) {
        const Foreign foreign = recognise(bytes, name, false);
        return unusable(name + " " + foreign.what, foreign.advice);
    }

    Result<void> take_blocks(const Piece& piece, const std::vector<ArmorBlock>& blocks) {
        std::size_t number = 0;
        bool used = false;
        for (const ArmorBlock& block : blocks) {
            ++number;
            if (!is_certificate(block) && !is_private_key(block) && !is_pkcs7(block)) continue;
            used = true;
            const auto bytes = block.complete ? decode(block) : std::nullopt;
            if (!bytes) return base::fail(damage(block, number, piece.name));
            Result<void> taken;
            if (is_private_key(block)) {
                taken = add_key(block, tidied(block, *bytes), piece.name);
            } else if (Pkcs7Ptr message = pkcs7_of(bytes->reveal()); message) {
                // Windows' authorities send theirs in blocks that say CERTIFICATE.
                taken = take_pkcs7(*message, piece.name);
            } else if (auto certificate = parse_certificate(block, number, piece.name); certificate) {
                taken = add_certificate(std::move(*certificate), piece.name);
            } else {
                return base::fail(certificate.error());
            }
            if (!taken) return taken;
        }
        return used ? Result<void>() : unknown(piece.bytes, piece.name);
    }

    Result<void> take_der(std::string_view der, const std::string& name) {
        std::string_view rest = der;
        while (!rest.empty()) {
            CertificatePtr certificate = take_certificate(rest);
            ERR_clear_error();
            if (!certificate) break;
            if (auto added = add_certificate(std::move(certificate), name); !added) return added;
        }
        if (rest.empty()) return {};
        if (rest.size() != der.size()) {
            return unusable(name + " holds something else behind its certificate.", "Copy the whole file again.");
        }
        if (const Pkcs7Ptr message = pkcs7_of(der); message) return take_pkcs7(*message, name);
        if (is_pkcs12(der)) return take_pkcs12(der, name);
        const std::string_view label = key_label_of(der);
        if (label.empty()) return unknown(der, name);
        const Secret text = encode(label, der);
        return add_key(find_blocks(text.reveal()).front(), text.clone(), name);
    }

    Result<void> take_pkcs7(const PKCS7& message, const std::string& name) {
        const STACK_OF(X509)* inside =
            OBJ_obj2nid(message.type) == NID_pkcs7_signed && message.d.sign != nullptr ? message.d.sign->cert : nullptr;
        if (inside != nullptr && sk_X509_num(inside) > static_cast<int>(max_certificates)) return too_many(name);
        std::vector<CertificatePtr> certificates;
        for (int i = 0; inside != nullptr && i < sk_X509_num(inside); ++i) {
            X509* certificate = sk_X509_value(inside, i);
            if (X509_get0_pubkey(certificate) == nullptr) {
                ERR_clear_error();
                return unusable(name + " holds a certificate with a key that OpenSSL cannot decode.");
            }
            X509_up_ref(certificate);
            certificates.emplace_back(certificate);
        }
        if (certificates.empty()) {
            return unusable(name + " is a PKCS#7 message without certificates.",
                            "Give the .p7b file with the certificate that the CA sent.");
        }
        return add_certificates(leaf_first(std::move(certificates)), name);
    }

    Result<void> take_pkcs12(std::string_view der, const std::string& name) {
        if (++containers_seen_ > most_containers) {
            return unusable(name + " is one PKCS#12 too many.", "Give the one that holds the certificate and its key.");
        }
        auto contents = open_pkcs12(der, passphrase_, name);
        if (!contents) return base::fail(contents.error());
        if (contents->key) {
            const Secret text = encode("PRIVATE KEY", contents->key->reveal());
            if (auto added = add_key(find_blocks(text.reveal()).front(), text.clone(), name); !added) return added;
        }
        return add_certificates(leaf_first(std::move(contents->certificates)), name);
    }

    Result<void> add_certificates(std::vector<CertificatePtr> certificates, const std::string& name) {
        for (CertificatePtr& certificate : certificates) {
            if (auto added = add_certificate(std::move(certificate), name); !added) return added;
        }
        return {};
    }

    // A certificate that came before is passed over: the leaf often stands alone and in the chain.
    Result<void> add_certificate(CertificatePtr certificate, const std::string& name) {
        const bool known = std::any_of(certificates_.begin(), certificates_.end(), [&](const CertificatePtr& other) {
            return X509_cmp(other.get(), certificate.get()) == 0;
        });
        if (known) return {};
        if (certificates_.size() == max_certificates) return too_many(name);
        certificates_.push_back(std::move(certificate));
        return {};
    }

    Result<void> add_key(const ArmorBlock& block, Secret text, const std::string& name) {
        if (key_pem_ && key_pem_->equals(text.reveal())) return {};
        if (++keys_seen_ > most_keys) return several_keys(name);
        std::vector<const Secret*> passphrases;
        if (!passphrase_.empty()) passphrases.push_back(&passphrase_);
        const auto parsed = decode_key(block, passphrases, name);
        if (!parsed) return refused(parsed.error(), name);
        std::string digest = sha256_hex(parsed->key.get());
        if (key_pem_ && digest != key_sha256_) return several_keys(name);
        if (key_pem_) return {};
        key_pem_ = std::move(text);
        key_sha256_ = std::move(digest);
        key_is_encrypted_ = parsed->opened_by >= 0;
        return {};
    }

    // Of a file on disk a key says who could mend it; of an upload it is the uploader.
    [[nodiscard]] tl::unexpected<base::Error> refused(base::Error error, const std::string& name) const {
        error.kind = ErrorKind::input;
        if (error.code == "key_locked") {
            error.message =
                "The key " + name + " is encrypted, and " +
                (passphrase_.empty() ? "no passphrase was given." : "the passphrase given does not open it.");
            error.advice = "Give the passphrase of the key with it.";
        }
        return base::fail(std::move(error));
    }

    static tl::unexpected<base::Error> too_many(const std::string& name) {
        return unusable(name + " brings more than " + std::to_string(max_certificates) + " certificates.",
                        "Give the certificate and its issuers, not a bundle of authorities.");
    }

    static tl::unexpected<base::Error> several_keys(const std::string& name) {
        return base::fail(ErrorKind::input, "several_keys",
                          "The upload holds more than one private key; another one is in " + name + ".",
                          "Give the key of this certificate alone.");
    }

    const Secret& passphrase_;
    std::vector<CertificatePtr> certificates_;
    std::optional<Secret> key_pem_;
    std::string key_sha256_;
    bool key_is_encrypted_ = false;
    std::size_t keys_seen_ = 0;
    std::size_t containers_seen_ = 0;
};

}  // namespace

Result<Bundle> read_bundle(std::span<const Piece> pieces, const Secret& passphrase) {
    Collecting collecting(passphrase);
    for (const Piece& piece : pieces) {
        if (auto taken = collecting.take(piece); !taken) return base::fail(taken.error());
    }
    return collecting.conclude();
}

}  // namespace gatehouse::certstore
