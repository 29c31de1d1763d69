#include "server/credentials/status.hpp"

#include "base/days.hpp"

namespace gatehouse::credentials {

std::string_view name(Trigger trigger) {
    switch (trigger) {
        case Trigger::start:
            return "start";
        case Trigger::sighup:
            return "sighup";
        case Trigger::watch:
            return "watch";
        case Trigger::clock:
            return "clock";
        case Trigger::api:
            return "api";
        case Trigger::console:
            return "console";
    }
    return "";
}

std::string_view name(Source source) {
    switch (source) {
        case Source::operator_pair:
            return "operator";
        case Source::last_good:
            return "last_good";
        case Source::self_signed:
            return "self_signed";
    }
    return "";
}

std::string_view name(Outcome outcome) {
    switch (outcome) {
        case Outcome::activated:
            return "activated";
        case Outcome::unchanged:
            return "unchanged";
        case Outcome::refused:
            return "refused";
    }
    return "";
}

certstore::Padlock padlock_of(const DoorStatus& status) {
    using certstore::PairServed;
    const PairServed served = status.source == Source::operator_pair ? PairServed::operators
                              : status.source == Source::last_good   ? PairServed::last_good
                                                                     : PairServed::self_signed;
    return certstore::padlock(status.findings, status.hostname, served, status.operators_placed);
}

std::string summary(const DoorStatus& status, std::int64_t now) {
    const std::int64_t left = status.certificate.not_after - now;
    std::string text(config::name(status.interface));
    text += ": " + std::string(name(status.source));
    text += left < 0 ? ", EXPIRED " + std::to_string(-left / base::seconds_per_day) + " days ago"
                     : ", " + std::to_string(left / base::seconds_per_day) + " days left";
    std::string codes;
    for (const auto& finding : status.findings) {
        if (finding.severity == certstore::Severity::note) continue;
        codes += (codes.empty() ? "" : " ") + finding.code;
    }
    if (!codes.empty()) text += " [" + codes + "]";
    if (status.last_reload.result == Outcome::refused) {
        std::string_view message = status.last_reload.message;
        if (message.ends_with('.')) message.remove_suffix(1);  // it stands in a list
        text += ", REFUSED " + status.last_reload.code + ": " + std::string(message);
    }
    return text;
}

}  // namespace gatehouse::credentials
