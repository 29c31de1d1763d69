// What an operator may ask for through the portal, the API or the console: an upload, a new self-signed pair, back to
// the previous one. Here a change becomes an examined pair; Door puts it in place. For the credentials thread.
// Blocking.
#pragma once

#include "base/secret.hpp"
#include "certstore/slot.hpp"
#include "server/credentials/examine.hpp"
#include "server/credentials/passphrases.hpp"
#include "server/credentials/status.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::credentials {

struct Upload {
    std::string certificate_pem;
    base::Secret key_pem;     ///< empty: the key in use or the pending request's, whichever the certificate belongs to
    base::Secret passphrase;  ///< of the key; empty: none
};

struct Regenerate {
    std::vector<std::string> names;  ///< empty: the door's hostname
    std::optional<unsigned> days;
    std::optional<config::KeyType> key_type;
};

struct RollBack {};

struct Change {
    std::variant<Upload, Regenerate, RollBack> wish;
    std::vector<std::string> confirmed;  ///< codes of warnings that the operator accepts
    bool only_check = false;             ///< a dry run: nothing is changed
    Trigger trigger = Trigger::api;
    std::string id;  ///< by which the operator finds the result again
};

/// The warnings that need not be asked about: what the operator accepts, and what the wish itself says already.
[[nodiscard]] std::vector<std::string> confirmed_by(const Change& change);

enum class KeySource { upload, request, in_use, generated, previous };
[[nodiscard]] std::string_view name(KeySource source);

/// What became of a change.
struct Changed {
    std::optional<base::Error> refused;                      ///< why nothing was changed
    std::vector<certstore::Finding> findings;                ///< about the pair of the change
    std::vector<certstore::Finding> unconfirmed;             ///< warnings that would have to be confirmed first
    std::optional<certstore::CertificateFacts> certificate;  ///< of the pair of the change, where it could be read
    std::string fingerprint_before;                          ///< of what was served
    std::optional<KeySource> key_from;                       ///< where its key comes from
    bool activated = false;                                  ///< it is served now
};

/// A change that has passed parsing: what would be written, and what the gates say of it.
struct Prepared {
    std::string certificate_pem;
    base::Secret key_pem;
    base::Secret passphrase;  ///< opens `key_pem`; empty: it needs none
    KeySource key_from = KeySource::upload;
    Examined examined;
};

/// What a change starts from.
struct Ground {
    const base::FileSystem& files;
    const certstore::Slot& slot;
    const Terms& terms;
    const Served& served;
    const config::SelfSignedSettings& self_signed;
    const Passphrases& passphrases;
};

/// Errors: input/unparsable, denied/key_locked, input/key_mismatch and the like for a pair that is none;
/// not_found/key_missing (an upload without a key whose certificate fits no key of the box), not_found/no_previous.
/// What the gates refuse is in `examined.findings`, with `examined.good()` false. Of an upload both speak of what was
/// sent.
[[nodiscard]] base::Result<Prepared> prepare(const Change& change, const Ground& ground);

}  // namespace gatehouse::credentials
