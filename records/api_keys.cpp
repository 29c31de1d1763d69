#include "records/api_keys.hpp"

#include "config/seal.hpp"
#include "records/user_rows.hpp"

#include <sodium.h>

#include <algorithm>
#include <string>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;

// Where a sealed key belongs: moved to another row it does not open.
std::string place_of_key(std::int64_t user_id) {
    return "api_keys:sealed:" + std::to_string(user_id);
}

Secret random_api_key() {
    constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";  // 134 bits in all
    Secret key(issued_key_length);
    for (std::size_t i = 0; i < key.size(); ++i)
        key.writable()[i] = alphabet[::randombytes_uniform(static_cast<std::uint32_t>(alphabet.size()))];
    return key;
}

}  // namespace

Result<void> check_api_key(std::string_view key) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    if (key.size() >= shortest_key && key.size() <= longest_key && std::all_of(key.begin(), key.end(), is_allowed)) {
        return {};
    }
    return base::fail(ErrorKind::input, "api_key_invalid",
                      "An API key must have 20 to 64 characters of A to Z, a to z and 0 to 9.");
}

ApiKeys::ApiKeys(Database& database, const Secret& box_key)
    : database_(&database),
      digests_(box_key),
      sealing_key_(config::derived_key(config::main_key_of(box_key.reveal()), 3, "ghusers_")) {}

Result<Secret> ApiKeys::regenerate(std::int64_t user_id, Time now) {
    Secret key = random_api_key();
    if (auto kept = keep(user_id, key.reveal(), now); !kept) return base::fail(kept.error());
    return key;
}

Result<void> ApiKeys::keep(std::int64_t user_id, std::string_view key, Time now) {
    if (auto fine = check_api_key(key); !fine) return fine;
    const Digest digest = digests_.of_api_key(key);
    const std::string sealed = config::seal(key, place_of_key(user_id), sealing_key_);
    const auto done = database_->change(
        "INSERT INTO api_keys (user_id, digest, sealed, created) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (user_id) DO UPDATE SET digest = excluded.digest, sealed = excluded.sealed, "
        "created = excluded.created",
        {user_id, bytes_of(digest), Bytes{sealed}, now});
    if (done) return {};
    if (done.error().code == "record_exists") {
        return base::fail(ErrorKind::conflict, "api_key_exists", "Another user has this API key already.",
                          "Choose another one.");
    }
    if (done.error().code == "record_referenced")
        return base::fail(ErrorKind::not_found, "no_user", "There is no such user.");
    return base::fail(done.error());
}

Result<std::optional<Secret>> ApiKeys::show(std::int64_t user_id) {
    const auto rows = database_->query("SELECT sealed FROM api_keys WHERE user_id = $1", {user_id});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    auto key = config::unseal(rows->front().bytes(0), place_of_key(user_id), sealing_key_);
    if (key) return key;
    return base::fail(ErrorKind::conflict, "api_key_locked",
                      "The API key of this user can't be opened: it was changed, or sealed with another key.",
                      "Make a new API key.");
}

Result<std::vector<LiveKey>> ApiKeys::live() {
    const auto rows = database_->query(
        users_where("JOIN api_keys ON api_keys.user_id = users.id ORDER BY users.id", ", api_keys.digest"));
    if (!rows) return base::fail(rows.error());
    std::vector<LiveKey> all;
    for (const Row& row : *rows)
        all.push_back({digest_from(row.bytes(user_columns)), user_of(row)});
    return all;
}

Result<User> make_user(Database& database, const Secret& box_key, const NewUser& fresh, Time now) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    auto made = Users(database).make(fresh, now);
    if (!made) return made;
    const auto key = ApiKeys(database, box_key).regenerate(made->id, now);
    if (!key) return base::fail(key.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return made;
}

}  // namespace gatehouse::records
