// Who may come in at the admin door: live sessions and tokens, as an immutable snapshot that each request is checked
// against without the disk. Owned by the office; the gate is for all workers, what takes a database and `forget_…` are
// for the archive's thread.
//
// After each change that was committed: first forget what it ended, which cannot fail and holds at once, then refresh.
#pragma once

#include "base/log.hpp"
#include "base/shared.hpp"
#include "records/sessions.hpp"
#include "records/tokens.hpp"
#include "server/http/router.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::admin {

using http::by_console;
using http::by_session;
using http::by_token;

class Identities {
public:
    static constexpr const char* cookie_name = "__Host-gatehouse-admin";

    /// `log` must outlive this.
    explicit Identities(base::Log& log);
    Identities(const Identities&) = delete;
    Identities& operator=(const Identities&) = delete;
    ~Identities();

    /// Loads what is live now; at the start. On error nothing changes.
    [[nodiscard]] base::Result<void> load(records::Database& database);
    /// The same after a change of sessions, tokens or operators. The change was done already, so a failure is no result
    /// of it: it is logged, and `keep_up` tries again.
    void refresh(records::Database& database);
    /// Writes down when sessions were seen and tokens used last, and loads where that failed before; now and then.
    [[nodiscard]] base::Result<void> keep_up(records::Database& database);

    /// Nobody comes in with it any more, whatever becomes of the database.
    void forget_session(std::int64_t id) noexcept;
    void forget_sessions_of(std::int64_t operator_id) noexcept;
    void forget_token(std::int64_t id) noexcept;
    /// The operator's sessions and tokens.
    void forget_operator(std::int64_t operator_id) noexcept;

    /// Lets in who shows a live session's cookie or a live token with the rights that the route asks. Refusals: 401
    /// not_signed_in; 403 role_too_low, console_only, foreign_origin and its like. Holds a reference to this.
    [[nodiscard]] http::Gate gate();

    /// The live session of that id, as it is now; nullopt: there is none.
    [[nodiscard]] std::optional<records::Session> session(std::string_view id) const;
    /// Whether who came in once would still be let in; does not count as being seen. Any thread.
    [[nodiscard]] bool knows(const http::Caller& caller) const;
    /// All live ones, the one seen last first.
    [[nodiscard]] std::vector<records::Session> sessions() const;

private:
    struct Trace;
    struct LiveSession;
    struct LiveToken;
    struct Snapshot;

    [[nodiscard]] base::Result<void> write_sightings(records::Database& database);
    [[nodiscard]] std::shared_ptr<const http::Caller> find_token(std::string_view bearer) const;
    [[nodiscard]] std::shared_ptr<const http::Caller> find_session(std::string_view cookie) const;
    [[nodiscard]] std::optional<http::Response> admit(http::Request& request, http::Access access) const;

    base::Log& log_;
    base::Shared<Snapshot> snapshot_;
    bool outdated_ = false;  // the last load failed; the archive's thread only
};

}  // namespace gatehouse::admin
