#include "server/admin/factor_key.hpp"

#include "config/box_key.hpp"
#include "config/seal.hpp"
#include "records/operators.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::admin {

namespace {

using base::Result;
using base::Secret;
namespace fs = std::filesystem;

tl::unexpected<base::Error> locked(const std::string& message) {
    return base::fail(base::ErrorKind::unavailable, "second_factor_locked", message,
                      "Restore it from a backup and restart; or let those operators in without it, run: gatehousectl "
                      "operator set-password NAME --remove-second-factor");
}

Result<Secret> find_or_make(base::FileSystem& files, const fs::path& path, records::Database& database) {
    auto present = config::read_box_key(files, path);
    if (!present && present.error().code == "key_unusable") return locked(present.error().message);
    if (!present) return base::fail(present.error());
    if (*present) return std::move(**present);
    // A new key over what the former one sealed would make it useless for good.
    const auto operators = records::Operators(database).list();
    if (!operators) return base::fail(operators.error());
    if (std::any_of(operators->begin(), operators->end(), [](const auto& who) { return who.second_factor; })) {
        return locked("The key of the operators' second factors is missing: " + path.string() + ".");
    }
    return config::make_box_key(files, path);
}

}  // namespace

FactorKey factor_key(base::FileSystem& files, const fs::path& state_directory, records::Database& database) {
    auto key = find_or_make(files, state_directory / "vault" / "second-factors.key", database);
    if (key) return {std::move(*key), std::nullopt};
    return {config::random_seal_key(), std::move(key.error())};
}

}  // namespace gatehouse::admin
