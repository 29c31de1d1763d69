// Users of the clean door and what belongs to them, for the tests of the rooms that keep them.
#pragma once

#include "records/api_keys.hpp"
#include "records/first_user.hpp"
#include "records/users.hpp"
#include "tests/unit/records/box.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::tests {

/// The key of the users' side.
inline base::Secret box_key() {
    return base::Secret(std::string_view("a key that only this box knows"));
}

/// A user of the default organization that was not judged and whose password is nobody's concern.
inline records::NewUser fresh_user(records::Database& database, std::string login,
                                   records::UserRole role = records::UserRole::user) {
    records::NewUser fresh;
    fresh.login = std::move(login);
    fresh.role = role;
    fresh.password_hash = "no hash";
    const auto home = records::default_organization(database, records::default_organization_name, new_year);
    REQUIRE(home);
    fresh.organization_id = *home;
    return fresh;
}

/// Stores a user, without an API key; its number.
inline std::int64_t add_user(records::Database& database, std::string login,
                             records::UserRole role = records::UserRole::user) {
    const auto made = records::Users(database).make(fresh_user(database, std::move(login), role), new_year);
    REQUIRE(made);
    return made->id;
}

/// Whom requests with this key come from; nullopt: nobody.
inline std::optional<records::User> holder(records::Database& database, std::string_view key,
                                           const base::Secret& of_box = box_key()) {
    const records::Digest digest = records::KeyedDigests(of_box).of_api_key(key);
    const auto live = records::ApiKeys(database, of_box).live();
    REQUIRE(live);
    for (const records::LiveKey& one : *live) {
        if (one.digest == digest) return one.who;
    }
    return std::nullopt;
}

/// The user of that login, who must be there.
inline records::User user_named(records::Database& database, std::string_view login) {
    auto found = records::Users(database).find(login);
    REQUIRE(found);
    REQUIRE(*found);
    return std::move(**found);
}

}  // namespace gatehouse::tests
