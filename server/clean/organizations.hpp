// Organizations: made, renamed, activated and deleted by administrators; an org-admin looks at its own. What both the
// portal and the public API do with them, and the portal's routes: /api/v1/organizations. For handlers, on their
// workers' threads; references outlive the call.
#pragma once

#include "records/organizations.hpp"
#include "server/clean/people.hpp"
#include "server/http/router.hpp"

#include <cstdint>
#include <vector>

namespace gatehouse::clean {

/// Whether who asks may change the organization: administrators. Errors: not_found/no_organization where it may not
/// even see it, denied/role_too_low.
[[nodiscard]] base::Result<void> judge_ordering(const records::User& asking, std::int64_t organization_id);

/// Errors: those of judge_ordering and Organizations::remove.
[[nodiscard]] Outcome<void> remove_organization(const Services& services, const Asking& asking, std::int64_t id);

/// Appends the routes; `services` must outlive them.
void add_organization_routes(std::vector<http::Route>& routes, const Services& services);

}  // namespace gatehouse::clean
