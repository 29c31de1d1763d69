// The names that certificates and signing requests carry: from texts to OpenSSL's objects and back. Pure; any thread.
#pragma once

#include "certstore/openssl.hpp"

#include <openssl/x509v3.h>

#include <string>
#include <vector>

namespace gatehouse::certstore {

using AlternativeNamesPtr = std::unique_ptr<GENERAL_NAMES, Free<GENERAL_NAMES_free>>;

/// Subject alternative names from DNS names (the first label may be "*") and IP addresses, which are told apart here.
/// Errors: input/name_invalid, crypto/issue_failed.
[[nodiscard]] base::Result<AlternativeNamesPtr> alternative_names(const std::vector<std::string>& names);

/// The DNS names and IP addresses among them as texts; null: none.
[[nodiscard]] std::vector<std::string> texts_of(const GENERAL_NAMES* names);

/// A string of a certificate as readable UTF-8 of one line, cut where it is longer than any name.
[[nodiscard]] std::string readable(const ASN1_STRING* string);
/// The same of a subject or issuer, the way of RFC 2253.
[[nodiscard]] std::string readable(const X509_NAME* name);

}  // namespace gatehouse::certstore
