// For certificates that come without their key: which of the keys on the box they were made for. Pure; any thread.
#pragma once

#include <span>
#include <string>

namespace gatehouse::certstore {

/// The keys that a door has, by the SHA-256 of their SubjectPublicKeyInfo; empty: there is none.
struct KeysAtHand {
    std::string pending_request;
    std::string in_use;
};

enum class KeyOf { nobody, pending_request, in_use };

/// Whose key one of the certificates is for, given as public_key_digests tells them. The pending request's comes first:
/// it is what the upload answers.
[[nodiscard]] KeyOf match(std::span<const std::string> certificates, const KeysAtHand& keys);

}  // namespace gatehouse::certstore
