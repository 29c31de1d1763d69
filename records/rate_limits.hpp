// How many samples a user, and all users of an organization together, may submit within a rolling window, and the times
// at which they did. Kept in the database, so that the count survives a restart; taken in the Transaction that records
// the submission, so that it is exact whatever happens at the same moment. Used like the Database it was given: by one
// thread at a time; blocking.
#pragma once

#include "records/database.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gatehouse::records {

/// At most `samples` within any `window`.
struct RateLimit {
    std::int64_t samples = 0;        ///< 0 to 1,000,000; 0: none at all
    std::chrono::minutes window{1};  ///< 1 minute to 31 days
    friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

/// All of them hold; none: as many as one likes.
using SubmissionLimits = std::vector<RateLimit>;

/// How somebody stands at a moment.
struct RateState {
    SubmissionLimits limits;
    std::chrono::seconds wait{};            ///< until the next submission is taken, rounded up; 0: now
    std::optional<std::int64_t> available;  ///< how many would be taken now; nullopt: no limit
};

/// Who submits.
struct Submitter {
    std::int64_t user_id = 0;
    std::int64_t organization_id = 0;
};

/// Errors of all: those of Database; not_found/no_user, not_found/no_organization.
class RateLimits {
public:
    static constexpr std::size_t most_limits = 8;
    static constexpr std::chrono::minutes longest_window = std::chrono::days(31);

    explicit RateLimits(Database& database) : database_(&database) {}

    /// Errors: input/rate_limit_invalid (more than 8, or one out of its bounds).
    [[nodiscard]] base::Result<void> set_of_user(std::int64_t user_id, const SubmissionLimits& limits);
    [[nodiscard]] base::Result<void> set_of_organization(std::int64_t organization_id, const SubmissionLimits& limits);
    [[nodiscard]] base::Result<RateState> of_user(std::int64_t user_id, Time now);
    [[nodiscard]] base::Result<RateState> of_organization(std::int64_t organization_id, Time now);

    /// Counts one submission, where the limits of both the user and the organization leave room for it: 0. Else nothing
    /// is counted: how long to wait until the next is taken. Call it within the Transaction that records the
    /// submission; where that is rolled back, nothing was counted.
    [[nodiscard]] base::Result<std::chrono::seconds> take(const Submitter& who, Time now);

    /// Forgets times that no limit can ask for any more. How many they were.
    [[nodiscard]] base::Result<std::int64_t> expire(Time now);

private:
    Database* database_;
};

}  // namespace gatehouse::records
