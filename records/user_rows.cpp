#include "records/user_rows.hpp"

#include "records/devices.hpp"

#include <utility>

namespace gatehouse::records {

namespace {

std::optional<Registration> registration_of(const Row& row, DeviceState state) {
    if (row.is_null(16)) return std::nullopt;
    Registration registration;
    registration.state = state;
    registration.kind = device_kind_of(row.text(16)).value_or(DeviceKind::other);
    registration.source_address = row.text(17);
    registration.first_seen = row.time(18);
    registration.last_poll = row.optional_time(19);
    registration.pending = row.is_null(20);
    registration.conflicts = row.integer(21);
    registration.last_conflict = row.optional_time(22);
    if (registration.pending) {
        registration.expires = registration.last_poll.value_or(registration.first_seen) + Devices::pending_for;
    }
    return registration;
}

}  // namespace

std::string users_where(std::string_view rest, std::string_view more) {
    return "SELECT users.id, users.login, users.name, users.email, users.title, users.role, users.organization_id, "
           "organizations.name, organizations.active, users.active, users.device, users.password_hash IS NOT NULL, "
           "users.initial_password, users.created, users.password_changed, users.last_seen, devices.kind, "
           "devices.address, devices.first_seen, devices.last_poll, devices.let_in, devices.conflicts, "
           "devices.last_conflict" +
           std::string(more) +
           " FROM users JOIN organizations ON organizations.id = users.organization_id "
           "LEFT JOIN devices ON devices.user_id = users.id " +
           std::string(rest);
}

User user_of(const Row& row) {
    User user;
    user.id = row.integer(0);
    user.login = row.text(1);
    user.name = row.text(2);
    user.email = row.text(3);
    user.title = row.text(4);
    user.role = user_role_of(row.text(5)).value_or(UserRole::user);
    user.organization_id = row.integer(6);
    user.organization_name = row.text(7);
    user.organization_active = row.truth(8);
    user.active = row.truth(9);
    user.device = row.truth(10);
    user.has_password = row.truth(11);
    user.initial_password = row.truth(12);
    user.created = row.time(13);
    user.password_changed = row.optional_time(14);
    user.last_seen = row.optional_time(15);
    user.registration = registration_of(row, is_let_in(user) ? DeviceState::active : DeviceState::deactivated);
    return user;
}

base::Result<bool> has_active_admin_without(Database& database, std::int64_t user_id, std::int64_t organization_id) {
    const auto rows = database.query(
        "SELECT EXISTS (SELECT 1 FROM users JOIN organizations ON organizations.id = users.organization_id "
        "WHERE users.role = 'admin' AND users.active = 1 AND organizations.active = 1 AND users.id <> $1 "
        "AND organizations.id <> $2)",
        {user_id, organization_id});
    if (!rows) return base::fail(rows.error());
    return rows->front().truth(0);
}

tl::unexpected<base::Error> last_admin(std::string message) {
    return base::fail(base::ErrorKind::conflict, "last_admin", std::move(message),
                      "Make or activate another user with the role \"admin\" first.");
}

}  // namespace gatehouse::records
