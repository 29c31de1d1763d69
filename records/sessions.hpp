// Sign-in sessions of operators. Used like the Database it was given: by one thread at a time; blocking.
//
// So that a request needs no disk: load `live()` once, keep it as an immutable snapshot by digest, judge each request
// by that, and load it anew after each change. What was seen is collected and written by `touch` now and then; a crash
// forgets at most the last of it, so that a session ends earlier, not later.
#pragma once

#include "base/secret.hpp"
#include "config/settings.hpp"
#include "records/digest.hpp"
#include "records/operators.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::records {

struct SessionLimits {
    std::chrono::microseconds idle = std::chrono::minutes(30);
    std::chrono::microseconds absolute = std::chrono::hours(12);
};

struct Session {
    std::int64_t id = 0;  ///< for lists and `end`; no secret, never used again
    Digest digest{};      ///< of the id that the browser holds
    std::int64_t operator_id = 0;
    std::string operator_name;
    Role role = Role::read;  ///< the operator's, as it was when this was loaded
    config::Interface door = config::Interface::admin;
    Time created;
    Time last_seen;
    std::chrono::microseconds idle{};
    Time ends;  ///< whatever is done in it
    std::string address;
    std::string user_agent;
};

struct NewSession {
    std::int64_t operator_id = 0;
    Digest stamp{};  ///< the Account's whose password was proved, as it was then
    config::Interface door = config::Interface::admin;
    std::string address = {};
    std::string user_agent = {};  ///< as it came; stored printable and cut at 256 bytes
};

struct StartedSession {
    base::Secret bearer;  ///< for the cookie; given out this once
    Session session;
};

/// That a session was seen.
struct Sighting {
    std::int64_t id = 0;
    Time at;
};

/// Errors of all: those of Database.
class Sessions {
public:
    /// An operator has at most so many; one more ends the one that was not seen for the longest time.
    static constexpr std::int64_t most_of_operator = 100;

    explicit Sessions(Database& database) : database_(&database) {}

    /// This is the operator's last sign-in. Errors: those of Operators::check_stamp, so that no sign-in under way
    /// outlives the password or the want of a second factor that it proved.
    [[nodiscard]] base::Result<StartedSession> start(const NewSession& fresh, const SessionLimits& limits, Time now);
    /// All that are live: neither idle for too long nor at their absolute end.
    [[nodiscard]] base::Result<std::vector<Session>> live(Time now);
    /// Writes what was seen, in one transaction. Sessions that are gone are passed over; an earlier time changes
    /// nothing.
    [[nodiscard]] base::Result<void> touch(std::span<const Sighting> sightings);

    /// Ends one of this operator. Errors: not_found/no_session.
    [[nodiscard]] base::Result<void> end(std::int64_t operator_id, std::int64_t id);
    /// Ends all of an operator. How many they were.
    [[nodiscard]] base::Result<std::int64_t> end_all(std::int64_t operator_id);
    /// Forgets those that are no longer live. How many they were.
    [[nodiscard]] base::Result<std::int64_t> expire(Time now);

private:
    Database* database_;
};

}  // namespace gatehouse::records
