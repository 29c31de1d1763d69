// Judges a credential: what refuses it, what warns, what is worth a note. Codes are fixed (docs/operating.md explains
// each). Pure but for reading the system's trust anchors and for asking who can lay links on the way to the key; any
// thread but an I/O one.
#pragma once

#include "certstore/credential.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace gatehouse::certstore {

enum class Severity { note, warn, refuse };
[[nodiscard]] std::string_view name(Severity severity);

struct Finding {
    std::string code;
    Severity severity = Severity::note;
    std::string message;  ///< a sentence that names what it is about
    std::string advice;   ///< what to do; may be empty
    friend bool operator==(const Finding&, const Finding&) = default;
};

inline constexpr int default_expires_soon_days = 30;

/// What a credential is judged against.
struct Circumstances {
    std::string hostname;  ///< the door's effective name; empty: unknown, and the names are not judged by it
    std::int64_t now = 0;  ///< Unix seconds
    int expires_soon_days = default_expires_soon_days;
    /// The key file as it is now, should its owner or mode have changed since it was read; nullopt: as it was read.
    std::optional<base::FileFacts> key_facts = std::nullopt;
    uid_t service_uid = 0;  ///< the daemon's own; root is never foreign
    Spoken spoken = Spoken::of_files;
};

/// All findings, the gravest first; any of severity refuse means: do not serve.
[[nodiscard]] std::vector<Finding> judge(const Credential& credential, const Circumstances& circumstances);

/// The finding that an Error of read_pair, Credential::load, build_context or prove_context amounts to: a refusal under
/// its code where that is one of the findings', else (context_failed, handshake_failed, ...) under `unparsable`.
/// key_unreadable is a warning: it is not the pair's fault, and what is served goes on being served.
[[nodiscard]] Finding refusal(const base::Error& error);

[[nodiscard]] bool refuses(const std::vector<Finding>& findings);
/// When time alone next changes what is found of its validity: a certificate of the chain begins to be valid, is about
/// to expire, or has expired. Unix seconds, after `now`; nullopt: never.
[[nodiscard]] std::optional<std::int64_t> next_turn(const Credential& credential, std::int64_t now);
/// Neither expired nor not yet valid at `now`.
[[nodiscard]] bool valid_at(const Credential& credential, std::int64_t now);

}  // namespace gatehouse::certstore
