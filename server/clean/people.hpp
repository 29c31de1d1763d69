// What is done with users, by the portal and by the public API alike: judged, done, recorded, known to every worker and
// told to open pages. For handlers, on their workers' threads; references outlive the call.
#pragma once

#include "records/api_keys.hpp"
#include "records/users.hpp"
#include "server/clean/asking.hpp"
#include "server/clean/rights.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::clean {

template <class T>
using Outcome = boost::asio::awaitable<base::Result<T>>;

/// A user, and what it came with where it may be shown.
struct Shown {
    records::User user;
    std::optional<std::string> api_key;  ///< nullopt: it has none, or it is not for the eyes of who asks
};

// Errors of all: those of judge, which goes before, and those of the room in records that does it.

[[nodiscard]] Outcome<records::User> find_user(const Services& services, const Asking& asking, std::string login);
/// The same with the API key, for its owner and for administrators.
[[nodiscard]] Outcome<Shown> show_user(const Services& services, const Asking& asking, std::string login);
/// All users of an organization, by login, for those who administer it. Errors: those of judge_role.
[[nodiscard]] Outcome<std::vector<Shown>> show_users(const Services& services, const Asking& asking,
                                                     std::int64_t organization_id);
/// Unlike `show_user` refuses who may not see it, and says where there is none: not_found/no_api_key.
[[nodiscard]] Outcome<std::string> show_key(const Services& services, const Asking& asking, std::string login);

/// A new user and its API key. `password` is judged and hashed; nullopt: nobody can sign in as it.
struct Newcomer {
    records::UserFields fields;
    std::optional<std::int64_t> organization_id;  ///< nullopt: that of who asks
    std::optional<base::Secret> password;
};
[[nodiscard]] Outcome<Shown> make_user(const Services& services, const Asking& asking, Newcomer newcomer);
[[nodiscard]] Outcome<records::User> change_user(const Services& services, const Asking& asking, std::string login,
                                                 records::UserChange change);
[[nodiscard]] Outcome<records::User> activate_user(const Services& services, const Asking& asking, std::string login,
                                                   bool confirm_conflicts);
[[nodiscard]] Outcome<records::User> deactivate_user(const Services& services, const Asking& asking, std::string login);
[[nodiscard]] Outcome<void> remove_user(const Services& services, const Asking& asking, std::string login);
/// Discards a device's registration.
[[nodiscard]] Outcome<void> reset_device(const Services& services, const Asking& asking, std::string login);
/// A new API key in place of the present one.
[[nodiscard]] Outcome<Shown> renew_key(const Services& services, const Asking& asking, std::string login);
/// Another's password, or one's own without proof of the present one; its sessions end.
[[nodiscard]] Outcome<void> give_password(const Services& services, const Asking& asking, std::string login,
                                          base::Secret password);

/// One, where who asks may do that with it, on the archive's thread. Errors: those of judge; what one may not see is
/// named as it was typed.
[[nodiscard]] base::Result<records::User> find_judged(records::Database& database, const Asking& asking,
                                                      const std::string& login, Wish wish);

/// Everything that a change of users or organizations means for the running house, on the archive's thread.
void users_changed(const Services& services, records::Database& database, std::string_view login);

}  // namespace gatehouse::clean
