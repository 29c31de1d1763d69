// API tokens of operators. Used like the Database it was given: by one thread at a time; blocking. Like sessions they
// are checked against a snapshot: load `live()`, ask `is_live`, load it anew after each change of tokens or operators.
#pragma once

#include "base/secret.hpp"
#include "records/digest.hpp"
#include "records/operators.hpp"
#include "records/sessions.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::records {

struct Token {
    std::int64_t id = 0;  ///< for lists and `revoke`; no secret, never used again
    Digest digest{};
    std::int64_t operator_id = 0;
    std::string operator_name;
    std::string name;
    Role role = Role::read;  ///< the one it was given or the operator's present one, whichever is less
    Time created;
    std::optional<Time> expires;    ///< nullopt: when it is revoked
    std::optional<Time> last_used;  ///< as far as `touch` was told
};

[[nodiscard]] bool is_live(const Token& token, Time now);

struct NewToken {
    std::int64_t operator_id = 0;
    std::string name = {};  ///< 1 to 64 bytes of UTF-8 without control characters; an operator has each only once
    Role role = Role::read;
    std::optional<Time> expires = {};
};

struct IssuedToken {
    base::Secret bearer;  ///< "gh_" and 43 characters; given out this once
    Token token;
};

/// Errors of all: those of Database.
class Tokens {
public:
    explicit Tokens(Database& database) : database_(&database) {}

    /// Errors: input/name_invalid, input/expiry_past, denied/role_too_high (above the operator's),
    /// conflict/token_exists, not_found/no_operator.
    [[nodiscard]] base::Result<IssuedToken> issue(const NewToken& fresh, Time now);
    /// Those of one operator, or all; expired ones too; the newest first.
    [[nodiscard]] base::Result<std::vector<Token>> list(std::optional<std::int64_t> operator_id = std::nullopt);
    /// All that are live.
    [[nodiscard]] base::Result<std::vector<Token>> live(Time now);
    /// Writes when tokens were used, in one transaction. Tokens that are gone are passed over; an earlier time changes
    /// nothing.
    [[nodiscard]] base::Result<void> touch(std::span<const Sighting> sightings);
    /// Errors: not_found/no_token.
    [[nodiscard]] base::Result<void> revoke(std::int64_t operator_id, std::int64_t id);

private:
    Database* database_;
};

}  // namespace gatehouse::records
