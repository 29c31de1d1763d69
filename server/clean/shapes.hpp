// How users, organizations and limits look in JSON: in the portal's API as docs/api/clean.yaml has them, and in the
// field's. Pure; any thread.
#pragma once

#include "records/organizations.hpp"
#include "records/rate_limits.hpp"
#include "records/user_sessions.hpp"
#include "records/users.hpp"
#include "server/clean/people.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::clean {

// ---- the portal's

[[nodiscard]] Json user_shape(const records::User& user);
[[nodiscard]] Json organization_shape(const records::Organization& organization);
[[nodiscard]] Json identity_shape(const records::UserSession& session);

// ---- the field's

/// A user in a list, with its key where that may be shown.
[[nodiscard]] Json field_user(const Shown& shown);
/// A user alone: with its organization too.
[[nodiscard]] Json field_user_alone(const Shown& shown);

// ---- both

/// The number that a path or a body names; nullopt: it is none.
[[nodiscard]] std::optional<std::int64_t> number_of(std::string_view text);

/// How somebody stands: {"submission-rate-limit","submission-wait-seconds","submissions-available"}.
[[nodiscard]] Json rate_shape(const records::RateState& state);

}  // namespace gatehouse::clean
