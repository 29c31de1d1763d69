// Judges the certificates that a server presented to an outbound call, in words that say which one is not believed,
// why, and what mends it. Pure but for the system's authorities, which the store reads where it includes them: any
// thread but an I/O one.
#pragma once

#include "certstore/openssl.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace gatehouse::certstore {

/// Whether a server that presents `chain`, its own certificate first, is believed at `now` (Unix seconds) to be `host`,
/// a name or an address; "": whatever its name. A name counts as RFC 6125 has it, wildcards for a whole first label
/// only; the common name counts where there is no other. An address has to be among the alternative names. Keys and
/// signatures below 112 bits are not believed. Errors, all crypto: untrusted_issuer, certificate_self_signed,
/// certificate_expired, certificate_not_yet_valid, certificate_name_mismatch, certificate_weak, certificate_unsuited.
[[nodiscard]] base::Result<void> verify_server(X509_STORE* store, std::span<const CertificatePtr> chain,
                                               const std::string& host, std::int64_t now);

}  // namespace gatehouse::certstore
