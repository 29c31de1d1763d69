#include "certstore/private_key.hpp"

#include "base/advice.hpp"
#include "certstore/encryption.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>
#include <array>
#include <optional>

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;
using base::Secret;
using CipherPtr = std::unique_ptr<EVP_CIPHER, Free<EVP_CIPHER_free>>;
using CipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, Free<EVP_CIPHER_CTX_free>>;
using DigestPtr = std::unique_ptr<EVP_MD, Free<EVP_MD_free>>;
using EncryptedPtr = std::unique_ptr<X509_SIG, Free<X509_SIG_free>>;
using InfoPtr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free<PKCS8_PRIV_KEY_INFO_free>>;

// What one try of one passphrase came to.
enum class Attempt { opened, wrong, unsupported };

struct Opened {
    Attempt attempt = Attempt::wrong;
    KeyPtr key;
};

KeyPtr key_from_pkcs8(std::string_view der) {
    const unsigned char* bytes = bytes_of(der);
    const InfoPtr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &bytes, static_cast<long>(der.size())));
    return KeyPtr(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
}

// The key in the plain DER of a block with this label.
KeyPtr key_from_der(std::string_view label, std::string_view der) {
    if (label == "PRIVATE KEY") return key_from_pkcs8(der);
    const int type = label == "EC PRIVATE KEY" ? EVP_PKEY_EC : EVP_PKEY_RSA;
    const unsigned char* bytes = bytes_of(der);
    return KeyPtr(d2i_PrivateKey(type, nullptr, &bytes, static_cast<long>(der.size())));
}

// ---- traditional encryption: RFC 1421 headers, key derived with MD5 as EVP_BytesToKey does

struct DekInfo {
    std::string cipher;
    std::string iv;  // raw bytes
};

std::optional<DekInfo> dek_info(const ArmorBlock& block) {
    const auto value = header(block, "DEK-Info");
    if (!value) return std::nullopt;
    const std::size_t comma = std::min(value->find(','), value->size());
    DekInfo info{std::string(value->substr(0, comma)), {}};
    while (!info.cipher.empty() && info.cipher.back() == ' ')
        info.cipher.pop_back();
    std::string digits(value->substr(std::min(comma + 1, value->size())));
    digits.erase(0, digits.find_first_not_of(' '));
    std::array<unsigned char, EVP_MAX_IV_LENGTH> iv{};
    std::size_t size = 0;
    if (!digits.empty() && OPENSSL_hexstr2buf_ex(iv.data(), iv.size(), &size, digits.c_str(), '\0') != 1) {
        ERR_clear_error();
        return std::nullopt;
    }
    info.iv.assign(reinterpret_cast<const char*>(iv.data()), size);
    return info;
}

Opened open_traditional(const ArmorBlock& block, const Secret& sealed, const DekInfo& info, std::string_view passphrase,
                        const Algorithms& library) {
    const CipherPtr cipher(EVP_CIPHER_fetch(library.get(), info.cipher.c_str(), nullptr));
    const DigestPtr md5(EVP_MD_fetch(library.get(), "MD5", nullptr));
    if (!cipher || !md5) return {Attempt::unsupported, nullptr};
    const int mode = EVP_CIPHER_get_mode(cipher.get());
    const bool ordinary = mode == EVP_CIPH_CBC_MODE || mode == EVP_CIPH_CFB_MODE || mode == EVP_CIPH_OFB_MODE ||
                          mode == EVP_CIPH_CTR_MODE || mode == EVP_CIPH_ECB_MODE;
    if (!ordinary || info.iv.size() != static_cast<std::size_t>(EVP_CIPHER_get_iv_length(cipher.get())) ||
        (!info.iv.empty() && info.iv.size() < PKCS5_SALT_LEN)) {
        return {Attempt::unsupported, nullptr};
    }
    std::array<unsigned char, PKCS5_SALT_LEN> salt{};
    std::copy_n(info.iv.begin(), std::min(salt.size(), info.iv.size()), salt.begin());
    Secret key(EVP_MAX_KEY_LENGTH);
    if (EVP_BytesToKey(cipher.get(), md5.get(), salt.data(), bytes_of(passphrase), static_cast<int>(passphrase.size()),
                       1, reinterpret_cast<unsigned char*>(key.writable()), nullptr) <= 0) {
        return {Attempt::unsupported, nullptr};
    }
    const CipherContextPtr context(EVP_CIPHER_CTX_new());
    if (EVP_DecryptInit_ex2(context.get(), cipher.get(), bytes_of(key.reveal()), bytes_of(info.iv), nullptr) != 1) {
        return {Attempt::unsupported, nullptr};
    }
    Secret plain(sealed.size() + EVP_MAX_BLOCK_LENGTH);
    auto* out = reinterpret_cast<unsigned char*>(plain.writable());
    int size = 0;
    int last = 0;
    if (EVP_DecryptUpdate(context.get(), out, &size, bytes_of(sealed.reveal()), static_cast<int>(sealed.size())) != 1 ||
        EVP_DecryptFinal_ex(context.get(), out + size, &last) != 1) {
        return {Attempt::wrong, nullptr};
    }
    // Padding comes out right for one wrong passphrase in 256; a key that decodes does not.
    plain.shrink(static_cast<std::size_t>(size) + static_cast<std::size_t>(last));
    KeyPtr opened = key_from_der(block.label, plain.reveal());
    const Attempt attempt = opened ? Attempt::opened : Attempt::wrong;
    return {attempt, std::move(opened)};
}

