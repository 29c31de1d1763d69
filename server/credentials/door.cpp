#include "server/credentials/door.hpp"

#include "certstore/anchors.hpp"
#include "certstore/confirmations.hpp"
#include "certstore/pem.hpp"
#include "certstore/stored.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace gatehouse::credentials {

namespace {

using certstore::Finding;
using certstore::Severity;

std::int64_t now() {
    return std::time(nullptr);
}

// A pair that has to give way to a valid one.
void refuse_as_invalid(Examined& examined) {
    for (Finding& finding : examined.findings) {
        if (finding.code == "expired" || finding.code == "not_yet_valid") {
            finding.severity = Severity::refuse;
            finding.message += " The valid certificate goes on being served.";
        }
    }
}

certstore::PairPaths configured_for(const config::Settings& settings, config::Interface interface) {
    return {settings.interfaces[interface].certificate, settings.interfaces[interface].key};
}

config::Interface other_than(config::Interface interface) {
    return interface == config::Interface::clean ? config::Interface::admin : config::Interface::clean;
}

}  // namespace

Door::Door(config::Interface interface, base::FileSystem& files, base::Log& log, const Hooks& hooks,
           const config::Settings& settings)
    : interface_(interface),
      files_(files),
      log_(log),
      hooks_(hooks),
      slot_(files, interface, settings.state_directory, configured_for(settings, interface)),
      chronicle_(interface, log) {
    configure(settings);
}

void Door::configure(const config::Settings& settings) {
    slot_.configure(configured_for(settings, interface_));
    others_ = configured_for(settings, other_than(interface_));
    terms_ = terms_of(settings, interface_);
    self_signed_settings_ = settings.self_signed;
}

void Door::recover() {
    if (const auto recovered = slot_.recover(); !recovered) {
        log_.error("slot.not_recovered", recovered.error().text(),
                   {{"interface", std::string(config::name(interface_))}});
    }
}

// ---------------------------------------------------------------- examining

Examined Door::examine(const Passphrases& passphrases, bool with_one_time_file) const {
    return examine(slot_.configured(), passphrases, with_one_time_file);
}

Examined Door::examine(const certstore::PairPaths& paths, const Passphrases& passphrases,
                       bool with_one_time_file) const {
    return credentials::examine(files_, paths, terms_, served_, [&](std::string_view certificate_text) {
        Candidates candidates = passphrases.candidates(interface_, certificate_text);
        if (candidates.one_time >= 0 && !with_one_time_file) candidates.passphrases.pop_back();
        return candidates;
    });
}

// ---------------------------------------------------------------- start

void Door::begin(Examined operators, Passphrases& passphrases) {
    const auto valid = [](const Examined& examined) {
        return examined.good() && certstore::valid_at(*examined.credential, now());
    };
    if (valid(operators)) return activate(std::move(operators), Source::operator_pair, {Trigger::start});
    if (!nothing_placed(files_, slot_.configured()) && !operators.good()) refuse_placed(operators, Trigger::start);
    Examined last_good = examine(slot_.last_good(), passphrases, true);
    if (last_good.opened_by_held) passphrases.use_held(interface_, last_good.credential->spki_sha256());
    if (valid(last_good)) {
        if (operators.good()) {
            refuse_as_invalid(operators);
            refuse_placed(operators, Trigger::start);
        }
        return activate(std::move(last_good), Source::last_good, {Trigger::start});
    }
    if (operators.good()) return activate(std::move(operators), Source::operator_pair, {Trigger::start});
    if (last_good.good()) return activate(std::move(last_good), Source::last_good, {Trigger::start});
    Examined made = self_signed(passphrases);
    if (made.good()) return activate(std::move(made), Source::self_signed, {Trigger::start});
    refuse(made, {Trigger::start});
}

