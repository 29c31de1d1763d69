// The gates between a pair on disk and the network: read, parse, order, judge, build, prove. Nothing is changed by any
// of it. For doors (on the credentials thread) and for `--check` (on main's). Blocking.
#pragma once

#include "base/files.hpp"
#include "certstore/context.hpp"
#include "certstore/findings.hpp"
#include "config/settings.hpp"
#include "server/credentials/passphrases.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::credentials {

/// What a door asks of a pair.
struct Terms {
    config::Interface interface = config::Interface::clean;
    std::string hostname;
    config::TlsPolicy policy = config::TlsPolicy::intermediate;
    bool hostname_unknown = false;  ///< the system's stands in for one that can't be read: no pair is judged by it
};
[[nodiscard]] Terms terms_of(const config::Settings& settings, config::Interface interface);
/// What a pair is judged against now.
[[nodiscard]] certstore::Circumstances circumstances_of(const Terms& terms);

/// What a door serves.
struct Served {
    certstore::CredentialPtr credential;  ///< null: nothing yet
    certstore::TicketKeys tickets;
};

/// A pair looked at: what it is worth, and what it takes to serve it.
struct Examined {
    certstore::CredentialPtr credential;  ///< null: refused before it was one
    std::vector<certstore::Finding> findings;
    certstore::SslContextPtr context;  ///< null: refused, or the very pair that is served
    certstore::TicketKeys tickets;
    std::string fingerprint;    ///< of the file's first certificate where there is no credential
    base::FileFacts key_facts;  ///< of the key file as it is now
    bool locked = false;        ///< refused because no passphrase opens the key
    bool opened_by_one_time = false;
    bool opened_by_held = false;
    [[nodiscard]] bool good() const { return context != nullptr; }
};

/// The passphrases to try on an encrypted key, given the text of its certificate file.
using PassphrasesFor = std::function<Candidates(std::string_view certificate_text)>;

/// Looks at the pair at `paths`. The very bytes that are served are not looked at again: `credential` is then
/// `served.credential`.
[[nodiscard]] Examined examine(const base::FileSystem& files, const certstore::PairPaths& paths, const Terms& terms,
                               const Served& served, const PassphrasesFor& passphrases);

/// A pair of the daemon's own making, or sent to it, as it will lie at `paths`: the key its own, mode 0600.
[[nodiscard]] certstore::PairFiles as_files(const certstore::PairPaths& paths, std::string_view certificate_pem,
                                            const base::Secret& key_pem);

/// The gates after parsing: findings, a context, a handshake with itself. Fills in what they say.
void judge_and_build(Examined& examined, const Terms& terms, const Served& served,
                     certstore::Spoken spoken = certstore::Spoken::of_files);

/// Why a pair is not served: the finding that refuses it, or the one that kept it from being read; null: none.
[[nodiscard]] const certstore::Finding* reason(const Examined& examined);

/// What to do about a key of the door that no known passphrase opens.
[[nodiscard]] std::string advice_to_unlock(config::Interface interface);

/// Neither file is there; one that cannot be looked at is there.
[[nodiscard]] bool nothing_placed(const base::FileSystem& files, const certstore::PairPaths& paths);

}  // namespace gatehouse::credentials
