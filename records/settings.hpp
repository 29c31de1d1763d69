// Settings that are changed while the appliance runs (a door's hostname, DNS servers, the TLS policy, ...): a name and
// a JSON text each. What they mean is for those who use them. Used like the Database it was given: by one thread at a
// time; blocking.
#pragma once

#include "records/database.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::records {

/// Errors of all: those of Database.
class Settings {
public:
    static constexpr std::size_t longest_value = 64UL * 1024;

    explicit Settings(Database& database) : database_(&database) {}

    /// The JSON text; nullopt: never put, or removed.
    [[nodiscard]] base::Result<std::optional<std::string>> get(std::string_view name);
    [[nodiscard]] base::Result<std::map<std::string, std::string>> all();
    /// Replaces the former value. Errors: input/setting_invalid where the name is not 1 to 128 of a-z 0-9 . _ - or the
    /// value is not JSON of at most 64 KiB.
    [[nodiscard]] base::Result<void> put(std::string_view name, std::string_view json, Time now);
    /// Removing what is not there is no error.
    [[nodiscard]] base::Result<void> remove(std::string_view name);

private:
    Database* database_;
};

}  // namespace gatehouse::records
