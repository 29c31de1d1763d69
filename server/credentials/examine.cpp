#include "server/credentials/examine.hpp"

#include "certstore/pem.hpp"
#include "config/hostname.hpp"

#include <algorithm>
#include <ctime>
#include <unistd.h>
#include <utility>

namespace gatehouse::credentials {

using certstore::Finding;

Terms terms_of(const config::Settings& settings, config::Interface interface) {
    const config::InterfaceSettings& own = settings.interfaces[interface];
    return {interface, config::effective_hostname(own.hostname),
            own.legacy_tls ? config::TlsPolicy::legacy : own.policy, own.hostname_unknown};
}

certstore::Circumstances circumstances_of(const Terms& terms) {
    return {.hostname = terms.hostname_unknown ? std::string() : terms.hostname,
            .now = std::time(nullptr),
            .service_uid = geteuid()};
}

Examined examine(const base::FileSystem& files, const certstore::PairPaths& paths, const Terms& terms,
                 const Served& served, const PassphrasesFor& passphrases) {
    Examined examined;
    auto pair = certstore::read_pair(files, paths);
    if (!pair) {
        examined.findings.push_back(certstore::refusal(pair.error()));
        return examined;
    }
    examined.key_facts = pair->key.facts;
    if (served.credential && pair->same_bytes(served.credential->files())) {
        examined.credential = served.credential;  // opened, judged and built already
        return examined;
    }
    Candidates candidates;
    if (certstore::key_is_encrypted(pair->key.bytes.reveal())) {
        candidates = passphrases(pair->certificate.bytes.reveal());
    }
    const base::Secret certificate_text = pair->certificate.bytes.clone();
    auto credential = certstore::Credential::load(std::move(*pair), candidates.passphrases);
    if (!credential) {
        examined.locked = credential.error().code == "key_locked";
        examined.fingerprint = certstore::first_fingerprint(certificate_text.reveal());
        examined.findings.push_back(certstore::refusal(credential.error()));
        if (examined.locked) examined.findings.back().advice = advice_to_unlock(terms.interface);
        return examined;
    }
    examined.credential = std::move(*credential);
    const int opened_by = examined.credential->opened_by();
    examined.opened_by_one_time = opened_by >= 0 && opened_by == candidates.one_time;
    examined.opened_by_held = opened_by >= 0 && opened_by == candidates.held;
    judge_and_build(examined, terms, served);
    return examined;
}

void judge_and_build(Examined& examined, const Terms& terms, const Served& served, certstore::Spoken spoken) {
    auto circumstances = circumstances_of(terms);
    circumstances.spoken = spoken;
    examined.findings = certstore::judge(*examined.credential, circumstances);
    if (certstore::refuses(examined.findings)) return;
    const auto refuse = [&](const base::Error& error) {
        examined.findings.insert(examined.findings.begin(), certstore::refusal(error));
    };
    examined.tickets = served.tickets;
    if (examined.credential != served.credential || !served.tickets.current) {
        // A browser that comes back must see the new certificate at once, so its old ticket must be worth nothing.
        auto key = certstore::TicketKey::generate();
        if (!key) return refuse(key.error());
        examined.tickets = {std::move(*key), nullptr};
    }
    auto context = certstore::proved_context({terms.interface, terms.policy, examined.credential, examined.tickets});
    if (!context) return refuse(context.error());
    examined.context = std::move(*context);
}

certstore::PairFiles as_files(const certstore::PairPaths& paths, std::string_view certificate_pem,
                              const base::Secret& key_pem) {
    certstore::PairFiles pair;
    pair.paths = paths;
    pair.certificate.bytes = base::Secret(certificate_pem);
    pair.key.bytes = key_pem.clone();
    pair.key.facts.mode = 0600;
    pair.key.facts.owner = geteuid();
    return pair;
}

const Finding* reason(const Examined& examined) {
    const auto found = std::find_if(examined.findings.begin(), examined.findings.end(), [](const Finding& finding) {
        return finding.severity == certstore::Severity::refuse;
    });
    if (found != examined.findings.end()) return &*found;
    return examined.findings.empty() ? nullptr : &examined.findings.front();
}

std::string advice_to_unlock(config::Interface interface) {
    return "Give its passphrase: gatehousectl passphrase set --interface " + std::string(config::name(interface)) +
           ", or as \"keypass\" in the one-time file.";
}

bool nothing_placed(const base::FileSystem& files, const certstore::PairPaths& paths) {
    const auto absent = [&](const std::filesystem::path& path) {
        const auto facts = files.link_facts(path);
        return !facts && facts.error().kind == base::ErrorKind::not_found;
    };
    return absent(paths.certificate) && absent(paths.key);
}

}  // namespace gatehouse::credentials
