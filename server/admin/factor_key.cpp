#include "server/admin/factor_key.hpp"

#include "config/seal.hpp"
#include "records/operators.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::admin {

namespace {

using base::Result;
using base::Secret;
namespace fs = std::filesystem;

constexpr std::size_t smallest_key = 16;
constexpr std::size_t largest_key = 4096;
constexpr mode_t file_mode = 0600;
constexpr mode_t folder_mode = 0700;

tl::unexpected<base::Error> locked(const std::string& message) {
    return base::fail(base::ErrorKind::unavailable, "second_factor_locked", message,
                      "Restore it from a backup and restart; or let those operators in without it, run: gatehousectl "
                      "operator set-password NAME --remove-second-factor");
}

Result<Secret> make_key(base::FileSystem& files, const fs::path& path) {
    Secret fresh = config::random_seal_key();
    const fs::path folder = path.parent_path();
    if (auto made = files.make_folder(folder, folder_mode); !made) return base::fail(made.error());
    if (auto synced = files.sync_folder(folder.parent_path()); !synced) return base::fail(synced.error());
    auto written = base::write_atomically(files, path, fresh.reveal(), file_mode);
    if (!written) return base::fail(written.error());
    return fresh;
}

Result<Secret> find_or_make(base::FileSystem& files, const fs::path& path, records::Database& database) {
    auto contents = files.read(path, largest_key, base::Links::refuse);
    if (contents && contents->bytes.size() >= smallest_key) return std::move(contents->bytes);
    if (contents) return locked(path.string() + " is no key: it has fewer than 16 bytes.");
    if (contents.error().kind != base::ErrorKind::not_found) return base::fail(contents.error());
    // A new key over what the former one sealed would make it useless for good.
    const auto operators = records::Operators(database).list();
    if (!operators) return base::fail(operators.error());
    if (std::any_of(operators->begin(), operators->end(), [](const auto& who) { return who.second_factor; })) {
        return locked("The key of the operators' second factors is missing: " + path.string() + ".");
    }
    return make_key(files, path);
}

}  // namespace

FactorKey factor_key(base::FileSystem& files, const fs::path& state_directory, records::Database& database) {
    auto key = find_or_make(files, state_directory / "vault" / "second-factors.key", database);
    if (key) return {std::move(*key), std::nullopt};
    return {config::random_seal_key(), std::move(key.error())};
}

}  // namespace gatehouse::admin
