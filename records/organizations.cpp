#include "records/organizations.hpp"

#include "base/hex.hpp"
#include "config/json_text.hpp"
#include "records/text.hpp"
#include "records/user_rows.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
using config::in_quotes;

constexpr std::size_t longest_organization_name = 128;
constexpr std::size_t longest_organization_search = 256;

std::string organizations_where(std::string_view rest) {
    return "SELECT id, name, active, device, created, "
           "(SELECT count(*) FROM users WHERE users.organization_id = organizations.id) FROM organizations " +
           std::string(rest);
}

Organization organization_of(const Row& row) {
    Organization one;
    one.id = row.integer(0);
    one.name = row.text(1);
    one.active = row.truth(2);
    one.device = row.truth(3);
    one.created = row.time(4);
    one.users = row.integer(5);
    return one;
}

tl::unexpected<base::Error> organization_taken(std::string_view name) {
    return base::fail(ErrorKind::conflict, "organization_exists",
                      "There is an organization " + in_quotes(name) + " already; case does not count.",
                      "Choose another name.");
}

tl::unexpected<base::Error> organization_missing() {
    return base::fail(ErrorKind::not_found, "no_organization", "There is no such organization.");
}

// Names are unique, so that the last of a page tells where the next begins.
Result<std::string> name_before(std::string_view cursor) {
    if (cursor.empty()) return std::string();
    auto name = base::from_hex(std::string(cursor));
    if (name && !name->empty() && is_printable(*name)) return std::move(*name);
    return base::fail(ErrorKind::input, "cursor_invalid", "The cursor is not one that an earlier page gave.",
                      "Begin with the first page.");
}

}  // namespace

Result<void> check_organization_name(std::string_view name) {
    if (!name.empty() && name.size() <= longest_organization_name && is_printable(name) && name.front() != ' ' &&
        name.back() != ' ') {
        return {};
    }
    return base::fail(
        ErrorKind::input, "name_invalid",
        "An organization's name must be 1 to 128 bytes of UTF-8 without control characters, and no blank at its ends.");
}

Result<Organization> Organizations::make(std::string_view name, Time now) {
    if (auto fine = check_organization_name(name); !fine) return base::fail(fine.error());
    const auto added = database_->query(
        "INSERT INTO organizations (name, active, device, submission_limits, created) VALUES ($1, 1, 0, '[]', $2) "
        "RETURNING id",
        {name, now});
    if (added) return found(added->front().integer(0));
    return added.error().code == "record_exists" ? organization_taken(name) : base::fail(added.error());
}

Result<OrganizationPage> Organizations::list(std::string_view search, std::string_view cursor, std::size_t limit) {
    const auto before = name_before(cursor);
    if (!before) return base::fail(before.error());
    if (search.size() > longest_organization_search) {
        return base::fail(ErrorKind::input, "search_invalid", "The text to search for is longer than 256 bytes.");
    }
    const std::size_t size = std::clamp<std::size_t>(limit, 1, most_of_page);
    const std::string pattern = pattern_of(search);
    const auto rows = database_->query(
        organizations_where("WHERE lower(name) > $1 AND lower(name) LIKE $2 ESCAPE '\\' ORDER BY lower(name) LIMIT $3"),
        {*before, pattern, static_cast<std::int64_t>(size + 1)});  // one more tells whether there is a next page
    if (!rows) return base::fail(rows.error());
    OrganizationPage page;
    for (std::size_t i = 0; i < std::min(rows->size(), size); ++i)
        page.organizations.push_back(organization_of((*rows)[i]));
    if (rows->size() > size) page.next = base::to_hex(lower_case(page.organizations.back().name));
    return page;
}

Result<std::optional<Organization>> Organizations::find(std::int64_t id) {
    const auto rows = database_->query(organizations_where("WHERE id = $1"), {id});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    return organization_of(rows->front());
}

Result<std::optional<Organization>> Organizations::find_named(std::string_view name) {
    if (!is_printable(name)) return std::nullopt;
    const auto rows = database_->query(organizations_where("WHERE lower(name) = lower($1)"), {name});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) return std::nullopt;
    return organization_of(rows->front());
}

Result<Organization> Organizations::found(std::int64_t id) {
    auto one = find(id);
    if (!one) return base::fail(one.error());
    if (!*one) return organization_missing();
    return std::move(**one);
}

Result<void> Organizations::rename(std::int64_t id, std::string_view name) {
    if (auto fine = check_organization_name(name); !fine) return fine;
    const auto done = database_->change("UPDATE organizations SET name = $2 WHERE id = $1", {id, name});
    if (!done) return done.error().code == "record_exists" ? organization_taken(name) : base::fail(done.error());
    if (*done == 0) return organization_missing();
    return {};
}

Result<void> Organizations::set_active(std::int64_t id, bool active) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto one = found(id);
    if (!one) return base::fail(one.error());
    if (one->active && !active) {
        constexpr std::int64_t nobody = 0;
        const auto others = has_active_admin_without(*database_, nobody, id);
        if (!others) return base::fail(others.error());
        const auto with_it = has_active_admin_without(*database_, nobody, nobody);
        if (!with_it) return base::fail(with_it.error());
        if (*with_it && !*others)
            return last_admin("The organization " + in_quotes(one->name) + " holds the last active administrators.");
    }
    const auto done = database_->change("UPDATE organizations SET active = $2 WHERE id = $1", {id, active});
    if (!done) return base::fail(done.error());
    return transaction->commit();
}

Result<void> Organizations::remove(std::int64_t id) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto one = found(id);
    if (!one) return base::fail(one.error());
    if (one->users > 0) {
        return base::fail(ErrorKind::conflict, "organization_not_empty",
                          "The organization " + in_quotes(one->name) + " has " + std::to_string(one->users) +
                              (one->users == 1 ? " user." : " users."),
                          "Delete them first, or de-activate the organization.");
    }
    const auto done = database_->change("DELETE FROM organizations WHERE id = $1", {id});
    if (!done && done.error().code == "record_referenced") {
        return base::fail(ErrorKind::conflict, "organization_not_empty",
                          "The organization " + in_quotes(one->name) + " has no users but is still referred to.",
                          "De-activate it instead.");
    }
    if (!done) return base::fail(done.error());
    return transaction->commit();
}

}  // namespace gatehouse::records
