// Sign-in sessions of users, at the clean door; those of operators are in a table of their own (records/sessions), so
// that neither can ever be taken for the other. Used like the Database it was given: by one thread at a time; blocking.
// Requests are checked against a snapshot: see records/users; what was seen is collected and written by `touch`.
#pragma once

#include "base/secret.hpp"
#include "records/digest.hpp"
#include "records/sessions.hpp"
#include "records/users.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::records {

struct UserSession {
    std::int64_t id = 0;  ///< for `end`; no secret, never used again
    Digest digest{};      ///< of the id that the browser holds
    User who;             ///< as it was when this was loaded; ask is_let_in
    Time created;
    Time last_seen;
    std::chrono::microseconds idle{};
    Time ends;  ///< whatever is done in it
    std::string address;
    std::string user_agent;
};

struct NewUserSession {
    std::int64_t user_id = 0;
    Digest stamp{};  ///< the UserAccount's whose password was proved, as it was then
    std::string address = {};
    std::string user_agent = {};  ///< as it came; stored printable and cut at 256 bytes
};

struct StartedUserSession {
    base::Secret bearer;  ///< for the cookie; given out this once
    UserSession session;
};

/// Errors of all: those of Database.
class UserSessions {
public:
    /// A user has at most so many; one more ends the one that was not seen for the longest time.
    static constexpr std::int64_t most_of_user = 100;

    explicit UserSessions(Database& database) : database_(&database) {}

    /// Errors: those of Users::check_stamp; denied/account_deactivated where the user or its organization is not
    /// active.
    [[nodiscard]] base::Result<StartedUserSession> start(const NewUserSession& fresh, const SessionLimits& limits,
                                                         Time now);
    /// All that are live: neither idle for too long nor at their absolute end.
    [[nodiscard]] base::Result<std::vector<UserSession>> live(Time now);
    /// Writes what was seen, of the sessions and of their users, in one transaction. Sessions that are gone are passed
    /// over; an earlier time changes nothing.
    [[nodiscard]] base::Result<void> touch(std::span<const Sighting> sightings);

    /// Ends one of this user. Errors: not_found/no_session.
    [[nodiscard]] base::Result<void> end(std::int64_t user_id, std::int64_t id);
    /// Ends all of a user. How many they were.
    [[nodiscard]] base::Result<std::int64_t> end_all(std::int64_t user_id);
    /// Forgets those that are no longer live. How many they were.
    [[nodiscard]] base::Result<std::int64_t> expire(Time now);

private:
    Database* database_;
};

}  // namespace gatehouse::records