// The one kept from before where it still serves (devices may have pinned it), else a new one.
Examined Door::self_signed(const Passphrases& passphrases) {
    Examined kept = examine(slot_.self_signed(), passphrases, false);
    const bool still_fits =
        kept.good() && std::none_of(kept.findings.begin(), kept.findings.end(), [](const Finding& finding) {
            return finding.code == "hostname_mismatch" || finding.code == "expired" || finding.code == "not_yet_valid";
        });
    if (still_fits) return kept;
    Change wish;
    wish.wish = Regenerate{};
    auto made = prepare(wish, {files_, slot_, terms_, served_, self_signed_settings_, passphrases});
    if (!made) {
        Examined none;
        none.findings.push_back(certstore::refusal(made.error()));
        return none;
    }
    made_self_signed_ = true;
    return std::move(made->examined);
}

// Also at the configured place where that is empty, so that the operator finds what is being served.
void Door::store_self_signed() {
    const auto fields = {base::LogField{"interface", std::string(config::name(interface_))}};
    const std::string_view certificate = served_.credential->files().certificate.bytes.reveal();
    const std::string_view key = served_.credential->files().key.bytes.reveal();
    if (std::exchange(made_self_signed_, false)) {
        if (const auto stored = slot_.keep_self_signed(certificate, key); !stored) {
            log_.warning("credential.not_kept", stored.error().text(), fields);
        }
    }
    if (!nothing_placed(files_, slot_.configured())) return;
    if (auto placed = slot_.commit(certificate, key); !placed) {
        log_.warning("credential.not_placed", placed.error().text(), fields);
    }
}

// ---------------------------------------------------------------- what the operator asks for

base::Result<void> Door::settle(const RequestChange& wish) {
    return settle_request(slot_, wish);
}

Changed Door::change(const Change& change, Passphrases& passphrases) {
    Changed changed;
    changed.fingerprint_before = served_.credential->fingerprint();
    if (!change.only_check) {
        // Before all else: no key is made and nothing has to be confirmed for a place that can't be written.
        if (const auto writable = slot_.writable(others_); !writable) {
            changed.refused = writable.error();
            return changed;
        }
    }
    auto prepared = prepare(change, {files_, slot_, terms_, served_, self_signed_settings_, passphrases});
    if (!prepared) {
        changed.refused = prepared.error();
        return changed;
    }
    Examined& examined = prepared->examined;
    changed.certificate = examined.credential->facts().front();
    changed.key_from = prepared->key_from;
    const bool may_replace = !examined.good() || may_replace_served(examined);
    changed.findings = examined.findings;
    if (!examined.good() || !may_replace) {
        const Finding& why = *reason(examined);
        changed.refused = base::Error{base::ErrorKind::input, why.code, why.message, why.advice};
        if (!change.only_check) refuse(examined, {change.trigger, change.id});
        return changed;
    }
    changed.unconfirmed = certstore::unconfirmed(changed.findings, confirmed_by(change));
    if (change.only_check || !changed.unconfirmed.empty()) return changed;
    if (const auto placed = put_in_place(std::move(*prepared), passphrases, change); !placed) {
        changed.refused = placed.error();
        return changed;
    }
    changed.activated = true;
    return changed;
}

// The passphrase first: a key that is on disk must be openable after a restart.
base::Result<void> Door::put_in_place(Prepared prepared, Passphrases& passphrases, const Change& change) {
    if (!prepared.passphrase.empty()) {
        const std::string& spki = prepared.examined.credential->spki_sha256();
        if (auto kept = passphrases.keep(spki, prepared.passphrase); !kept) return kept;
    }
    if (auto placed = slot_.commit(prepared.certificate_pem, prepared.key_pem.reveal()); !placed) return placed;
    if (prepared.key_from == KeySource::request) {
        if (const auto removed = slot_.remove_request(); !removed) {
            log_.warning("request.not_removed", removed.error().text(),
                         {{"interface", std::string(config::name(interface_))}});
        }
    }
    const bool ours = prepared.key_from == KeySource::generated;
    made_self_signed_ = ours;  // `finish` keeps it
    activate(std::move(prepared.examined), ours ? Source::self_signed : Source::operator_pair,
             {change.trigger, change.id});
    rejudge(std::nullopt);  // what was sent lies in files now, and from here on they are spoken of
    finish();
    return {};
}

