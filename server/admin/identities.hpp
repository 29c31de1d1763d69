// Who may come in at the admin door: live sessions and tokens, as an immutable snapshot that each request is checked
// against without the disk. Owned by the appliance; the gate is for all workers, `refresh` and `write_sightings` are
// for the archive's thread.
#pragma once

#include "records/sessions.hpp"
#include "records/tokens.hpp"
#include "server/http/router.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gatehouse::admin {

/// How a caller came, as `http::Caller::means` has it.
inline constexpr std::string_view by_session = "session";
inline constexpr std::string_view by_token = "token";
inline constexpr std::string_view by_console = "console";

class Identities {
public:
    static constexpr const char* cookie_name = "__Host-gatehouse-admin";

    Identities();
    Identities(const Identities&) = delete;
    Identities& operator=(const Identities&) = delete;
    ~Identities();

    /// Loads what is live now. To be called at start and after each change of sessions, tokens or operators.
    [[nodiscard]] base::Result<void> refresh(records::Database& database);
    /// Writes down when sessions were seen and tokens used last; now and then, and before the end.
    [[nodiscard]] base::Result<void> write_sightings(records::Database& database);

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
    struct LiveSession;
    struct Snapshot;

    [[nodiscard]] std::shared_ptr<const http::Caller> find_token(std::string_view bearer) const;
    [[nodiscard]] std::shared_ptr<const http::Caller> find_session(std::string_view cookie) const;
    [[nodiscard]] std::optional<http::Response> admit(http::Request& request, http::Access access) const;

    std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
};

}  // namespace gatehouse::admin
