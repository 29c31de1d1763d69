#include "server/admin/herald.hpp"

#include "base/text.hpp"
#include "server/admin/audit_trail.hpp"
#include "server/admin/shapes.hpp"

#include <ctime>
#include <string_view>
#include <utility>

namespace gatehouse::admin {

namespace {

// What `data:` of an event holds.
std::string event_text(std::string_view event, const credentials::DoorStatus& status, const std::string& message) {
    const credentials::LastReload& reload = status.last_reload;
    const bool of_run = event == "certificate.changed" || event == "reload.failed";
    const Json data{{"event", event},
                    {"at", time_shape(of_run ? reload.at : std::time(nullptr))},
                    {"interface", config::name(status.interface)},
                    {"change_id", of_run ? text_or_null(reload.change_id) : Json(nullptr)},
                    {"fingerprint_sha256",
                     text_or_null(of_run ? reload.fingerprint_sha256 : status.certificate.fingerprint_sha256)},
                    {"code", of_run ? text_or_null(reload.code) : Json(nullptr)},
                    {"message", message},
                    {"days_left", days_left(status.certificate, std::time(nullptr))}};
    return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Herald::Herald(const Services& services, config::PerInterface<RunCounts>& runs, boost::asio::any_io_executor executor)
    : services_(services), runs_(runs), executor_(std::move(executor)) {}

void Herald::tell(const credentials::DoorStatus& status) {
    tell_expiry(status);
    tell_settings(status);
    const std::string before = std::exchange(served_[status.interface], status.certificate.fingerprint_sha256);
    const credentials::LastReload& reload = status.last_reload;
    if (std::exchange(told_[status.interface], reload) == reload) return;
    RunCounts& runs = runs_[status.interface];
    const bool changed = reload.result == credentials::Outcome::activated;
    if (reload.result == credentials::Outcome::unchanged) return runs.unchanged.add(1);
    (changed ? runs.activated : runs.refused).add(1);
    if (!asked_for(reload)) record(status, before);
    services_.events.publish(changed ? "certificate.changed" : "reload.failed",
                             event_text(changed ? "certificate.changed" : "reload.failed", status, reload.message));
}

// Whether an operator, the console or the configuration file changed them: open pages show them as they are.
void Herald::tell_settings(const credentials::DoorStatus& status) {
    const DoorFacts facts = services_.door_facts(status.interface);
    InForce now{status.hostname, facts.policy, facts.legacy_tls};
    const auto before = std::exchange(in_force_[status.interface], now);
    if (!before) return;
    std::vector<std::string> changes;
    if (before->hostname != now.hostname) changes.push_back("its hostname is " + now.hostname);
    if (before->policy != now.policy) changes.push_back("its TLS policy is " + std::string(config::name(now.policy)));
    if (before->legacy_tls != now.legacy_tls)
        changes.push_back(std::string("clients of TLS 1.0 and 1.1 are ") + (now.legacy_tls ? "let in" : "shut out"));
    if (changes.empty()) return;
    services_.events.publish("settings.changed",
                             event_text("settings.changed", status,
                                        "The " + std::string(config::name(status.interface)) +
                                            " door's settings changed: " + base::joined(changes, ", ") + "."));
}

void Herald::tell_expiry(const credentials::DoorStatus& status) {
    const char* event = "certificate.expiring";
    const std::string standing = std::string(event) + " " + std::string(config::name(status.interface));
    const auto now = std::time(nullptr);
    if (!expiry_.is_near(status.certificate, now)) services_.events.withdraw(standing);
    const auto sentence = expiry_.look(status.interface, status.certificate, now);
    if (!sentence) return;
    services_.log.warning(event, *sentence,
                          {{"interface", std::string(config::name(status.interface))},
                           {"fingerprint_sha256", status.certificate.fingerprint_sha256},
                           {"days_left", std::to_string(days_left(status.certificate, now))}});
    services_.events.publish_standing(standing, event, event_text(event, status, *sentence));
}

// A change that nobody asked for through a door: files, a signal or the clock brought it about.
void Herald::record(const credentials::DoorStatus& status, const std::string& before) {
    if (services_.archive == nullptr) return;
    const credentials::LastReload& reload = status.last_reload;
    const Json detail{{"interface", config::name(status.interface)},
                      {"trigger", name(reload.trigger)},
                      {"before_sha256", before},
                      {"after_sha256", status.certificate.fingerprint_sha256}};
    record_own(services_, executor_,
               {.action = "certificate.changed",
                .object = std::string(config::name(status.interface)),
                .refusal = reload.code,
                .detail = detail.dump()});
}

}  // namespace gatehouse::admin
