// The second factor of operators: their one-time code secrets, sealed, and recovery codes, hashed with a key, so that a
// copy of the database alone is worth nothing. Used like the Database it was given: by one thread at a time; blocking.
#pragma once

#include "base/secret.hpp"
#include "records/database.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// How a code that was given fared.
enum class Factor {
    none,          ///< the operator has no second factor: nothing to give
    wrong,         ///< wrong, or used before
    code,          ///< of the app
    recovery_code  ///< spent now
};

/// What the operator's app has to be told. Shown once.
struct Enrolment {
    base::Secret secret;  ///< base32
    base::Secret uri;     ///< otpauth://, for a QR code
};

struct FactorState {
    std::optional<Time> confirmed;    ///< nullopt: there is none yet
    std::int64_t recovery_codes = 0;  ///< left
};

/// Errors of all: those of Database; crypto/sealed_damaged where the stored secret can't be unsealed;
/// not_found/no_operator; not_found/otp_not_enabled where there is nothing to confirm, renew or disable.
class SecondFactors {
public:
    /// `key`: at least 16 bytes that only this box knows, always the same ones.
    SecondFactors(Database& database, const base::Secret& key);

    /// Makes a secret, which counts once a code of it was confirmed; until then asking again makes another.
    /// conflict/otp_enabled where one counts already. `issuer` and `account` are what the app shows.
    [[nodiscard]] base::Result<Enrolment> enrol(std::int64_t operator_id, std::string_view issuer,
                                                std::string_view account);
    /// Takes the first code of the app; from now on sign-in asks for one. Gives 10 recovery codes ("abcde-fghjk"),
    /// shown once. Errors: input/otp_wrong, conflict/otp_enabled.
    [[nodiscard]] base::Result<std::vector<base::Secret>> confirm(std::int64_t operator_id, std::string_view code,
                                                                  Time now);
    /// Judges a code of the app or a recovery code (spaces, hyphens and case do not count) and uses it up. Count
    /// failures in records/throttle: a million codes are few.
    [[nodiscard]] base::Result<Factor> check(std::int64_t operator_id, std::string_view code, Time now);
    [[nodiscard]] base::Result<FactorState> state(std::int64_t operator_id);
    [[nodiscard]] base::Result<void> disable(std::int64_t operator_id);

private:
    struct Stored {
        base::Secret secret;
        bool confirmed = false;
        std::int64_t last_step = 0;
    };

    [[nodiscard]] base::Result<std::optional<Stored>> stored(std::int64_t operator_id);
    [[nodiscard]] base::Result<bool> spend(std::int64_t operator_id, std::string_view recovery_code, Time now);
    [[nodiscard]] base::Result<std::vector<base::Secret>> fresh_codes(std::int64_t operator_id);
    [[nodiscard]] std::string recovery_digest(std::int64_t operator_id, std::string_view code) const;

    Database* database_;
    base::Secret sealing_key_;
    base::Secret digest_key_;
};

}  // namespace gatehouse::records
