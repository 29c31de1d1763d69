#include "records/devices.hpp"

#include "config/json_text.hpp"
#include "records/api_keys.hpp"
#include "records/organizations.hpp"
#include "records/text.hpp"
#include "records/user_rows.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;
using config::in_quotes;

constexpr std::size_t longest_device_id = 65;
constexpr std::size_t shortest_device_secret = 32;
constexpr std::size_t longest_device_secret = 256;
constexpr std::size_t longest_device_address = 64;

bool is_device_id(std::string_view id) {
    const auto is_allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !id.empty() && id.size() <= longest_device_id && std::all_of(id.begin(), id.end(), is_allowed);
}

bool is_device_secret(std::string_view secret) {
    return secret.size() >= shortest_device_secret && secret.size() <= longest_device_secret &&
           std::all_of(secret.begin(), secret.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// Whoever asks learns no more than that the id can't be had.
tl::unexpected<base::Error> device_conflict(std::string_view device_id) {
    return base::fail(ErrorKind::conflict, "device_conflict",
                      "The device id " + in_quotes(device_id) + " can't be registered with this secret.",
                      "Choose another id, or have an administrator reset the registration.");
}

DevicePoll poll_of(const User& user) {
    return {user.id, is_let_in(user) ? DeviceState::active : DeviceState::deactivated};
}

Result<void> note_poll(Database& database, std::int64_t user_id, Time now) {
    const auto done = database.change(
        "UPDATE devices SET last_poll = $2 WHERE user_id = $1 AND coalesce(last_poll, 0) < $2", {user_id, now});
    if (!done) return base::fail(done.error());
    return {};
}

Result<void> check_room(Database& database, std::string_view network, std::string_view site) {
    const auto rows = database.query(
        "SELECT (SELECT count(*) FROM devices WHERE let_in IS NULL AND network = $1), "
        "(SELECT count(*) FROM devices WHERE let_in IS NULL AND site = $2), "
        "(SELECT count(*) FROM devices WHERE let_in IS NULL)",
        {network, site});
    if (!rows) return base::fail(rows.error());
    const Row& pending = rows->front();
    if (pending.integer(0) < Devices::most_pending_of_network && pending.integer(1) < Devices::most_pending_of_site &&
        pending.integer(2) < Devices::most_pending) {
        return {};
    }
    return base::fail(ErrorKind::unavailable, "too_many_devices", "Too many registered devices wait to be let in.",
                      "Have an administrator let them in or reset them; those that no longer ask go within 24 hours.");
}

// The organization that a new device belongs to; nullopt: one of that name is no device's.
Result<std::optional<std::int64_t>> organization_for(Database& database, std::string_view device_id, Time now) {
    const auto present = Organizations(database).find_named(device_id);
    if (!present) return base::fail(present.error());
    if (*present) return (*present)->device ? std::optional((*present)->id) : std::nullopt;
    const auto made = database.query(
        "INSERT INTO organizations (name, active, device, submission_limits, created) VALUES ($1, 0, 1, '[]', $2) "
        "RETURNING id",
        {device_id, now});
    if (!made) return base::fail(made.error());
    return std::optional(made->front().integer(0));
}

}  // namespace

Result<void> check_device(const DeviceRequest& request) {
    if (!is_device_id(request.device_id)) {
        return base::fail(ErrorKind::input, "device_id_invalid",
                          "The device id must be 1 to 65 letters a to z, digits, underscores and hyphens.");
    }
    if (is_reserved_login(request.device_id)) {
        return base::fail(
            ErrorKind::input, "device_id_invalid",
            in_quotes(request.device_id) + " can't be a device id: paths and the audit mean another by it.",
            "Choose another one.");
    }
    if (!is_device_secret(request.secret.reveal())) {
        return base::fail(ErrorKind::input, "secret_invalid",
                          "The secret must be 32 to 256 printable ASCII characters.",
                          "Let the device choose it at random.");
    }
    return {};
}

Devices::Devices(Database& database, const base::Secret& box_key)
    : database_(&database), digests_(box_key), box_key_(box_key.clone()) {}

Result<DevicePoll> Devices::register_device(const DeviceRequest& request, Time now) {
    if (auto fine = check_device(request); !fine) return base::fail(fine.error());
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    auto poll = register_or_poll(request, now);
    if (!poll && poll.error().code != "device_conflict") return poll;
    // A conflict changes nothing but its count.
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return poll;
}

Result<DevicePoll> Devices::register_or_poll(const DeviceRequest& request, Time now) {
    auto poll = this->poll(request.device_id, request.secret.reveal(), now);
    if (poll || poll.error().code != "device_unknown") return poll;
    // Before any name is looked for: whoever has no room can't learn which names there are.
    const auto room = check_room(*database_, printable(request.network, longest_device_address),
                                 printable(request.site, longest_device_address));
    if (!room) return base::fail(room.error());
    const auto present = Users(*database_).find(request.device_id);
    if (!present) return base::fail(present.error());
    return *present ? refuse(**present, request, now) : enter(request, now);
}

Result<DevicePoll> Devices::refuse(const User& present, const DeviceRequest& request, Time now) {
    if (!present.registration) return device_conflict(request.device_id);
    const auto counted = database_->change(
        "UPDATE devices SET conflicts = conflicts + 1, last_conflict = $2 WHERE user_id = $1", {present.id, now});
    if (!counted) return base::fail(counted.error());
    return device_conflict(request.device_id);
}

Result<DevicePoll> Devices::enter(const DeviceRequest& request, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto organization = organization_for(*database_, request.device_id, now);
    if (!organization) return base::fail(organization.error());
    if (!*organization) return device_conflict(request.device_id);
    const std::string network = printable(request.network, longest_device_address);
    const std::string site = printable(request.site, longest_device_address);
    const auto made = database_->query(
        "INSERT INTO users (organization_id, login, name, email, title, role, active, device, initial_password, "
        "submission_limits, created) VALUES ($1, $2, '', '', '', 'user', 0, 1, 0, '[]', $3) RETURNING id",
        {**organization, request.device_id, now});
    if (!made) return base::fail(made.error());
    const std::int64_t user_id = made->front().integer(0);
    const Digest digest = digests_.of_device(request.device_id, request.secret.reveal());
    const auto noted = database_->change(
        "INSERT INTO devices (user_id, kind, digest, address, network, site, first_seen, conflicts) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
        {user_id, name(request.kind), bytes_of(digest), printable(request.address, longest_device_address), network,
         site, now});
    if (!noted) return base::fail(noted.error());
    const auto key = ApiKeys(*database_, box_key_).regenerate(user_id, now);
    if (!key) return base::fail(key.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return DevicePoll{user_id, DeviceState::deactivated};
}

Result<DevicePoll> Devices::poll(std::string_view device_id, std::string_view secret, Time now) {
    const Digest digest = digests_.of_device(device_id, secret);
    const auto rows = database_->query(users_where("WHERE devices.digest = $1"), {bytes_of(digest)});
    if (!rows) return base::fail(rows.error());
    if (rows->empty()) {
        return base::fail(ErrorKind::denied, "device_unknown", "This device id and secret do not belong together.",
                          "Register the device first.");
    }
    const DevicePoll poll = poll_of(user_of(rows->front()));
    if (auto noted = note_poll(*database_, poll.user_id, now); !noted) return base::fail(noted.error());
    return poll;
}

Result<void> Devices::touch(std::span<const Sighting> sightings) {
    if (sightings.empty()) return {};
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    for (const Sighting& sighting : sightings) {
        if (auto noted = note_poll(*database_, sighting.id, sighting.at); !noted) return noted;
    }
    return transaction->commit();
}

Result<std::vector<LiveDevice>> Devices::live() {
    const auto rows =
        database_->query(users_where("WHERE devices.digest IS NOT NULL ORDER BY users.id", ", devices.digest"));
    if (!rows) return base::fail(rows.error());
    std::vector<LiveDevice> all;
    for (const Row& row : *rows)
        all.push_back({digest_from(row.bytes(user_columns)), user_of(row)});
    return all;
}

Result<void> Devices::reset(std::string_view login) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto who = Users(*database_).find(login);
    if (!who) return base::fail(who.error());
    if (!*who) return base::fail(ErrorKind::not_found, "no_user", "There is no user " + in_quotes(login) + ".");
    if (!(*who)->registration) {
        return base::fail(ErrorKind::not_found, "no_registration",
                          in_quotes(login) + " is no device, so there is no registration to reset.");
    }
    if (auto gone = discard((*who)->id); !gone) return gone;
    return transaction->commit();
}

Result<void> Devices::discard(std::int64_t user_id) {
    const auto gone = database_->query("DELETE FROM users WHERE id = $1 RETURNING organization_id", {user_id});
    if (!gone) return base::fail(gone.error());
    if (gone->empty()) return {};
    const auto left =
        database_->change("DELETE FROM organizations WHERE id = $1 AND device = 1", {gone->front().integer(0)});
    // One that others belong or refer to stays, for the device that may come again.
    if (!left && left.error().code != "record_referenced") return base::fail(left.error());
    return {};
}

Result<std::vector<std::string>> Devices::expire(Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto rows = database_->query(
        "SELECT users.id, users.login FROM devices JOIN users ON users.id = devices.user_id "
        "WHERE devices.let_in IS NULL AND coalesce(devices.last_poll, devices.first_seen) <= $1 ORDER BY users.id",
        {now - pending_for});
    if (!rows) return base::fail(rows.error());
    std::vector<std::string> ids;
    for (const Row& row : *rows) {
        if (auto gone = discard(row.integer(0)); !gone) return base::fail(gone.error());
        ids.push_back(row.text(1));
    }
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return ids;
}

}  // namespace gatehouse::records
