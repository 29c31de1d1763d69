// Who asks for something at the clean door, by the portal or by the public API, and how that is recorded. For handlers,
// on their workers' threads.
#pragma once

#include "server/archive/audit_trail.hpp"
#include "server/clean/members.hpp"
#include "server/clean/services.hpp"
#include "server/http/answers.hpp"

#include <optional>
#include <string>
#include <utility>

namespace gatehouse::clean {

using http::Json;

/// The request outlives it.
struct Asking {
    const http::Request& request;
    MemberPtr member;
    records::Via via = records::Via::session;
};

/// Who signed in: of a request that the gate of Members let in.
[[nodiscard]] inline Asking signed_in(const http::Request& request) {
    return {request, std::static_pointer_cast<const Member>(request.caller), records::Via::session};
}

/// What is to be recorded: `detail` is an object, to which the door's name is added.
struct Note {
    std::string action{};
    std::string object{};
    Json detail = Json::object();
};

[[nodiscard]] inline archive::Note entry_of(const Asking& asking, Note note) {
    archive::Note entry;
    entry.action = std::move(note.action);
    entry.object = std::move(note.object);
    entry.actor = asking.member->user.login;
    entry.via = asking.via;
    note.detail["interface"] = "clean";
    entry.detail = note.detail.dump(-1, ' ', false, Json::error_handler_t::replace);
    return entry;
}

/// How what the door refuses is recorded.
inline constexpr archive::RefusalKind session_refusals{"session.refused", "clean"};
inline constexpr archive::RefusalKind device_refusals{"device.refused", "clean", true};
inline constexpr archive::RefusalKind change_refusals{"change.refused", "clean"};

[[nodiscard]] inline archive::AuditTrail trail_of(const Services& services) {
    return {services.log, services.archive};
}

/// What bounds this user's records; nullopt: nothing, it administers the box.
[[nodiscard]] inline std::optional<archive::Bounds> bounds_of(const Services& services, const records::User& user) {
    if (user.role == records::UserRole::admin) return std::nullopt;
    return archive::Bounds{services.change_pace, services.change_refusals, change_refusals};
}

/// As archive::audited, bounded for all but administrators.
template <class T>
[[nodiscard]] boost::asio::awaitable<base::Result<T>> audited(const Services& services, const Asking& asking, Note note,
                                                              boost::asio::awaitable<base::Result<T>> operation) {
    return archive::audited(trail_of(services), asking.request, entry_of(asking, std::move(note)), std::move(operation),
                            bounds_of(services, asking.member->user));
}

}  // namespace gatehouse::clean
