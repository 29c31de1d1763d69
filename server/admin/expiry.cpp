#include "server/admin/expiry.hpp"

#include "base/days.hpp"

namespace gatehouse::admin {

namespace {

// The least of the days that have come; nullopt: none has.
std::optional<unsigned> reached(const std::vector<unsigned>& days, const certstore::CertificateFacts& facts,
                                std::int64_t now) {
    if (now > facts.not_after) return 0;
    std::optional<unsigned> least;
    for (const unsigned one : days) {
        if (facts.not_after - now <= one * base::seconds_per_day && (!least || one < *least)) least = one;
    }
    return least;
}

}  // namespace

std::int64_t days_left(const certstore::CertificateFacts& facts, std::int64_t now) {
    return base::days_between(now, facts.not_after);
}

bool Expiry::is_near(const certstore::CertificateFacts& facts, std::int64_t now) const {
    return reached(days_, facts, now).has_value();
}

std::optional<std::string> Expiry::look(config::Interface interface, const certstore::CertificateFacts& facts,
                                        std::int64_t now) {
    const auto days = reached(days_, facts, now);
    if (!days) return std::nullopt;
    std::optional<Told>& told = told_[interface];
    if (told && told->fingerprint == facts.fingerprint_sha256 && told->days <= *days) return std::nullopt;
    told = Told{facts.fingerprint_sha256, *days};
    const std::string certificate =
        "The certificate of the " + std::string(config::name(interface)) + " door (" + facts.subject + ")";
    if (*days == 0) return certificate + " has expired. Upload a new one, or regenerate it.";
    const std::int64_t left = days_left(facts, now);
    const std::string when = left == 0   ? "in less than a day"
                             : left == 1 ? "in one day"
                                         : "in " + std::to_string(left) + " days";
    return certificate + " expires " + when + ". Replace it before then.";
}

}  // namespace gatehouse::admin
