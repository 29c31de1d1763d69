// What the clean door's rooms work with: references to what the reception and the appliance own, which outlive every
// route.
#pragma once

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "records/sessions.hpp"
#include "server/clean/members.hpp"
#include "server/clean/places.hpp"
#include "server/http/event_hub.hpp"
#include "server/net/archive.hpp"
#include "server/net/guarded_throttle.hpp"
#include "server/net/refusals.hpp"

#include <cstdint>
#include <filesystem>

namespace gatehouse::clean {

struct Services {
    base::Log& log;
    base::FileSystem& files;
    std::filesystem::path state_directory{};
    http::EventHub& events;
    /// Null: the database, or its key, could not be opened; then no route is asked that works with either.
    net::Archive* archive = nullptr;
    Members* members = nullptr;
    base::Secret box_key{};          ///< of keys and devices' secrets: see records::UsersKey
    net::Pool& hashing;              ///< of passwords: few at once, because each takes 19 MiB
    net::Refusals& refusals;         ///< of sign-ins
    net::Refusals& device_refusals;  ///< of registrations
    net::GuardedThrottle& sign_in_throttle;
    Places& registrations;  ///< of devices, by networks: each is work for the disk, which anybody may ask for
    net::GuardedThrottle& recheck_throttle;  ///< of who is signed in and is asked for the password again
    records::SessionLimits session_limits;
};

/// What the JSON bodies of this door's routes may have.
inline constexpr std::uint64_t most_json_bytes = 64UL * 1024;

/// The handler of a route: `handler(services, request)`, which gives a Response or a Later.
template <class Handler>
[[nodiscard]] auto with(const Services& services, Handler handler) {
    return [&services, handler](const http::Request& request) { return handler(services, request); };
}

}  // namespace gatehouse::clean