// ---- PKCS#8 encryption (RFC 5958, RFC 8018)

Opened open_pkcs8(const X509_SIG* sealed, std::string_view passphrase, const Algorithms& library) {
    const InfoPtr info(
        PKCS8_decrypt_ex(sealed, passphrase.data(), static_cast<int>(passphrase.size()), library.get(), nullptr));
    if (!info) return {queue_says_unsupported() ? Attempt::unsupported : Attempt::wrong, nullptr};
    // The decrypted structure belongs to no library context; the key is made in the process's own.
    KeyPtr key(EVP_PKCS82PKEY(info.get()));
    const Attempt attempt = key ? Attempt::opened : Attempt::wrong;
    return {attempt, std::move(key)};
}

// ---- passphrases

struct Tried {
    Opened opened;
    int index = -1;
};

// `open` with every passphrase in turn, each as it is and without the newline an editor leaves behind.
template <class Open>
Tried try_all(std::span<const Secret* const> passphrases, const Open& open) {
    Tried tried;
    for (std::size_t i = 0; i < passphrases.size(); ++i) {
        const std::string_view given = passphrases[i]->reveal();
        const std::string_view shorter = without_newline(given);
        tried = {open(given), static_cast<int>(i)};
        if (tried.opened.attempt == Attempt::wrong && shorter.size() != given.size()) tried.opened = open(shorter);
        ERR_clear_error();
        if (tried.opened.attempt != Attempt::wrong) break;
    }
    return tried;
}

tl::unexpected<base::Error> locked(std::size_t passphrases, std::string_view file) {
    const std::string key = "The key " + std::string(file) + " is encrypted, and ";
    return base::fail(ErrorKind::denied, "key_locked",
                      key + (passphrases == 0   ? "no passphrase for it is known."
                             : passphrases == 1 ? "the passphrase known does not open it."
                                                : "none of the passphrases known opens it."),
                      "Give its passphrase.");
}

tl::unexpected<base::Error> unsupported(std::string_view scheme, bool knows_old, std::string_view file) {
    return base::fail(ErrorKind::crypto, "unparsable",
                      "The key " + std::string(file) + " is encrypted with " + std::string(scheme) +
                          ", which OpenSSL cannot read" + (knows_old ? "." : " without its legacy provider."),
                      "Encrypt it anew where it was made: openssl pkcs8 -topk8 -v2 aes-256-cbc -in " +
                          base::shell_quoted(std::string(file)) + " -out NEW.key");
}

tl::unexpected<base::Error> unparsable(std::string_view file, const std::string& what, std::string advice = {}) {
    return base::fail(ErrorKind::input, "unparsable", "The key " + std::string(file) + " " + what, std::move(advice));
}

base::Result<ParsedKey> conclude(Tried tried, std::size_t passphrases, std::string_view scheme, bool knows_old,
                                 std::string_view file) {
    switch (tried.opened.attempt) {
        case Attempt::opened:
            return ParsedKey{std::move(tried.opened.key), tried.index};
        case Attempt::unsupported:
            return unsupported(scheme, knows_old, file);
        case Attempt::wrong:
            break;
    }
    return locked(passphrases, file);
}

base::Result<ParsedKey> unlock_traditional(const ArmorBlock& block, const Secret& bytes,
                                           std::span<const Secret* const> passphrases, std::string_view file) {
    const auto info = dek_info(block);
    if (!info) return unparsable(file, "says that it is encrypted, but its DEK-Info header is missing or broken.");
    if (passphrases.empty()) return locked(0, file);
    const Algorithms library;
    Tried tried = try_all(passphrases, [&](std::string_view passphrase) {
        return open_traditional(block, bytes, *info, passphrase, library);
    });
    return conclude(std::move(tried), passphrases.size(), info->cipher, library.knows_old(), file);
}

