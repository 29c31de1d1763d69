#include "records/users_key.hpp"

#include "base/advice.hpp"
#include "config/box_key.hpp"
#include "config/seal.hpp"

#include <unistd.h>
#include <utility>

namespace gatehouse::records {

namespace {

using base::Result;
using base::Secret;
namespace fs = std::filesystem;

tl::unexpected<base::Error> users_locked(const std::string& message, const fs::path& path) {
    return base::fail(
        base::ErrorKind::unavailable, "users_key_locked", message,
        "Restore it from a backup and restart; or make a new one, then every API key has to be made anew, "
        "every device reset and every disposition service told its password again: runuser -u " +
            base::user_name(::geteuid()) + " -- sh -c 'umask 077; head -c 32 /dev/urandom > \"$1\"' sh " +
            base::shell_quoted(path));
}

// Whether anything was made with the key.
Result<bool> is_in_use(Database& database) {
    const auto rows = database.query(
        "SELECT EXISTS (SELECT 1 FROM api_keys) OR EXISTS (SELECT 1 FROM devices) OR EXISTS (SELECT 1 FROM "
        "disposition_services)");
    if (!rows) return base::fail(rows.error());
    return rows->front().truth(0);
}

Result<Secret> found_or_made(base::FileSystem& files, const fs::path& path, Database& database) {
    // Its lock keeps another connection from making one at the same moment.
    const auto transaction = Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    auto present = config::read_box_key(files, path);
    if (!present && present.error().code == "key_unusable") return users_locked(present.error().message, path);
    if (!present) return base::fail(present.error());
    if (*present) return std::move(**present);
    // A new key over what was made with the former one would make it useless for good.
    const auto used = is_in_use(database);
    if (!used) return base::fail(used.error());
    if (*used)
        return users_locked("The key of API keys, devices and disposition services is missing: " + path.string() + ".",
                            path);
    return config::make_box_key(files, path);
}

}  // namespace

UsersKey users_key(base::FileSystem& files, const fs::path& state_directory, Database& database) {
    auto key = found_or_made(files, state_directory / "vault" / "users.key", database);
    if (key) return {std::move(*key), std::nullopt};
    return {config::random_seal_key(), std::move(key.error())};
}

}  // namespace gatehouse::records
