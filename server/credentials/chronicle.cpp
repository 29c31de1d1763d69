#include "server/credentials/chronicle.hpp"

#include <ctime>
#include <utility>

namespace gatehouse::credentials {

namespace {

using certstore::Finding;

std::string with_advice(const std::string& message, const std::string& advice) {
    return advice.empty() ? message : message + " " + advice;
}

}  // namespace

void Chronicle::keep(LastReload reload) {
    constexpr std::size_t most_kept = 10;
    reloads_.push_front(reload);
    if (reloads_.size() > most_kept) reloads_.pop_back();
    last_ = std::move(reload);
}

void Chronicle::activated(const certstore::Credential& credential, Source source, const std::vector<Finding>& findings,
                          const Cause& cause) {
    const std::string& fingerprint = credential.fingerprint();
    const std::string sentence = "The " + std::string(config::name(interface_)) + " door serves " +
                                 credential.facts().front().subject + ", SHA-256 " + fingerprint + ".";
    const bool stands_in = cause.trigger == Trigger::start && last_.result == Outcome::refused;
    if (!stands_in) {
        keep({std::time(nullptr), cause.trigger, Outcome::activated, "", sentence, fingerprint, cause.change_id});
    }
    log_.info("credential.activated", sentence,
              {{"interface", std::string(config::name(interface_))},
               {"trigger", std::string(name(cause.trigger))},
               {"source", std::string(name(source))},
               {"fingerprint_sha256", fingerprint}});
    for (const Finding& finding : findings) {
        if (finding.severity == certstore::Severity::note) continue;
        log_.warning("credential.warning", with_advice(finding.message, finding.advice),
                     {{"interface", std::string(config::name(interface_))}, {"code", finding.code}});
    }
}

void Chronicle::unchanged(const certstore::Credential& credential, Trigger trigger) {
    const char* sentence = "The pair on disk is the one being served.";
    last_ = {std::time(nullptr), trigger, Outcome::unchanged, "", sentence, credential.fingerprint(), ""};
    log_.info("credential.unchanged", sentence,
              {{"interface", std::string(config::name(interface_))},
               {"trigger", std::string(name(trigger))},
               {"fingerprint_sha256", credential.fingerprint()}});
}

void Chronicle::refused(const Examined& examined, std::string placed, const Cause& cause) {
    const Finding* found = reason(examined);
    const Finding why = found != nullptr
                            ? *found
                            : Finding{"unparsable", certstore::Severity::refuse, "The pair cannot be served.", ""};
    // The hourly look finds the same refused pair again and again: once is enough.
    const bool known = last_.result == Outcome::refused && last_.code == why.code && last_.message == why.message;
    const Trigger trigger = cause.trigger;
    if (known && (trigger == Trigger::clock || placed == told_identities_) && trigger != Trigger::sighup) return;
    told_identities_ = std::move(placed);
    const std::string fingerprint = examined.credential ? examined.credential->fingerprint() : examined.fingerprint;
    keep({std::time(nullptr), trigger, Outcome::refused, why.code, why.message, fingerprint, cause.change_id});
    log_.error("credential.refused", with_advice(why.message, why.advice),
               {{"interface", std::string(config::name(interface_))},
                {"trigger", std::string(name(trigger))},
                {"code", why.code},
                {"fingerprint_sha256", fingerprint}});
}

}  // namespace gatehouse::credentials
