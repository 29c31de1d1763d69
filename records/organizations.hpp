// Organizations: what the users of the clean door belong to. A user sees the samples of its organization; while an
// organization is not active all its users are refused. Names are compared without regard to the case of a to z. Used
// like the Database it was given: by one thread at a time; blocking.
#pragma once

#include "records/database.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

struct Organization {
    std::int64_t id = 0;  ///< never used again
    std::string name;
    bool active = true;
    bool device = false;     ///< made when a device registered
    std::int64_t users = 0;  ///< how many belong to it
    Time created;
};

struct OrganizationPage {
    std::vector<Organization> organizations;  ///< by name
    std::optional<std::string> next;          ///< cursor of the following page; nullopt: this is the last
};

/// Whether a name keeps the rules, by itself: 1 to 128 bytes of UTF-8 without control characters, no blank at either
/// end. Errors: input/name_invalid.
[[nodiscard]] base::Result<void> check_organization_name(std::string_view name);

/// Errors of all: those of Database; not_found/no_organization where one is named that is not there.
class Organizations {
public:
    static constexpr std::size_t most_of_page = 1000;

    explicit Organizations(Database& database) : database_(&database) {}

    /// Stores an active one. Errors: those of check_organization_name, conflict/organization_exists.
    [[nodiscard]] base::Result<Organization> make(std::string_view name, Time now);

    /// At most `limit` (1 to 1000, others are moved there) of those whose name holds `search` ("": all), by name.
    /// `cursor`: "" for the first page, then what the page before said. Errors: input/cursor_invalid,
    /// input/search_invalid (longer than 256 bytes).
    [[nodiscard]] base::Result<OrganizationPage> list(std::string_view search, std::string_view cursor,
                                                      std::size_t limit);
    [[nodiscard]] base::Result<std::optional<Organization>> find(std::int64_t id);
    [[nodiscard]] base::Result<std::optional<Organization>> find_named(std::string_view name);

    /// Errors: those of `make`.
    [[nodiscard]] base::Result<void> rename(std::int64_t id, std::string_view name);
    /// Sessions stay, and are refused meanwhile: reload what requests are checked with. Errors: conflict/last_admin
    /// where no active administrator would be left.
    [[nodiscard]] base::Result<void> set_active(std::int64_t id, bool active);
    /// Errors: conflict/organization_not_empty while users belong to it (the message says how many), or something else
    /// refers to it.
    [[nodiscard]] base::Result<void> remove(std::int64_t id);

private:
    [[nodiscard]] base::Result<Organization> found(std::int64_t id);

    Database* database_;
};

}  // namespace gatehouse::records
