// Devices: appliances that register themselves at the clean door and wait until an administrator lets them in. A device
// is a user (login = device id) that signs in with a secret of its own choice, kept as a keyed digest. Used like the
// Database it was given: by one thread at a time; blocking. Requests are checked against a snapshot: see records/users.
#pragma once

#include "base/secret.hpp"
#include "records/keyed_digest.hpp"
#include "records/users.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// A device that asks to be let in, as it came.
struct DeviceRequest {
    std::string device_id;  ///< 1 to 65 of A-Z a-z 0-9 _ -
    DeviceKind kind = DeviceKind::other;
    base::Secret secret;    ///< 32 to 256 printable ASCII characters
    std::string address{};  ///< where it came from, as people are shown it
    std::string network{};  ///< what pending ones are counted by: an IPv4 address or an IPv6 /64, as text
    std::string site{};     ///< and by this too: an IPv4 address or an IPv6 /48, as text
};

/// A device's secret as requests are checked against it.
struct LiveDevice {
    Digest digest{};  ///< KeyedDigests::of_device
    User who;         ///< de-activated ones too: ask is_let_in
};

/// What a device that waits is told.
struct DevicePoll {
    std::int64_t user_id = 0;
    DeviceState state = DeviceState::deactivated;
};

/// Whether a request keeps the rules, by itself. Errors: input/device_id_invalid, input/secret_invalid.
[[nodiscard]] base::Result<void> check_device(const DeviceRequest& request);

/// Errors of all: those of Database.
class Devices {
public:
    /// Registrations that nobody has let in yet: of one network, of one site, and in all.
    static constexpr std::int64_t most_pending_of_network = 20;
    static constexpr std::int64_t most_pending_of_site = 100;
    static constexpr std::int64_t most_pending = 10'000;
    /// How long one stays without a poll.
    static constexpr std::chrono::hours pending_for{24};

    /// `box_key`: see KeyedDigests.
    Devices(Database& database, const base::Secret& box_key);

    /// Registers a device: a user and an organization named after it, both de-activated, and an API key. Again with the
    /// same secret it is a poll. Not within a Transaction: a conflict is counted although it is an error. Errors: those
    /// of check_device; conflict/device_conflict, one and the same for another secret and for a login or organization
    /// that is no device's; unavailable/too_many_devices where most_pending_of_network, most_pending_of_site or
    /// most_pending is reached (to be told as 429), whether there is such a name or not; no conflict is counted then.
    [[nodiscard]] base::Result<DevicePoll> register_device(const DeviceRequest& request, Time now);

    /// What has become of it; notes that it asked. Errors: denied/device_unknown where id and secret do not belong
    /// together.
    [[nodiscard]] base::Result<DevicePoll> poll(std::string_view device_id, std::string_view secret, Time now);
    /// Notes that devices asked (the id of a sighting is the user's), in one transaction, where they were recognised
    /// by a snapshot. Devices that are gone are passed over; an earlier time changes nothing.
    [[nodiscard]] base::Result<void> touch(std::span<const Sighting> sightings);
    /// All.
    [[nodiscard]] base::Result<std::vector<LiveDevice>> live();

    /// Discards a registration, with the user, and the organization that was made for it where it is empty then; the
    /// device may register anew. Errors: not_found/no_user, not_found/no_registration (the user is no device).
    [[nodiscard]] base::Result<void> reset(std::string_view login);
    /// Discards those that are pending and have not polled for `pending_for`, as `reset` does. Their ids.
    [[nodiscard]] base::Result<std::vector<std::string>> expire(Time now);

private:
    [[nodiscard]] base::Result<DevicePoll> register_or_poll(const DeviceRequest& request, Time now);
    [[nodiscard]] base::Result<DevicePoll> refuse(const User& present, const DeviceRequest& request, Time now);
    [[nodiscard]] base::Result<DevicePoll> enter(const DeviceRequest& request, Time now);
    [[nodiscard]] base::Result<void> discard(std::int64_t user_id);

    Database* database_;
    KeyedDigests digests_;
    base::Secret box_key_;
};

}  // namespace gatehouse::records
