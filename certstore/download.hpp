// A credential's certificates in the forms that people take away: what the clients of a door are told to trust. Never
// its key. Pure; any thread.
#pragma once

#include "certstore/credential.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::certstore {

/// `pem` and `der`: the leaf alone. `chain`: PEM of all certificates, leaf first. `p7b`: all of them as PKCS#7 without
/// signature ("certs-only"), in DER, which Windows and browsers take.
enum class DownloadFormat { pem, der, chain, p7b };
/// The format of this name; nullopt: there is none.
[[nodiscard]] std::optional<DownloadFormat> download_format(std::string_view name);

struct Download {
    std::string bytes;
    /// HOSTNAME.cert, HOSTNAME.der, HOSTNAME-chain.cert, HOSTNAME.p7b: no form lands on another's file. Letters,
    /// digits,
    /// '.', '-' and '_' only.
    std::string file_name;
    std::string content_type;  ///< media type
};
/// Errors: crypto/encode_failed.
[[nodiscard]] base::Result<Download> download(const Credential& credential, DownloadFormat format,
                                              std::string_view hostname);

}  // namespace gatehouse::certstore
