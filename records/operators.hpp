// Operators: the accounts of the admin door. Names are compared without regard to case. Passwords come hashed
// (records/password), because hashing belongs on another thread than the database. Used like the Database it was given:
// by one thread at a time; blocking.
#pragma once

#include "base/secret.hpp"
#include "records/database.hpp"
#include "records/digest.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// What an operator may do: look, or change things too.
enum class Role { read, operate };
[[nodiscard]] std::string_view name(Role role);
[[nodiscard]] std::optional<Role> role_of(std::string_view name);

/// What is chosen for an operator.
struct OperatorFields {
    std::string name;  ///< 1 to 64 of A-Z a-z 0-9 . _ -; none that stands for others in paths and in the audit
    Role role = Role::read;
    std::string email;         ///< may be empty
    std::string display_name;  ///< at most 128 bytes, may be empty
};

/// An operator as a form or a one-time file asks for it, not judged yet.
struct Candidate : OperatorFields {
    base::Secret password;
};

/// An operator to be stored.
struct NewOperator : OperatorFields {
    std::string password_hash;
    bool initial_password = false;  ///< one that the appliance made up
};

struct Operator : OperatorFields {
    std::int64_t id = 0;  ///< never used again
    Time created;
    Time password_changed;
    bool initial_password = false;     ///< still has the one that the appliance made up
    bool second_factor = false;        ///< has to give a code too
    std::optional<Time> last_sign_in;  ///< when a session was started last
};

/// An operator and what proves it.
struct Account {
    Operator who;
    std::string password_hash;
    Digest stamp{};  ///< another one after each change of the password or the second factor
};

/// Whether fields and password keep the rules, by themselves. Errors, all of kind input: name_invalid, email_invalid,
/// display_name_invalid, and those of check_password.
[[nodiscard]] base::Result<void> check_candidate(const Candidate& candidate);

/// The candidate with its password hashed: slow, for another thread.
[[nodiscard]] base::Result<NewOperator> hashed(const Candidate& candidate);

/// Errors of all: those of Database; not_found/no_operator where one is named that is not there.
class Operators {
public:
    explicit Operators(Database& database) : database_(&database) {}

    /// Whether `make` would take it; stores nothing. Errors: those of check_candidate, conflict/operator_exists.
    [[nodiscard]] base::Result<void> check_new(const Candidate& candidate);

    /// Stores one operator; what it is then. Errors: input/name_invalid and its like, conflict/operator_exists.
    [[nodiscard]] base::Result<Operator> make(const NewOperator& fresh, Time now);
    /// Stores all of them or, on error, none.
    [[nodiscard]] base::Result<void> make_all(std::span<const NewOperator> fresh, Time now);

    /// All, by name.
    [[nodiscard]] base::Result<std::vector<Operator>> list();
    /// One; nullopt where there is none of that name.
    [[nodiscard]] base::Result<std::optional<Operator>> find(std::string_view name);
    /// The same with the hash, to sign in.
    [[nodiscard]] base::Result<std::optional<Account>> find_account(std::string_view name);
    /// Whether there is one who may change things.
    [[nodiscard]] base::Result<bool> has_operating();

    /// Errors: conflict/last_operator for the last one that may operate. Sessions, tokens and the second factor go too.
    [[nodiscard]] base::Result<void> remove(std::string_view name);
    /// Judge the password by check_password first. Ending the operator's sessions is the caller's decision; after it
    /// comes settle_first_operator (records/first_operator).
    [[nodiscard]] base::Result<void> set_password(std::string_view name, const std::string& password_hash, Time now);
    /// The same for who proved the former password, unless it was changed since. Errors: those of check_stamp.
    [[nodiscard]] base::Result<void> change_password(const Account& verified, const std::string& password_hash,
                                                     Time now);

    /// Whether the account is still the one whose password, and second factor, somebody proved. Verifying takes long
    /// and the database is free meanwhile: ask in the transaction that does what the proof allows. Errors:
    /// denied/credentials_changed, also where the account is gone.
    [[nodiscard]] base::Result<void> check_stamp(std::int64_t operator_id, const Digest& stamp);

private:
    [[nodiscard]] base::Result<Operator> found(std::string_view name);
    [[nodiscard]] base::Result<std::optional<Account>> account_where(std::string_view condition, Parameter value);
    [[nodiscard]] base::Result<void> keep_one_operating(const Operator& leaving);

    Database* database_;
};

}  // namespace gatehouse::records
