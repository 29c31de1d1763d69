#include "server/credentials/change.hpp"

#include "certstore/issue.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace gatehouse::credentials {

namespace {

using base::ErrorKind;

base::Result<Prepared> load(std::string certificate_pem, base::Secret key_pem,
                            const std::vector<const base::Secret*>& passphrases, const Ground& ground) {
    auto credential =
        certstore::Credential::load(as_files(ground.slot.configured(), certificate_pem, key_pem), passphrases);
    if (!credential) return base::fail(credential.error());
    Prepared prepared;
    const int opened_by = (*credential)->opened_by();
    if (opened_by >= 0) prepared.passphrase = passphrases[static_cast<std::size_t>(opened_by)]->clone();
    prepared.certificate_pem = std::move(certificate_pem);
    prepared.key_pem = std::move(key_pem);
    prepared.examined.credential = std::move(*credential);
    judge_and_build(prepared.examined, ground.terms, ground.served);
    return prepared;
}

// The certificate alone: its key is in use, or waits on the box for it.
base::Result<Prepared> load_without_key(const Upload& upload, const Ground& ground) {
    if (ground.served.credential) {
        const certstore::PairFiles& files = ground.served.credential->files();
        auto prepared =
            load(upload.certificate_pem, files.key.bytes.clone(),
                 ground.passphrases.candidates(ground.terms.interface, files.certificate.bytes.reveal()).passphrases,
                 ground);
        if (prepared) prepared->key_from = KeySource::in_use;
        if (prepared || prepared.error().code != "key_mismatch") return prepared;
    }
    auto request = ground.slot.pending_request();
    if (request && *request) {
        auto prepared = load(upload.certificate_pem, (*request)->key_pem.clone(), {}, ground);
        if (prepared) prepared->key_from = KeySource::request;
        if (prepared || prepared.error().code != "key_mismatch") return prepared;
    }
    return base::fail(ErrorKind::not_found, "key_missing",
                      "No key was sent, and the certificate belongs neither to the key in use nor to that of a pending "
                      "request.",
                      "Send the key that the certificate was made for along with it.");
}

void replace_all(std::string& text, const std::string& what, std::string_view with) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
}

void speak_of_what_was_sent(std::string_view code, std::string& message, std::string& advice,
                            const certstore::PairPaths& paths) {
    const std::string key = paths.key.string();
    const std::string certificate = paths.certificate.string();
    replace_all(message, " (" + key + ", " + certificate + ")", "");
    replace_all(message, certificate, "what was sent");
    replace_all(message, key, "that was sent");
    if (code == "key_mismatch") advice = "Send the key and the certificate of the same pair.";
    if (code == "chain_incomplete") advice = "Send the issuer's certificate along with it.";
}

struct Preparing {
    const Ground& ground;

    base::Result<Prepared> operator()(const Upload& upload) const {
        if (upload.key_pem.empty()) return load_without_key(upload, ground);
        std::vector<const base::Secret*> passphrases;
        if (!upload.passphrase.empty()) passphrases.push_back(&upload.passphrase);
        return load(upload.certificate_pem, upload.key_pem.clone(), passphrases, ground);
    }

    base::Result<Prepared> operator()(const Regenerate& wish) const {
        const auto issued = certstore::issue_self_signed(
            {wish.names.empty() ? std::vector<std::string>{ground.terms.hostname} : wish.names,
             wish.days.value_or(ground.self_signed.days), wish.key_type.value_or(ground.self_signed.key_type),
             std::time(nullptr)});
        if (!issued) return base::fail(issued.error());
        auto prepared = load(issued->certificate_pem, issued->key_pem.clone(), {}, ground);
        if (prepared) prepared->key_from = KeySource::generated;
        return prepared;
    }

    base::Result<Prepared> operator()(const RollBack& /*nothing to choose*/) const {
        if (nothing_placed(ground.files, ground.slot.previous())) {
            return base::fail(ErrorKind::not_found, "no_previous", "There is no previous certificate to go back to.");
        }
        auto pair = certstore::read_pair(ground.files, ground.slot.previous());
        if (!pair) return base::fail(pair.error());
        std::string certificate_pem(pair->certificate.bytes.reveal());
        const auto candidates = ground.passphrases.candidates(ground.terms.interface, certificate_pem);
        auto prepared = load(std::move(certificate_pem), std::move(pair->key.bytes), candidates.passphrases, ground);
        if (prepared) prepared->key_from = KeySource::previous;
        return prepared;
    }
};

}  // namespace

base::Result<Prepared> prepare(const Change& change, const Ground& ground) {
    return std::visit(Preparing{ground}, change.wish);
}

base::Error as_sent(base::Error error, const certstore::PairPaths& paths) {
    speak_of_what_was_sent(error.code, error.message, error.advice, paths);
    return error;
}

certstore::Finding as_sent(certstore::Finding finding, const certstore::PairPaths& paths) {
    speak_of_what_was_sent(finding.code, finding.message, finding.advice, paths);
    return finding;
}

std::string_view name(KeySource source) {
    switch (source) {
        case KeySource::upload:
            return "upload";
        case KeySource::request:
            return "request";
        case KeySource::in_use:
            return "in_use";
        case KeySource::generated:
            return "generated";
        case KeySource::previous:
            return "previous";
    }
    return "";
}

}  // namespace gatehouse::credentials
