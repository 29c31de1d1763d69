// What the clean door's rooms work with: references to what the reception and the appliance own, which outlive every
// route. Owned by Reception, and filled in on the control thread before a route serves; handlers read it on their
// workers' threads.
#pragma once

#include "base/files.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "records/sessions.hpp"
#include "server/archive/archive.hpp"
#include "server/archive/guarded_throttle.hpp"
#include "server/archive/refusals.hpp"
#include "server/clean/members.hpp"
#include "server/clean/places.hpp"
#include "server/http/event_hub.hpp"
#include "server/net/pace.hpp"

#include <cstdint>
#include <filesystem>

namespace gatehouse::clean {

struct Services {
    base::Log& log;
    base::FileSystem& files;
    std::filesystem::path state_directory{};
    http::EventHub& events;
    /// Null: the database, or its key, could not be opened; then no route is asked that works with either.
    archive::Archive* archive = nullptr;
    Members* members = nullptr;
    base::Secret box_key{};              ///< of keys and devices' secrets: see records::UsersKey
    net::Pool& hashing;                  ///< of passwords at sign-in: few at once, because each takes 19 MiB
    net::Pool& setting;                  ///< of passwords that are set: apart, so that it holds up no sign-in
    net::Pace& sign_in_pace;             ///< of who signs in rightly, again and again: each is a record
    net::Pace& change_pace;              ///< of users who change something
    net::Pace& download_pace;            ///< of users who fetch samples
    archive::Refusals& refusals;         ///< of sign-ins
    archive::Refusals& device_refusals;  ///< of registrations
    archive::Refusals& change_refusals;  ///< of what users change
    archive::GuardedThrottle& sign_in_throttle;
    archive::GuardedThrottle& device_throttle;  ///< of networks whose registrations meet names that are taken
    Places& registrations;  ///< of devices, by networks: each is work for the disk, which anybody may ask for
    archive::GuardedThrottle& recheck_throttle;  ///< of who is signed in and is asked for the password again
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
