#include "certstore/findings.hpp"

#include "base/advice.hpp"
#include "base/days.hpp"
#include "certstore/anchors.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>

namespace gatehouse::certstore {

namespace {

constexpr int least_security_bits = 112;  // what OpenSSL's security level 2 asks for
constexpr int least_rsa_bits = 2048;
constexpr int most_rsa_bits = 8192;  // each handshake signs with it, and the cost grows with the cube
constexpr mode_t rights_of_others = 077;

using Findings = std::vector<Finding>;

std::string in_days(std::int64_t seconds) {
    const std::int64_t days = seconds / base::seconds_per_day;
    return days == 0 ? "within a day" : days == 1 ? "in 1 day" : "in " + std::to_string(days) + " days";
}

void add(Findings& findings, Severity severity, std::string code, std::string message, std::string advice = {}) {
    findings.push_back({std::move(code), severity, std::move(message), std::move(advice)});
}

// How messages call the i-th certificate of the chain.
std::string called(const CertificateFacts& facts, std::size_t i) {
    const std::string name = facts.subject.empty() ? "without a subject" : facts.subject;
    return (i == 0 ? "The certificate " : "The issuer's certificate ") + name;
}

// The subject alternative name extension is there, whatever it holds.
bool has_alternative_names(X509* certificate) {
    return X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) >= 0;
}

std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t most = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most); ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
    return text.empty() ? "no name" : text;
}

bool covers(X509* certificate, std::string hostname) {
    if (hostname.ends_with('.')) hostname.pop_back();
    const unsigned int flags =
        X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
        (has_alternative_names(certificate) ? static_cast<unsigned int>(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT) : 0U);
    bool address = false;
    if (const std::unique_ptr<ASN1_OCTET_STRING, Free<ASN1_OCTET_STRING_free>> ip(a2i_IPADDRESS(hostname.c_str()));
        ip) {
        address = true;
    }
    const bool covered = (address && X509_check_ip_asc(certificate, hostname.c_str(), 0) == 1) ||
                         // An address in the CN is a name like any other, but a dNSName never stands for an address.
                         ((!address || !has_alternative_names(certificate)) &&
                          X509_check_host(certificate, hostname.c_str(), hostname.size(), flags, nullptr) == 1);
    ERR_clear_error();
    return covered;
}

// ---- refuse

void judge_keys(const Credential& credential, const std::vector<CertificateFacts>& facts, Findings& findings) {
    for (std::size_t i = 0; i < facts.size(); ++i) {
        EVP_PKEY* key = X509_get0_pubkey(credential.chain()[i].get());
        // The root of a chain is not sent, and OpenSSL does not look at it.
        if (i > 0 && i + 1 == facts.size() && facts[i].self_signed) continue;
        const bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
        if (rsa && EVP_PKEY_get_bits(key) > most_rsa_bits) {
            add(findings, Severity::refuse, "key_weak",
                called(facts[i], i) + " has a key too large to be used: " + facts[i].key_type + ".",
                "Use RSA of at most 8192 bits, or ECDSA on P-256.");
        }
        const bool small_rsa = rsa && EVP_PKEY_get_bits(key) < least_rsa_bits;
        if (!small_rsa && EVP_PKEY_get_security_bits(key) >= least_security_bits) continue;
        add(findings, Severity::refuse, "key_weak",
            called(facts[i], i) + " has a key that is too weak: " + facts[i].key_type + ".",
            "Use RSA of 2048 bits or more, or ECDSA on P-256.");
    }
}

void judge_signatures(const Credential& credential, const std::vector<CertificateFacts>& facts, Findings& findings) {
    for (std::size_t i = 0; i < facts.size(); ++i) {
        // A self-signature proves nothing and nobody checks it, OpenSSL included.
        if (facts[i].self_signed) continue;
        X509* certificate = credential.chain()[i].get();
        int digest = NID_undef;
        int bits = 0;
        const bool known = X509_get_signature_info(certificate, &digest, nullptr, &bits, nullptr) == 1;
        ERR_clear_error();
        if (known && bits >= least_security_bits) continue;
        const char* name = OBJ_nid2ln(X509_get_signature_nid(certificate));
        add(findings, Severity::refuse, "signature_weak",
            called(facts[i], i) + " is signed with " + (name == nullptr ? "an unknown algorithm" : name) +
                ", which OpenSSL and browsers refuse.",
            "Have it issued anew with SHA-256.");
    }
}