// ---------------------------------------------------------------- while running

void Door::conclude(Examined operators, Trigger trigger) {
    if (operators.credential && operators.credential == served_.credential) {
        settling_.settled();
        const bool was_refused = std::exchange(placed_refused_, false);
        source_ = source_of(*served_.credential, Source::operator_pair);  // last good may have been put back in place
        rejudge(operators.key_facts);
        if (!rebuild_for_policy(trigger)) return;
        if (was_refused || trigger == Trigger::sighup) chronicle_.unchanged(*served_.credential, trigger);
        return;
    }
    if (operators.good() && may_replace_served(operators)) {
        activate(std::move(operators), Source::operator_pair, {trigger});
        finish();
        return;
    }
    rejudge(std::nullopt);
    if (!rebuild_for_policy(trigger)) return;
    settling_.stop_waiting();
    const bool may_become_whole = may_settle(operators);
    if (may_become_whole && trigger != Trigger::sighup) return settling_.wait();
    refuse_placed(operators, trigger);
}

// A pair that is not valid now never replaces one that is.
bool Door::may_replace_served(Examined& examined) const {
    if (!served_.credential || certstore::valid_at(*examined.credential, now()) ||
        !certstore::valid_at(*served_.credential, now()))
        return true;
    refuse_as_invalid(examined);
    return false;
}

bool Door::may_settle(const Examined& examined) {
    return settling_.may_become_whole(reason(examined), identities(files_, slot_.configured()));
}

void Door::activate(Examined examined, Source source, Cause cause) {
    hooks_.activate(interface_, examined.context);
    served_ = {std::move(examined.credential), std::move(examined.tickets)};
    served_policy_ = terms_.policy;
    findings_ = std::move(examined.findings);
    source_ = source_of(*served_.credential, source);
    activated_at_ = now();
    activated_by_ = cause.trigger;
    settling_.settled();
    // Serving last good or a self-signed pair because the operator's was refused does not undo that refusal.
    if (cause.trigger != Trigger::start) placed_refused_ = false;
    unfinished_ = std::move(cause);
}

void Door::finish() {
    if (!unfinished_) return;
    const Cause cause = *std::exchange(unfinished_, std::nullopt);
    if (source_ == Source::self_signed) store_self_signed();
    remember();
    chronicle_.activated(*served_.credential, source_, findings_, cause);
}

void Door::remember() {
    not_remembered_.reset();
    if (served_.credential->files().paths == slot_.last_good()) return;
    if (const auto remembered = slot_.remember(served_.credential->files()); !remembered) {
        not_remembered_ =
            Finding{"last_good_not_saved", Severity::warn, remembered.error().message, remembered.error().advice};
        log_.warning("credential.not_remembered", remembered.error().text(),
                     {{"interface", std::string(config::name(interface_))}, {"code", "last_good_not_saved"}});
    }
}

void Door::refuse_placed(const Examined& examined, Trigger trigger) {
    placed_refused_ = true;
    refuse(examined, {trigger});
}

void Door::refuse(const Examined& examined, const Cause& cause) {
    settling_.given_up();
    chronicle_.refused(examined, identities(files_, slot_.configured()), cause);
}

// The policy changed and the pair did not: same credential, same tickets, new context, proved like any other.
bool Door::rebuild_for_policy(Trigger trigger) {
    if (terms_.policy == served_policy_) return true;
    auto context = certstore::proved_context({interface_, terms_.policy, served_.credential, served_.tickets});
    if (!context) {
        Examined examined;
        examined.credential = served_.credential;
        examined.findings.push_back(certstore::refusal(context.error()));
        refuse(examined, {trigger});
        return false;
    }
    served_policy_ = terms_.policy;
    hooks_.activate(interface_, std::move(*context));
    return true;
}

