#include "server/credentials/change.hpp"

#include "certstore/issue.hpp"

#include <ctime>
#include <utility>

namespace gatehouse::credentials {

namespace {

using base::ErrorKind;
using certstore::Spoken;

base::Result<Prepared> load(std::string certificate_pem, base::Secret key_pem,
                            const std::vector<const base::Secret*>& passphrases, const Ground& ground,
                            Spoken spoken = Spoken::of_files) {
    auto credential =
        certstore::Credential::load(as_files(ground.slot.configured(), certificate_pem, key_pem), passphrases, spoken);
    if (!credential) {
        base::Error error = credential.error();
        if (error.code == "key_locked" && spoken == Spoken::of_files)
            error.advice = advice_to_unlock(ground.terms.interface);
        return base::fail(std::move(error));
    }
    Prepared prepared;
    const int opened_by = (*credential)->opened_by();
    if (opened_by >= 0) prepared.passphrase = passphrases[static_cast<std::size_t>(opened_by)]->clone();
    prepared.certificate_pem = std::move(certificate_pem);
    prepared.key_pem = std::move(key_pem);
    prepared.examined.credential = std::move(*credential);
    judge_and_build(prepared.examined, ground.terms, ground.served, spoken);
    return prepared;
}

// The certificate alone: its key is in use, or waits on the box for it.
base::Result<Prepared> load_without_key(const Upload& upload, const Ground& ground) {
    if (ground.served.credential) {
        const certstore::PairFiles& files = ground.served.credential->files();
        auto prepared =
            load(upload.certificate_pem, files.key.bytes.clone(),
                 ground.passphrases.candidates(ground.terms.interface, files.certificate.bytes.reveal()).passphrases,
                 ground, Spoken::of_what_was_sent);
        if (prepared) prepared->key_from = KeySource::in_use;
        if (prepared || prepared.error().code != "key_mismatch") return prepared;
    }
    auto request = ground.slot.pending_request();
    if (request && *request) {
        auto prepared = load(upload.certificate_pem, (*request)->key_pem.clone(), {}, ground, Spoken::of_what_was_sent);
        if (prepared) prepared->key_from = KeySource::request;
        if (prepared || prepared.error().code != "key_mismatch") return prepared;
    }
    return base::fail(ErrorKind::not_found, "key_missing",
                      "No key was sent, and the certificate belongs neither to the key in use nor to that of a pending "
                      "request.",
                      "Send the key that the certificate was made for along with it.");
}

struct Preparing {
    const Ground& ground;

    base::Result<Prepared> operator()(const Upload& upload) const {
        if (upload.key_pem.empty()) return load_without_key(upload, ground);
        std::vector<const base::Secret*> passphrases;
        if (!upload.passphrase.empty()) passphrases.push_back(&upload.passphrase);
        return load(upload.certificate_pem, upload.key_pem.clone(), passphrases, ground, Spoken::of_what_was_sent);
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

// How many days a regenerated certificate is good for was said by the operator, in the wish or in self_signed.days.
std::vector<std::string> confirmed_by(const Change& change) {
    std::vector<std::string> codes = change.confirmed;
    if (std::holds_alternative<Regenerate>(change.wish)) codes.emplace_back("expires_soon");
    return codes;
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
