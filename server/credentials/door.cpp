#include "server/credentials/door.hpp"

#include "certstore/issue.hpp"
#include "certstore/pem.hpp"
#include "config/hostname.hpp"

#include <algorithm>
#include <ctime>
#include <unistd.h>
#include <utility>

namespace gatehouse::credentials {

namespace {

using certstore::Finding;
using certstore::Severity;

// How long a pair whose files do not fit together may take to become whole before it is refused.
constexpr std::chrono::seconds settle_time{2};
// Files that never stop changing are refused all the same after this long: nothing is silently ignored.
constexpr std::chrono::seconds settle_at_most{15};

std::int64_t now() {
    return std::time(nullptr);
}

// Why a pair is not served: the finding that refuses it, or the one that kept it from being read at all.
const Finding* reason(const Examined& examined) {
    const auto found = std::find_if(examined.findings.begin(), examined.findings.end(),
                                    [](const Finding& finding) { return finding.severity == Severity::refuse; });
    if (found != examined.findings.end()) return &*found;
    return examined.findings.empty() ? nullptr : &examined.findings.front();
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

std::string fingerprint(const Examined& examined) {
    return examined.credential ? examined.credential->fingerprint() : examined.fingerprint;
}

}  // namespace

Door::Door(config::Interface interface, base::FileSystem& files, base::Log& log, const Hooks& hooks,
           const config::Settings& settings)
    : interface_(interface),
      files_(files),
      log_(log),
      hooks_(hooks),
      slot_(files, interface, settings.state_directory,
            {settings.interfaces[interface].certificate, settings.interfaces[interface].key}) {
    configure(settings);
}

void Door::configure(const config::Settings& settings) {
    const config::InterfaceSettings& own = settings.interfaces[interface_];
    slot_.configure({own.certificate, own.key});
    hostname_ = config::effective_hostname(own.hostname);
    policy_ = own.policy;
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
    Examined examined;
    auto pair = certstore::read_pair(files_, paths);
    if (!pair) {
        examined.findings.push_back(certstore::refusal(pair.error()));
        return examined;
    }
    examined.key_facts = pair->key.facts;
    if (served_ && pair->same_bytes(served_->files())) {
        examined.credential = served_;  // opened, judged and built already
        return examined;
    }
    Candidates candidates;
    if (certstore::key_is_encrypted(pair->key.bytes.reveal())) {
        candidates = passphrases.candidates(interface_, pair->certificate.bytes.reveal());
    }
    if (candidates.one_time >= 0 && !with_one_time_file) candidates.passphrases.pop_back();
    const std::string first_fingerprint = certstore::first_fingerprint(pair->certificate.bytes.reveal());
    auto credential = certstore::Credential::load(std::move(*pair), candidates.passphrases);
    if (!credential) {
        examined.locked = credential.error().code == "key_locked";
        examined.fingerprint = first_fingerprint;
        examined.findings.push_back(certstore::refusal(credential.error()));
        return examined;
    }
    examined.credential = std::move(*credential);
    const int opened_by = examined.credential->opened_by();
    examined.opened_by_one_time = opened_by >= 0 && opened_by == candidates.one_time;
    examined.opened_by_held = opened_by >= 0 && opened_by == candidates.held;
    judge_and_build(examined);
    return examined;
}

// The gates between a parsed pair and the network: findings, a context, a handshake with itself.
void Door::judge_and_build(Examined& examined) const {
    examined.findings =
        certstore::judge(*examined.credential, {.hostname = hostname_, .now = now(), .service_uid = geteuid()});
    if (certstore::refuses(examined.findings)) return;
    examined.tickets = tickets_;
    if (examined.credential != served_ || !tickets_.current) {
        // A browser that comes back must see the new certificate at once, so its old ticket must be worth nothing.
        auto key = certstore::TicketKey::generate();
        if (!key) {
            examined.findings.insert(examined.findings.begin(), certstore::refusal(key.error()));
            return;
        }
        examined.tickets = {std::move(*key), nullptr};
    }
    auto context = certstore::build_context({interface_, policy_, examined.credential, examined.tickets});
    if (context) {
        if (const auto proved = certstore::prove_context(**context, *examined.credential, policy_); !proved) {
            context = base::fail(proved.error());
        }
    }
    if (!context) {
        examined.findings.insert(examined.findings.begin(), certstore::refusal(context.error()));
        return;
    }
    examined.context = std::move(*context);
}

// ---------------------------------------------------------------- start

void Door::begin(Examined operators, Passphrases& passphrases) {
    const auto valid = [](const Examined& examined) {
        return examined.good() && certstore::valid_at(*examined.credential, now());
    };
    if (valid(operators)) return activate(std::move(operators), Source::operator_pair, Trigger::start);
    if (!nothing_placed() && !operators.good()) refuse(operators, Trigger::start);
    Examined last_good = examine(slot_.last_good(), passphrases, true);
    if (last_good.opened_by_held) passphrases.use_held(interface_, last_good.credential->spki_sha256());
    if (valid(last_good)) {
        if (operators.good()) {
            refuse_as_invalid(operators);
            refuse(operators, Trigger::start);
        }
        return activate(std::move(last_good), Source::last_good, Trigger::start);
    }
    if (operators.good()) return activate(std::move(operators), Source::operator_pair, Trigger::start);
    if (last_good.good()) return activate(std::move(last_good), Source::last_good, Trigger::start);
    Examined made = self_signed(passphrases);
    if (made.good()) return activate(std::move(made), Source::self_signed, Trigger::start);
    refuse(made, Trigger::start);
}

// Neither file is there; one that cannot be looked at is there.
bool Door::nothing_placed() const {
    const auto absent = [&](const std::filesystem::path& path) {
        const auto facts = files_.link_facts(path);
        return !facts && facts.error().kind == base::ErrorKind::not_found;
    };
    return absent(slot_.configured().certificate) && absent(slot_.configured().key);
}

// The one kept from before where it still serves (devices may have pinned it), else a new one.
Examined Door::self_signed(const Passphrases& passphrases) {
    Examined kept = examine(slot_.self_signed(), passphrases, false);
    const bool still_fits =
        kept.good() && std::none_of(kept.findings.begin(), kept.findings.end(), [](const Finding& finding) {
            return finding.code == "hostname_mismatch" || finding.code == "expired" || finding.code == "not_yet_valid";
        });
    if (still_fits) return kept;
    Examined made;
    const auto issued =
        certstore::issue_self_signed({{hostname_}, self_signed_settings_.days, self_signed_settings_.key_type, now()});
    if (!issued) {
        made.findings.push_back(certstore::refusal(issued.error()));
        return made;
    }
    certstore::PairFiles pair;
    pair.paths = slot_.self_signed();
    pair.certificate.bytes = base::Secret(issued->certificate_pem);
    pair.key.bytes = issued->key_pem.clone();
    pair.key.facts.mode = 0600;
    pair.key.facts.owner = geteuid();
    auto credential = certstore::Credential::load(std::move(pair), {});
    if (!credential) {
        made.findings.push_back(certstore::refusal(credential.error()));
        return made;
    }
    made.credential = std::move(*credential);
    made_self_signed_ = true;
    judge_and_build(made);
    return made;
}

// Also at the configured place where that is empty, so that the operator finds what is being served.
void Door::store_self_signed() {
    const auto fields = {base::LogField{"interface", std::string(config::name(interface_))}};
    const std::string_view certificate = served_->files().certificate.bytes.reveal();
    const std::string_view key = served_->files().key.bytes.reveal();
    if (std::exchange(made_self_signed_, false)) {
        if (const auto stored = slot_.keep_self_signed(certificate, key); !stored) {
            log_.warning("credential.not_kept", stored.error().text(), fields);
        }
    }
    if (!nothing_placed()) return;
    if (const auto placed = slot_.commit(certificate, key); !placed) {
        log_.warning("credential.not_placed", placed.error().text(), fields);
    }
}

// ---------------------------------------------------------------- while running

void Door::conclude(Examined operators, Trigger trigger) {
    if (operators.credential && operators.credential == served_) {
        settle_until_.reset();
        unfit_since_.reset();
        const bool was_refused = last_reload_.result == Outcome::refused;
        source_ = source_of(*served_, Source::operator_pair);  // last good may have been put back in place
        rejudge(operators.key_facts);
        if (!rebuild_for_policy(trigger)) return;
        if (was_refused || trigger == Trigger::sighup) {
            last_reload_ = {now(), trigger, Outcome::unchanged, "", "The pair on disk is the one being served."};
            log_.info("credential.unchanged", "The pair on disk is the one being served.",
                      {{"interface", std::string(config::name(interface_))},
                       {"trigger", std::string(name(trigger))},
                       {"fingerprint_sha256", served_->fingerprint()}});
        }
        return;
    }
    if (operators.good() && may_replace_served(operators)) {
        activate(std::move(operators), Source::operator_pair, trigger);
        finish();
        return;
    }
    rejudge(std::nullopt);
    if (!rebuild_for_policy(trigger)) return;
    settle_until_.reset();
    const bool may_settle_still = may_settle(operators);
    if (may_settle_still && trigger != Trigger::sighup) {
        settle_until_ = settling_since_ + settle_time;
        return;
    }
    refuse(operators, trigger);
}

// A pair that is not valid now never replaces one that is.
bool Door::may_replace_served(Examined& examined) const {
    if (!served_ || certstore::valid_at(*examined.credential, now()) || !certstore::valid_at(*served_, now()))
        return true;
    refuse_as_invalid(examined);
    return false;
}

// What the configured files look like now, as one comparable text.
std::string Door::identities() const {
    std::string text;
    for (const auto& path : {slot_.configured().certificate, slot_.configured().key}) {
        const auto facts = files_.facts(path);
        if (facts) {
            const base::FileIdentity& identity = facts->identity;
            for (const auto number :
                 {identity.device, identity.inode, identity.size, static_cast<std::uint64_t>(identity.modified_ns),
                  static_cast<std::uint64_t>(identity.changed_ns)}) {
                text += std::to_string(number) + ' ';
            }
        }
        text += ';';
    }
    return text;
}

// Key and certificate are two files: whoever copies them changes one before the other, and a copy under way is half a
// file.
bool Door::may_settle(const Examined& examined) {
    const auto time = std::chrono::steady_clock::now();
    if (std::string seen = identities(); seen != settling_) {
        settling_ = std::move(seen);
        settling_since_ = time;
    }
    const Finding* why = reason(examined);
    const bool may_be_half = why != nullptr && (why->code == "key_mismatch" || why->code == "unparsable" ||
                                                why->code == "key_unreadable" || why->code == "key_locked");
    if (!unfit_since_) unfit_since_ = time;
    return may_be_half && time - settling_since_ < settle_time && time - *unfit_since_ < settle_at_most;
}

void Door::activate(Examined examined, Source source, Trigger trigger) {
    hooks_.activate(interface_, examined.context);
    served_ = std::move(examined.credential);
    served_policy_ = policy_;
    tickets_ = std::move(examined.tickets);
    findings_ = std::move(examined.findings);
    facts_ = certstore::describe(served_->leaf());
    source_ = source_of(*served_, source);
    settle_until_.reset();
    settling_.clear();
    unfit_since_.reset();
    unfinished_ = trigger;
}

void Door::finish() {
    if (!unfinished_) return;
    const Trigger trigger = *std::exchange(unfinished_, std::nullopt);
    if (source_ == Source::self_signed) store_self_signed();
    remember();
    // Serving last good or a self-signed pair because the operator's was refused does not undo that refusal.
    const bool stands_in = trigger == Trigger::start && last_reload_.result == Outcome::refused;
    if (!stands_in) last_reload_ = {now(), trigger, Outcome::activated, "", "The certificate is served."};
    log_activation(trigger);
}

void Door::remember() {
    not_remembered_.reset();
    if (served_->files().paths == slot_.last_good()) return;
    if (const auto remembered = slot_.remember(served_->files()); !remembered) {
        not_remembered_ =
            Finding{"last_good_not_saved", Severity::warn, remembered.error().message, remembered.error().advice};
        log_.warning("credential.not_remembered", remembered.error().text(),
                     {{"interface", std::string(config::name(interface_))}, {"code", "last_good_not_saved"}});
    }
}

void Door::log_activation(Trigger trigger) const {
    log_.info("credential.activated",
              "The " + std::string(config::name(interface_)) + " door serves " + facts_.subject + ", SHA-256 " +
                  facts_.fingerprint_sha256 + ".",
              {{"interface", std::string(config::name(interface_))},
               {"trigger", std::string(name(trigger))},
               {"source", std::string(name(source_))},
               {"fingerprint_sha256", served_->fingerprint()}});
    for (const Finding& finding : findings_) {
        if (finding.severity == Severity::note) continue;
        log_.warning("credential.warning", finding.message + (finding.advice.empty() ? "" : " " + finding.advice),
                     {{"interface", std::string(config::name(interface_))}, {"code", finding.code}});
    }
}

void Door::refuse(const Examined& examined, Trigger trigger) {
    unfit_since_.reset();  // the next change has its time again
    const Finding* why = reason(examined);
    const std::string code = why != nullptr ? why->code : "unparsable";
    const std::string message = why != nullptr ? why->message : "The pair cannot be served.";
    const std::string advice = why != nullptr ? why->advice : "";
    // The hourly look finds the same refused pair again and again: once is enough.
    const bool known =
        last_reload_.result == Outcome::refused && last_reload_.code == code && last_reload_.message == message;
    if (known && (trigger == Trigger::clock || settling_ == told_identities_) && trigger != Trigger::sighup) return;
    told_identities_ = settling_;
    last_reload_ = {now(), trigger, Outcome::refused, code, message};
    log_.error("credential.refused", message + (advice.empty() ? "" : " " + advice),
               {{"interface", std::string(config::name(interface_))},
                {"trigger", std::string(name(trigger))},
                {"code", code},
                {"fingerprint_sha256", fingerprint(examined)}});
}

// The policy changed and the pair did not: same credential, same tickets, new context, proved like any other.
bool Door::rebuild_for_policy(Trigger trigger) {
    if (policy_ == served_policy_) return true;
    auto context = certstore::build_context({interface_, policy_, served_, tickets_});
    if (context) {
        if (const auto proved = certstore::prove_context(**context, *served_, policy_); !proved) {
            context = base::fail(proved.error());
        }
    }
    if (!context) {
        Examined examined;
        examined.credential = served_;
        examined.findings.push_back(certstore::refusal(context.error()));
        refuse(examined, trigger);
        return false;
    }
    served_policy_ = policy_;
    hooks_.activate(interface_, std::move(*context));
    return true;
}

// Time goes by, the hostname changes, and so do the key file's owner and mode.
void Door::rejudge(const std::optional<base::FileFacts>& key_facts) {
    if (!served_) return;
    findings_ = certstore::judge(
        *served_, {.hostname = hostname_, .now = now(), .key_facts = key_facts, .service_uid = geteuid()});
}

void Door::rotate_ticket_key() {
    if (!served_) return;
    certstore::TicketKeys next;
    const auto build = [&](std::shared_ptr<const certstore::TicketKey> key) {
        next = {std::move(key), tickets_.current};
        return certstore::build_context({interface_, served_policy_, served_, next});
    };
    auto context = certstore::TicketKey::generate().and_then(build);
    if (!context) {
        log_.warning("tickets.not_rotated", context.error().text(),
                     {{"interface", std::string(config::name(interface_))}});
        return;
    }
    tickets_ = std::move(next);
    hooks_.activate(interface_, std::move(*context));
}

// ---------------------------------------------------------------- telling

// Our own self-signed pair lies at the configured place too: the kept copy tells it from an operator's.
Source Door::source_of(const certstore::Credential& credential, Source otherwise) const {
    const auto kept = files_.read(slot_.self_signed().certificate, certstore::max_pem_bytes);
    if (!kept) return otherwise;
    return kept->bytes.equals(credential.files().certificate.bytes.reveal()) ? Source::self_signed : otherwise;
}

std::optional<std::set<std::string>> Door::public_keys() const {
    std::set<std::string> keys;
    if (served_) keys.insert(served_->spki_sha256());
    for (const auto& paths : {slot_.configured(), slot_.last_good(), slot_.previous(), slot_.self_signed()}) {
        const auto certificate = files_.read(paths.certificate, certstore::max_pem_bytes);
        if (!certificate && certificate.error().kind != base::ErrorKind::not_found) return std::nullopt;
        if (!certificate) continue;
        for (auto& key : certstore::public_key_digests(certificate->bytes.reveal()))
            keys.insert(std::move(key));
    }
    return keys;
}

void Door::set_surroundings(std::vector<Finding> findings) {
    surroundings_ = std::move(findings);
}

void Door::tell() {
    if (!served_) return;
    auto status = std::make_shared<DoorStatus>();
    status->interface = interface_;
    status->hostname = hostname_;
    status->source = source_;
    status->certificate = facts_;
    status->findings = findings_;
    status->findings.insert(status->findings.end(), surroundings_.begin(), surroundings_.end());
    if (not_remembered_) status->findings.push_back(*not_remembered_);
    status->last_reload = last_reload_;
    hooks_.tell(std::move(status));
}

}  // namespace gatehouse::credentials
