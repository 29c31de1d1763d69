// What the first operator and the first user have in common: a name that is free, and a random password in a file of
// STATE until it is changed. Only those two rooms use it. Stateless; blocking: the thread that they are called on.
#pragma once

#include "base/files.hpp"
#include "base/secret.hpp"
#include "records/database.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::records {

/// `wanted`, or the first of "WANTED2", "WANTED3", ... that nobody has. `find` looks a name up and returns a Result of
/// an optional; its errors are those of this.
template <class Find>
[[nodiscard]] base::Result<std::string> free_name(std::string_view wanted, Find find) {
    std::string name(wanted);
    for (unsigned number = 2;; ++number) {
        const auto present = find(name);
        if (!present) return base::fail(present.error());
        if (!*present) return name;
        name = std::string(wanted) + std::to_string(number);
    }
}

/// Commits who was made with this password. The file (0600, the password and a line end) is durable before, so that a
/// crash in between locks nobody out; it goes where the commit fails.
[[nodiscard]] base::Result<void> commit_initial_password(Transaction& transaction, base::FileSystem& files,
                                                         const std::filesystem::path& file,
                                                         const base::Secret& password);

/// Shreds the file where nobody has that password any more. `held`: a query that tells whether somebody has. Nothing to
/// do is no error.
[[nodiscard]] base::Result<void> settle_initial_password(Database& database, base::FileSystem& files,
                                                         const std::filesystem::path& file, std::string_view held);

}  // namespace gatehouse::records
