// Users: the accounts of the clean door, of people and of devices. Logins are compared without regard to case.
// Passwords come hashed (records/password), because hashing belongs on another thread than the database. Used like the
// Database it was given: by one thread at a time; blocking.
//
// What a request is checked with needs no disk: ApiKeys::live, Devices::live and UserSessions::live give whole Users to
// keep as an immutable snapshot by digest, de-activated ones too (they are told so); `is_let_in` judges them. Load
// anew after each change of users, organizations, keys, devices or sessions.
#pragma once

#include "records/database.hpp"
#include "records/digest.hpp"
#include "records/registration.hpp"
#include "records/sessions.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// What a user may do: submit and look; order its organization too; order everything.
enum class UserRole { user, org_admin, admin };
/// "user", "org-admin", "admin".
[[nodiscard]] std::string_view name(UserRole role);
[[nodiscard]] std::optional<UserRole> user_role_of(std::string_view name);

/// What is chosen for a user.
struct UserFields {
    std::string login;  ///< 1 to 65 of A-Z a-z 0-9 . _ - @ +; none that stands for others in paths and in the audit
    std::string name;   ///< at most 128 bytes, may be empty
    std::string email;  ///< may be empty
    std::string title;  ///< at most 128 bytes, may be empty
    UserRole role = UserRole::user;
};

/// A user to be stored.
struct NewUser : UserFields {
    std::int64_t organization_id = 0;
    std::string password_hash;      ///< empty: none, so that nobody can sign in as it
    bool initial_password = false;  ///< one that the appliance made up
};

struct User : UserFields {
    std::int64_t id = 0;  ///< never used again
    std::int64_t organization_id = 0;
    std::string organization_name;
    bool organization_active = true;
    bool active = true;
    bool device = false;
    bool has_password = false;
    bool initial_password = false;  ///< still has the one that the appliance made up
    Time created;
    std::optional<Time> password_changed;
    std::optional<Time> last_seen;             ///< as far as `touch` was told
    std::optional<Registration> registration;  ///< of a device
};

/// Both the user and its organization are active.
[[nodiscard]] bool is_let_in(const User& user);
/// conflict/device_password: it is a device. To be asked before a password is hashed for it, which is dear.
[[nodiscard]] base::Result<void> check_has_password(const User& user);
/// What paths and the audit call others than users; case does not count.
[[nodiscard]] bool is_reserved_login(std::string_view login);

/// A user and what proves it.
struct UserAccount {
    User who;
    std::string password_hash;  ///< empty: none; verify against decoy_hash then
    Digest stamp{};             ///< another one after each change of the password
};

/// What to change; nullopt stays.
struct UserChange {
    std::optional<std::string> name = {};
    std::optional<std::string> email = {};
    std::optional<std::string> title = {};
    std::optional<UserRole> role = {};
};

struct UserFilter {
    std::string search = {};  ///< part of the login, name or e-mail address, without regard to the case of a to z
    std::optional<std::int64_t> organization_id = {};
    std::optional<UserRole> role = {};
    std::optional<bool> pending = {};  ///< devices that nobody has let in yet, or all but those
};

enum class UserSort { login, name, created };

struct UserOrder {
    UserSort by = UserSort::login;
    bool descending = false;
};

struct UserPage {
    std::vector<User> users;          ///< pending devices first, whatever the order
    std::optional<std::string> next;  ///< cursor of the following page; nullopt: this is the last
};

/// Whether fields keep the rules, by themselves. Errors, all of kind input: login_invalid, name_invalid, email_invalid,
/// title_invalid.
[[nodiscard]] base::Result<void> check_user(const UserFields& fields);

/// Errors of all: those of Database; not_found/no_user where one is named that is not there.
class Users {
public:
    static constexpr std::size_t most_of_page = 1000;

    explicit Users(Database& database) : database_(&database) {}

    /// Whether `make` would take it; stores nothing. Errors: those of check_user, conflict/user_exists.
    [[nodiscard]] base::Result<void> check_new(const UserFields& fields);
    /// Stores an active user, without an API key: see make_user (records/api_keys). Errors: those of check_user,
    /// conflict/user_exists, not_found/no_organization.
    [[nodiscard]] base::Result<User> make(const NewUser& fresh, Time now);

    /// One; nullopt where there is none of that login.
    [[nodiscard]] base::Result<std::optional<User>> find(std::string_view login);
    [[nodiscard]] base::Result<std::optional<User>> find(std::int64_t id);
    /// The same with the hash, to sign in.
    [[nodiscard]] base::Result<std::optional<UserAccount>> find_account(std::string_view login);
    /// At most `limit` (1 to 1000, others are moved there). `cursor`: "" for the first page, then what the page before
    /// of the same order said; users that come or go meanwhile do not shift the pages. Errors: input/cursor_invalid,
    /// input/search_invalid (longer than 256 bytes).
    [[nodiscard]] base::Result<UserPage> list(const UserFilter& filter, const UserOrder& order, std::string_view cursor,
                                              std::size_t limit);
    /// Whether there is an administrator, active or not.
    [[nodiscard]] base::Result<bool> has_admin();

    /// All of it or nothing; what the user is then. Errors: those of check_user, conflict/last_admin,
    /// conflict/device_role (a device keeps the role `user`).
    [[nodiscard]] base::Result<User> change(std::string_view login, const UserChange& change);

    /// Lets the user in again; active ones stay so. A device that registered is let in by it, and its organization,
    /// where it was made for it, with it. Errors: conflict/device_conflicts where somebody tried to register its id
    /// with another secret and `confirm_conflicts` is not given.
    [[nodiscard]] base::Result<User> activate(std::string_view login, bool confirm_conflicts, Time now);
    /// Ends its sessions too. Errors: conflict/last_admin.
    [[nodiscard]] base::Result<User> deactivate(std::string_view login);
    /// Sessions, API key, registration and limits go too; samples stay. Its organization stays. Errors:
    /// conflict/last_admin.
    [[nodiscard]] base::Result<void> remove(std::string_view login);

    /// Judge the password by check_password first. Ending the user's sessions is the caller's decision; after it comes
    /// settle_first_user (records/first_user). Errors: conflict/device_password for a device.
    [[nodiscard]] base::Result<void> set_password(std::string_view login, const std::string& password_hash, Time now);
    /// The same for who proved the former password, unless it was changed since. Errors: those of check_stamp.
    [[nodiscard]] base::Result<void> change_password(const UserAccount& verified, const std::string& password_hash,
                                                     Time now);

    /// Whether the account is still the one whose password somebody proved. Verifying takes long and the database is
    /// free meanwhile: ask in the transaction that does what the proof allows. Errors: denied/credentials_changed, also
    /// where the account is gone.
    [[nodiscard]] base::Result<void> check_stamp(std::int64_t user_id, const Digest& stamp);

    /// Writes when users were there (the id of a sighting is the user's), in one transaction. Users that are gone are
    /// passed over; an earlier time changes nothing.
    [[nodiscard]] base::Result<void> touch(std::span<const Sighting> sightings);

private:
    [[nodiscard]] base::Result<User> found(std::string_view login);

    Database* database_;
};

}  // namespace gatehouse::records
