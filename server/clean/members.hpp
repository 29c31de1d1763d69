// Who may come in at the clean door: users' API keys, devices' secrets and sign-in sessions, as immutable snapshots
// that each request is checked against without the disk. Owned by the reception; finding is for all workers, what takes
// a database and `forget_…` are for the archive's thread.
//
// After each change that was committed: first forget what it ended, which cannot fail and holds at once, then refresh.
#pragma once

#include "base/log.hpp"
#include "base/secret.hpp"
#include "base/shared.hpp"
#include "records/api_keys.hpp"
#include "records/devices.hpp"
#include "records/keyed_digest.hpp"
#include "records/user_sessions.hpp"
#include "server/clean/presented.hpp"
#include "server/http/router.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::clean {

/// A user that came in, as it was then. As a caller: `name` is the login, `id` that of the session.
struct Member : http::Caller {
    records::User user;
};
using MemberPtr = std::shared_ptr<const Member>;

class Members {
public:
    static constexpr const char* cookie_name = "__Host-gatehouse-clean";

    /// `box_key`: see records::KeyedDigests. `log` must outlive this.
    Members(base::Log& log, const base::Secret& box_key);
    Members(const Members&) = delete;
    Members& operator=(const Members&) = delete;
    ~Members();

    /// Loads what is live now; at the start. On error nothing changes.
    [[nodiscard]] base::Result<void> load(records::Database& database);
    /// The same after a change of users, organizations, keys or devices. The change was done already, so a failure is
    /// no result of it: it is logged, and `keep_up` tries again.
    void refresh(records::Database& database);
    /// The same after a change of sessions alone.
    void refresh_sessions(records::Database& database);
    /// Writes down who was seen, and loads where that failed before; now and then.
    [[nodiscard]] base::Result<void> keep_up(records::Database& database);
    /// Writes down who was seen.
    [[nodiscard]] base::Result<void> write_sightings(records::Database& database);

    /// Nobody comes in with it any more, whatever becomes of the database.
    void forget_session(std::int64_t id) noexcept;
    void forget_sessions_of(std::int64_t user_id) noexcept;
    void forget_key_of(std::int64_t user_id) noexcept;
    /// Sessions, key and secret.
    void forget_user(std::int64_t user_id) noexcept;
    /// The same of all its users.
    void forget_organization(std::int64_t organization_id) noexcept;

    /// Whose key, and whose device, these are: one user's, de-activated or not. Null: nobody's, or two users'. Counts
    /// as being seen.
    [[nodiscard]] MemberPtr find(const Presented& presented) const;
    /// Whose session the cookie is; null where it is no live one's. Counts as being seen.
    [[nodiscard]] MemberPtr find_session(std::string_view cookie) const;
    /// Users as they were read, with when they were seen last, which is written down only now and then.
    void bring_up_to_date(std::span<records::User> users) const;
    /// Whether who came in by a session would still be let in with the same rights. Any thread.
    [[nodiscard]] bool knows(const http::Caller& caller) const;
    /// The live session of that id, with when it was seen last; nullopt: there is none.
    [[nodiscard]] std::optional<records::UserSession> session(std::string_view id) const;

    /// For the routes of the portal: lets in who shows a live session's cookie. Refusals: 401 not_signed_in; 403
    /// account_deactivated, role_too_low, foreign_origin and its like. The request's caller is then a Member. Holds a
    /// reference to this.
    [[nodiscard]] http::Gate gate() const;

private:
    struct Trace;
    struct Live;
    struct LiveSession;
    struct Keys;
    struct Sessions;

    [[nodiscard]] base::Result<void> load_keys(records::Database& database);
    [[nodiscard]] base::Result<void> load_sessions(records::Database& database);
    [[nodiscard]] std::optional<http::Response> admit(http::Request& request, http::Access access) const;
    void complain(const base::Result<void>& loaded);

    base::Log& log_;
    base::Secret box_key_;
    records::KeyedDigests digests_;
    base::Shared<Keys> keys_;
    base::Shared<Sessions> sessions_;
    bool outdated_ = false;  // the last load failed; the archive's thread only
};

/// What a role may do at routes that ask for it: org-admin and admin operate, each within its bounds.
[[nodiscard]] http::Access rights_of(records::UserRole role);
/// 403 for a user who is not let in: account_deactivated, or device_deactivated, whose sentence begins with that word.
[[nodiscard]] http::Refusal not_let_in(const records::User& user);

}  // namespace gatehouse::clean
