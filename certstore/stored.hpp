// What stored pairs say without their keys being opened. Stateless; blocking: any thread but an I/O one.
#pragma once

#include "base/files.hpp"
#include "certstore/certificate.hpp"
#include "certstore/credential.hpp"

#include <optional>
#include <set>
#include <span>
#include <string>

namespace gatehouse::certstore {

/// The first certificate at `paths`; nullopt: there is none, or it can't be read.
[[nodiscard]] std::optional<CertificateFacts> stored_facts(const base::FileSystem& files, const PairPaths& paths);

/// SHA-256 of the public keys of all certificates at `places`; nullopt where one of them is there and can't be read
/// now.
[[nodiscard]] std::optional<std::set<std::string>> stored_public_keys(const base::FileSystem& files,
                                                                      std::span<const PairPaths> places);

}  // namespace gatehouse::certstore