// Time goes by, the hostname changes, and so do the key file's owner and mode.
void Door::rejudge(const std::optional<base::FileFacts>& key_facts) {
    if (!served_.credential) return;
    certstore::Circumstances circumstances = circumstances_of(terms_);
    circumstances.key_facts = key_facts;
    findings_ = certstore::judge(*served_.credential, circumstances);
}

std::optional<std::string> Door::key_opened_by(const base::Secret& passphrase) const {
    auto pair = certstore::read_pair(files_, slot_.configured());
    if (!pair) return std::nullopt;
    const std::array<const base::Secret*, 1> only{&passphrase};
    const auto credential = certstore::Credential::load(std::move(*pair), only);
    if (!credential || (*credential)->opened_by() < 0) return std::nullopt;
    return (*credential)->spki_sha256();
}

void Door::rotate_ticket_key() {
    if (!served_.credential) return;
    certstore::TicketKeys next;
    const auto build = [&](std::shared_ptr<const certstore::TicketKey> key) {
        next = {std::move(key), served_.tickets.current};
        return certstore::build_context({interface_, served_policy_, served_.credential, next});
    };
    auto context = certstore::TicketKey::generate().and_then(build);
    if (!context) {
        log_.warning("tickets.not_rotated", context.error().text(),
                     {{"interface", std::string(config::name(interface_))}});
        return;
    }
    served_.tickets = std::move(next);
    hooks_.activate(interface_, std::move(*context));
}

// ---------------------------------------------------------------- telling

// Our own self-signed pair lies at the configured place too: the kept copy tells it from an operator's.
Source Door::source_of(const certstore::Credential& credential, Source otherwise) const {
    const auto kept = files_.read(slot_.self_signed().certificate, certstore::max_pem_bytes);
    if (!kept) return otherwise;
    return kept->bytes.equals(credential.files().certificate.bytes.reveal()) ? Source::self_signed : otherwise;
}

bool Door::operators_placed() const {
    if (source_ == Source::operator_pair) return true;
    if (nothing_placed(files_, slot_.configured())) return false;
    const auto placed = files_.read(slot_.configured().certificate, certstore::max_pem_bytes);
    return !placed || !placed->bytes.equals(served_.credential->files().certificate.bytes.reveal());
}

std::optional<std::set<std::string>> Door::public_keys() const {
    const std::array places{slot_.configured(), slot_.last_good(), slot_.previous(), slot_.self_signed()};
    auto keys = certstore::stored_public_keys(files_, places);
    if (keys && served_.credential) keys->insert(served_.credential->spki_sha256());
    return keys;
}

std::optional<std::int64_t> Door::next_turn() const {
    if (!served_.credential) return std::nullopt;
    return certstore::next_turn(*served_.credential, now());
}

void Door::set_surroundings(std::vector<Finding> findings) {
    surroundings_ = std::move(findings);
}

void Door::tell() {
    if (!served_.credential) return;
    auto status = std::make_shared<DoorStatus>();
    status->interface = interface_;
    status->hostname = terms_.hostname;
    status->source = source_;
    status->certificate = facts();
    status->findings = findings_;
    status->findings.insert(status->findings.end(), surroundings_.begin(), surroundings_.end());
    if (not_remembered_) status->findings.push_back(*not_remembered_);
    status->last_reload = chronicle_.last();
    status->reloads = chronicle_.all();
    status->credential = served_.credential;
    status->activated_at = activated_at_;
    status->activated_by = activated_by_;
    status->operators_placed = operators_placed();
    status->previous = certstore::stored_facts(files_, slot_.previous());
    if (auto pending = slot_.pending_request(); pending && *pending) {
        status->pending_request = std::move((*pending)->request_pem);
    }
    if (!served_.credential->facts().back().self_signed) {
        status->anchor = certstore::known_anchor_of(served_.credential->chain().back().get());
    }
    hooks_.tell(std::move(status));
}

}  // namespace gatehouse::credentials