void judge_purpose(X509* leaf, const CertificateFacts& facts, Findings& findings) {
    // Both answer UINT32_MAX where the extension is absent, that is: no restriction.
    const std::uint32_t extended = X509_get_extended_key_usage(leaf);
    const std::uint32_t usage = X509_get_key_usage(leaf);
    ERR_clear_error();
    if ((extended & (XKU_SSL_SERVER | XKU_ANYEKU)) == 0) {
        add(findings, Severity::refuse, "not_server_auth",
            called(facts, 0) + " is not for servers: its extended key usage lacks serverAuth.",
            "Have it issued for TLS servers (extendedKeyUsage = serverAuth).");
    }
    if ((usage & KU_DIGITAL_SIGNATURE) == 0) {
        add(findings, Severity::refuse, "not_server_auth",
            called(facts, 0) + " may not sign: its key usage lacks digitalSignature, which every handshake needs.",
            "Have it issued with keyUsage = digitalSignature.");
    }
}

// ---- warn

void judge_validity(const std::vector<CertificateFacts>& facts, const Circumstances& circumstances,
                    Findings& findings) {
    for (std::size_t i = 0; i < facts.size(); ++i) {
        const std::string name = called(facts[i], i);
        const std::int64_t left = facts[i].not_after - circumstances.now;
        if (i > 0 && facts[i].self_signed) continue;  // clients use their own copy of a root
        if (left < 0) {
            add(findings, Severity::warn, "expired", name + " expired on " + utc_text(facts[i].not_after) + ".",
                "Renew it.");
        } else if (facts[i].not_before > circumstances.now) {
            add(findings, Severity::warn, "not_yet_valid",
                name + " is valid only from " + utc_text(facts[i].not_before) + "; this machine's clock says " +
                    utc_text(circumstances.now) + ".",
                "Check the clock: date -u");
        } else if (left < circumstances.expires_soon_days * base::seconds_per_day) {
            add(findings, Severity::warn, "expires_soon",
                name + " expires " + in_days(left) + ", on " + utc_text(facts[i].not_after) + ".", "Renew it.");
        }
    }
}

void judge_names(X509* leaf, const CertificateFacts& facts, const Circumstances& circumstances, Findings& findings) {
    const bool known = !circumstances.hostname.empty();
    if (known && !covers(leaf, circumstances.hostname)) {
        add(findings, Severity::warn, "hostname_mismatch",
            called(facts, 0) + " is for " + listed(facts.names) + ", not for this door's hostname " +
                circumstances.hostname + ".",
            "Set \"hostname\" of the door to a name of the certificate, or get one for that name.");
    }
    if (!has_alternative_names(leaf)) {
        add(findings, Severity::note, "cn_only",
            called(facts, 0) + " has no subject alternative name; browsers do not look at the common name.",
            known ? "Add one: openssl req -x509 ... -addext subjectAltName=DNS:" + circumstances.hostname : "");
    }
}

void judge_chain(const Credential& credential, const std::vector<CertificateFacts>& facts, Spoken spoken,
                 Findings& findings) {
    const std::string came_in = names_of(credential.files().paths, spoken).certificate;
    if (credential.reordered()) {
        add(findings, Severity::note, "reordered",
            "The certificates in " + came_in +
                " are not in the order of the chain, or some do not belong to it; they are served in order.",
            "");
    }
    if (facts.front().self_signed) {
        add(findings, Severity::note, "self_signed",
            called(facts.front(), 0) + " is self-signed; clients must be told to trust it.");
    } else if (!facts.back().self_signed && !issued_by_known_anchor(credential.chain().back().get())) {
        add(findings, Severity::warn, "chain_incomplete",
            "The chain ends with " + facts.back().subject + ", whose issuer " + facts.back().issuer +
                " is neither in " + came_in + " nor known to this machine.",
            spoken == Spoken::of_files ? "Append the issuer's certificate to the file."
                                       : "Send the issuer's certificate along with it.");
    }
}