base::Result<ParsedKey> unlock_pkcs8(const Secret& bytes, std::span<const Secret* const> passphrases,
                                     std::string_view file) {
    const unsigned char* der = bytes_of(bytes.reveal());
    const EncryptedPtr sealed(d2i_X509_SIG(nullptr, &der, static_cast<long>(bytes.size())));
    if (!sealed) {
        ERR_clear_error();
        return unparsable(file, "has an ENCRYPTED PRIVATE KEY block that is broken.", "Copy the whole file again.");
    }
    const X509_ALGOR* algorithm = nullptr;
    X509_SIG_get0(sealed.get(), &algorithm, nullptr);
    const bool cheap = affordable(algorithm);
    ERR_clear_error();
    if (!cheap) return unparsable(file, "asks for more work to derive its key than is allowed.");
    if (passphrases.empty()) return locked(0, file);
    const Algorithms library;
    Tried tried = try_all(passphrases,
                          [&](std::string_view passphrase) { return open_pkcs8(sealed.get(), passphrase, library); });
    return conclude(std::move(tried), passphrases.size(), scheme_name(algorithm), library.knows_old(), file);
}

// ---- what kind of key it is

std::string kind_of(EVP_PKEY* key) {
    if (const int id = EVP_PKEY_get_base_id(key); id != EVP_PKEY_EC) {
        if (id == EVP_PKEY_RSA_PSS) return "RSA-PSS";
        const char* type = EVP_PKEY_get0_type_name(key);
        return type == nullptr ? "unknown" : type;
    }
    std::array<char, 80> group{};
    if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return "EC with unnamed parameters";
    return std::string("EC ") + group.data();
}

bool is_served(EVP_PKEY* key) {
    const std::string kind = kind_of(key);
    constexpr std::array served{"RSA", "ED25519", "EC prime256v1", "EC secp384r1", "EC secp521r1"};
    return std::any_of(served.begin(), served.end(), [&](const char* name) { return kind == name; });
}

base::Result<ParsedKey> of_served_kind(base::Result<ParsedKey> parsed, std::string_view file) {
    if (!parsed || is_served(parsed->key.get())) return parsed;
    const std::string kind = kind_of(parsed->key.get());
    const bool small_curve = kind.starts_with("EC ") && EVP_PKEY_get_bits(parsed->key.get()) < 256;
    ERR_clear_error();
    if (small_curve) {
        return base::fail(ErrorKind::input, "key_weak", "The key " + std::string(file) + " is too weak: " + kind + ".",
                          "Use RSA of 2048 bits or more, or ECDSA on P-256.");
    }
    return unparsable(file, "is of type " + kind + ", which is not served.",
                      "Use RSA, ECDSA on P-256, P-384 or P-521, or Ed25519.");
}

}  // namespace

bool is_encrypted(const ArmorBlock& block) {
    if (block.label == "ENCRYPTED PRIVATE KEY") return true;
    const auto type = header(block, "Proc-Type");
    return type && type->find("ENCRYPTED") != std::string_view::npos;
}

base::Result<ParsedKey> decode_key(const ArmorBlock& block, std::span<const Secret* const> passphrases,
                                   std::string_view file) {
    if (block.label == "OPENSSH PRIVATE KEY") {
        return unparsable(file, "is in OpenSSH's own form.",
                          "Convert a copy of it: ssh-keygen -p -m PEM -f " + base::shell_quoted(std::string(file)));
    }
    const std::array known{"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"};
    if (std::none_of(known.begin(), known.end(), [&](const char* label) { return block.label == label; })) {
        const std::string_view kind =
            block.label.substr(0, block.label.size() - std::string_view("PRIVATE KEY").size());
        return unparsable(file, "is of type " + std::string(kind) + "which is not served.",
                          "Use RSA, ECDSA on P-256, P-384 or P-521, or Ed25519.");
    }
    const auto bytes = decode(block);
    if (!bytes) {
        return unparsable(file, "has a block \"" + std::string(block.label) + "\" that is damaged: it is not base64.",
                          "Copy the whole file again.");
    }
    if (block.label == "ENCRYPTED PRIVATE KEY") return of_served_kind(unlock_pkcs8(*bytes, passphrases, file), file);
    if (is_encrypted(block)) return of_served_kind(unlock_traditional(block, *bytes, passphrases, file), file);
    KeyPtr key = key_from_der(block.label, bytes->reveal());
    const std::string words = drain_openssl_errors();
    if (!key) {
        return unparsable(file,
                          "has a block \"" + std::string(block.label) + "\" that OpenSSL cannot decode" +
                              (words.empty() ? "." : ": " + words + "."),
                          "Copy the whole file again.");
    }
    return of_served_kind(ParsedKey{std::move(key), -1}, file);
}

}  // namespace gatehouse::certstore
