// Moments as people and scripts write them: "last hour", "30 days ago", "2025-01-31". Pure; any thread.
#pragma once

#include "base/result.hpp"
#include "records/time.hpp"

#include <string_view>

namespace gatehouse::records {

/// The moment that a phrase means, seen from `now`; everything in UTC. Case, blanks around it and several between words
/// do not matter.
///   now · today, yesterday (their beginning)
///   N UNIT ago · last UNIT, past UNIT, last N UNIT, past N UNIT (all: that long before now)
///     N: a number up to six digits, or a, an, one; UNIT: second, minute, hour, day, week, month (30 days), year (365
///     days), each with or without s, and sec, secs, min, mins, hr, hrs
///   2025-01-31 · 2025-01-31 10:00 · 2025-01-31 10:00:00 (also with T) · RFC 3339, with fractions and offset
///   Unix seconds: nine to eleven digits, with or without a fraction
/// Never before 1970, which a phrase that reaches further back means. Errors: input/time_invalid; the message repeats
/// the phrase, printable and cut.
[[nodiscard]] base::Result<Time> time_of_phrase(std::string_view phrase, Time now);

}  // namespace gatehouse::records
