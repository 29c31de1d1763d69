// Certificates and keys for the tests, made with OpenSSL's C API; the real openssl command.
#pragma once

#include "certstore/context.hpp"
#include "certstore/credential.hpp"
#include "certstore/issue.hpp"
#include "certstore/openssl.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::certstore::testing {

/// 2026-01-01 00:00:00 UTC: what the tests call now.
inline constexpr std::int64_t now = 1767225600;
inline constexpr std::int64_t day = 86400;

/// While it lives a process of root acts as the user nobody, who may not do everything. For others it does nothing.
class AsNobody {
public:
    AsNobody();
    AsNobody(const AsNobody&) = delete;
    AsNobody& operator=(const AsNobody&) = delete;
    ~AsNobody();

private:
    bool changed_ = false;
};

/// Runs a command in the folder with sh; the test fails where the command does.
void run(const std::filesystem::path& folder, const std::string& command);
[[nodiscard]] std::string read_text(const std::filesystem::path& path);
void write_text(const std::filesystem::path& path, std::string_view text, mode_t mode = 0600);

/// "RSA:2048", "EC:P-256", "ED25519", "DSA", "X25519", ...
[[nodiscard]] KeyPtr make_key(const std::string& type);

/// What a certificate shall say. Empty extensions are left out; they are in OpenSSL's own notation.
struct Wish {
    std::string common_name = "box.example";
    std::string description{};  // of the subject, behind the common name; may be of any length
    std::string alternative_names = "DNS:box.example";
    std::string basic_constraints = "critical,CA:FALSE";
    std::string key_usage = "critical,digitalSignature";
    std::string extended_key_usage = "serverAuth";
    std::int64_t not_before = now - day;
    std::int64_t not_after = now + 200 * day;
    std::string digest = "SHA256";
};
[[nodiscard]] Wish ca_wish(const std::string& common_name);

/// A certificate with its key.
struct Made {
    KeyPtr key;
    CertificatePtr certificate;
    [[nodiscard]] std::string pem() const;
    [[nodiscard]] std::string key_pem() const;
};
/// Signed by `issuer`, or by itself where there is none.
[[nodiscard]] Made make(const Wish& wish, const Made* issuer = nullptr, const std::string& key_type = "EC:P-256");

/// A pair of files as read_pair gives them: owned by root, mode 0600.
[[nodiscard]] PairFiles pair_files(const std::string& certificate_pem, const std::string& key_pem);
/// Loads what must load.
[[nodiscard]] CredentialPtr load(const std::string& certificate_pem, const std::string& key_pem);
[[nodiscard]] CredentialPtr load(const Made& made);

}  // namespace gatehouse::certstore::testing