void judge_key_file(const PairFiles& files, const Circumstances& circumstances, Findings& findings) {
    const base::FileFacts key = circumstances.key_facts.value_or(files.key.facts);
    const std::string path = files.paths.key.string();
    if ((key.mode & rights_of_others) != 0) {
        add(findings, Severity::warn, "key_mode",
            "The key " + path + " is open to others than its owner " + base::user_name(key.owner) + ": its mode is " +
                base::mode_text(key.mode) + ".",
            base::advice_to_change_mode(files.paths.key, key.owner, circumstances.service_uid, "0600"));
    }
    if (key.owner != 0 && key.owner != circumstances.service_uid) {
        add(findings, Severity::warn, "key_owner",
            "The key " + path + " belongs to " + base::user_name(key.owner) + " (mode " + base::mode_text(key.mode) +
                "), neither to root nor to the service's user " + base::user_name(circumstances.service_uid) + ".",
            base::advice_to_give(files.paths.key, circumstances.service_uid));
    }
}

void judge_browsers(const CertificateFacts& facts, Findings& findings) {
    if (facts.key_type == "Ed25519" || facts.key_type == "ECDSA P-521") {
        add(findings, Severity::warn, "browsers_refuse",
            called(facts, 0) + " has a key of type " + facts.key_type + ", which browsers do not accept.",
            "Use ECDSA on P-256 or RSA where browsers come to this door.");
    }
    if (facts.not_after - facts.not_before > longest_days_of_apple * base::seconds_per_day) {
        add(findings, Severity::note, "long_validity",
            called(facts, 0) + " is valid for " +
                std::to_string((facts.not_after - facts.not_before) / base::seconds_per_day) +
                " days; Apple's clients refuse more than 825.");
    }
}

}  // namespace

std::string_view name(Severity severity) {
    switch (severity) {
        case Severity::note:
            return "note";
        case Severity::warn:
            return "warn";
        case Severity::refuse:
            break;
    }
    return "refuse";
}

std::vector<Finding> judge(const Credential& credential, const Circumstances& circumstances) {
    const std::vector<CertificateFacts>& facts = credential.facts();
    Findings findings;
    judge_keys(credential, facts, findings);
    judge_signatures(credential, facts, findings);
    judge_purpose(credential.leaf(), facts.front(), findings);
    judge_validity(facts, circumstances, findings);
    judge_names(credential.leaf(), facts.front(), circumstances, findings);
    judge_chain(credential, facts, circumstances.spoken, findings);
    judge_key_file(credential.files(), circumstances, findings);
    judge_browsers(facts.front(), findings);
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
    return findings;
}

Finding refusal(const base::Error& error) {
    constexpr std::array refusals{"key_mismatch", "unparsable",      "key_locked",
                                  "key_weak",     "not_server_auth", "signature_weak"};
    // Not the pair's fault but the place's: what is served goes on being served.
    if (error.code == "key_unreadable") return {error.code, Severity::warn, error.message, error.advice};
    const bool known =
        std::any_of(refusals.begin(), refusals.end(), [&](const char* code) { return error.code == code; });
    return {known ? error.code : "unparsable", Severity::refuse, error.message, error.advice};
}

bool refuses(const std::vector<Finding>& findings) {
    return std::any_of(findings.begin(), findings.end(),
                       [](const Finding& finding) { return finding.severity == Severity::refuse; });
}

std::optional<std::int64_t> next_turn(const Credential& credential, std::int64_t now) {
    std::optional<std::int64_t> next;
    for (const CertificateFacts& facts : credential.facts()) {
        // Each is the first second of which judge_validity says something else.
        for (const std::int64_t turn :
             {facts.not_before, facts.not_after - default_expires_soon_days * base::seconds_per_day + 1,
              facts.not_after + 1}) {
            if (turn > now && (!next || turn < *next)) next = turn;
        }
    }
    return next;
}

bool valid_at(const Credential& credential, std::int64_t now) {
    const CertificateFacts& facts = credential.facts().front();
    return facts.not_before <= now && now <= facts.not_after;
}

}  // namespace gatehouse::certstore
