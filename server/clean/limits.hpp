// How many samples users and organizations may submit: read, judged and changed by the portal and by the public API
// alike. For handlers, on their workers' threads; references outlive the call.
#pragma once

#include "config/secret_json.hpp"
#include "records/rate_limits.hpp"
#include "server/clean/people.hpp"
#include "server/http/router.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::clean {

/// How a user and its organization stand.
struct Standing {
    records::RateState user;
    records::RateState organization;
};

/// Limits as a client writes them: [[samples, minutes], …]; nullopt: they are no such thing.
[[nodiscard]] std::optional<records::SubmissionLimits> limits_of(const config::SecretJson& pairs);

// Errors of all: those of judge and records::RateLimits.

[[nodiscard]] Outcome<Standing> standing_of(const Services& services, const Asking& asking, std::string login);
[[nodiscard]] Outcome<Standing> limit_user(const Services& services, const Asking& asking, std::string login,
                                           records::SubmissionLimits limits);
[[nodiscard]] Outcome<records::RateState> standing_of_organization(const Services& services, const Asking& asking,
                                                                   std::int64_t id);
/// For administrators.
[[nodiscard]] Outcome<records::RateState> limit_organization(const Services& services, const Asking& asking,
                                                             std::int64_t id, records::SubmissionLimits limits);

/// Appends the portal's routes: /api/v1/users/{login}/rate-limit, /api/v1/organizations/{id}/rate-limit.
void add_limit_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::clean
