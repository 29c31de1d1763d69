#include "server/clean/members.hpp"

#include "server/http/cookies.hpp"
#include "server/http/origin.hpp"

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gatehouse::clean {

namespace {

using base::Result;
using records::Database;

http::Response not_signed_in() {
    return http::problem(401, "not_signed_in", "Sign in.");
}

MemberPtr member_of(const records::User& user, std::string_view means, std::string id) {
    Member member;
    member.name = user.login;
    member.means = means;
    member.id = std::move(id);
    member.rights = rights_of(user.role);
    member.user = user;
    return std::make_shared<const Member>(std::move(member));
}

}  // namespace

http::Access rights_of(records::UserRole role) {
    return role == records::UserRole::user ? http::Access::read : http::Access::operate;
}

http::Refusal not_let_in(const records::User& user) {
    constexpr unsigned forbidden = 403;
    if (user.device) {
        return {forbidden, "device_deactivated",
                "device_deactivated: An administrator has to activate this device on the Users page first."};
    }
    if (!user.organization_active)
        return {forbidden, "account_deactivated", "The organization of this account is de-activated."};
    return {forbidden, "account_deactivated", "This account is de-activated."};
}

// What changes of a key, secret or session; the same one in all snapshots that hold it, until it ended.
struct Members::Trace {
    explicit Trace(std::int64_t last_seen) : seen(last_seen), written(last_seen) {}

    std::atomic<std::int64_t> seen;  // by whichever worker saw it, in microseconds; 0: never
    std::atomic<bool> ended = false;
    std::int64_t written;  // what the database holds of it; the archive's thread only

    void see(records::Time now) { seen.store(records::micros_of(now), std::memory_order_relaxed); }
    [[nodiscard]] std::int64_t last_seen() const { return seen.load(std::memory_order_relaxed); }
};

struct Members::Live {
    MemberPtr member;
    std::shared_ptr<Trace> trace;
};

struct Members::LiveSession {
    records::UserSession session;
    MemberPtr member;
    std::shared_ptr<Trace> trace;

    [[nodiscard]] bool is_live(records::Time now) const {
        const auto last = records::time_of(trace->seen.load(std::memory_order_relaxed));
        return !trace->ended && now < session.ends && now - last < session.idle;
    }
};

struct Members::Keys {
    std::unordered_map<records::Digest, Live, records::DigestHash> keys;
    std::unordered_map<records::Digest, Live, records::DigestHash> devices;
};

struct Members::Sessions {
    std::unordered_map<records::Digest, LiveSession, records::DigestHash> sessions;
};

Members::Members(base::Log& log, const base::Secret& box_key)
    : log_(log),
      box_key_(box_key.clone()),
      digests_(box_key),
      keys_(std::make_shared<const Keys>()),
      sessions_(std::make_shared<const Sessions>()) {}
Members::~Members() = default;

// ---------------------------------------------------------------- the archive's thread

namespace {

// The former one goes on counting unless it ended, which only the thing itself undoes: a key of a user that is let in
// again.
template <class Trace, class Map>
std::shared_ptr<Trace> trace_of(const Map& former, const records::Digest& digest, std::int64_t last_seen) {
    const auto known = former.find(digest);
    if (known != former.end() && !known->second.trace->ended) return known->second.trace;
    return std::make_shared<Trace>(last_seen);
}

std::int64_t micros_or_never(const std::optional<records::Time>& time) {
    return time ? records::micros_of(*time) : 0;
}

}  // namespace

Result<void> Members::load_keys(Database& database) {
    auto keys = records::ApiKeys(database, box_key_).live();
    if (!keys) return base::fail(keys.error());
    auto devices = records::Devices(database, box_key_).live();
    if (!devices) return base::fail(devices.error());
    const auto former = keys_.load();
    auto next = std::make_shared<Keys>();
    for (const auto& [digest, who] : *keys) {
        auto trace = trace_of<Trace>(former->keys, digest, micros_or_never(who.last_seen));
        next->keys.emplace(digest, Live{member_of(who, http::by_token, {}), std::move(trace)});
    }
    for (const auto& [digest, who] : *devices) {
        const auto polled = who.registration ? who.registration->last_poll : std::nullopt;
        auto trace = trace_of<Trace>(former->devices, digest, micros_or_never(polled));
        next->devices.emplace(digest, Live{member_of(who, http::by_token, {}), std::move(trace)});
    }
    keys_.store(std::move(next));
    return {};
}

Result<void> Members::load_sessions(Database& database) {
    auto sessions = records::UserSessions(database).live(records::now());
    if (!sessions) return base::fail(sessions.error());
    const auto former = sessions_.load();
    auto next = std::make_shared<Sessions>();
    for (auto& session : *sessions) {
        const records::Digest digest = session.digest;
        auto trace = trace_of<Trace>(former->sessions, digest, records::micros_of(session.last_seen));
        auto member = member_of(session.who, http::by_session, std::to_string(session.id));
        next->sessions.emplace(digest, LiveSession{std::move(session), std::move(member), std::move(trace)});
    }
    sessions_.store(std::move(next));
    return {};
}

Result<void> Members::load(Database& database) {
    if (auto loaded = load_keys(database); !loaded) return loaded;
    return load_sessions(database);
}

void Members::complain(const Result<void>& loaded) {
    outdated_ = !loaded;
    if (loaded) return;
    log_.error("members.not_loaded",
               "Users that were changed just now, and who signed in, are known only when this succeeds; it is tried "
               "again. " +
                   loaded.error().text(),
               {{"code", loaded.error().code}});
}

void Members::refresh(Database& database) {
    // Before loading, or a session that was seen lately could count as idle; what ended is forgotten already.
    if (const auto written = write_sightings(database); !written)
        log_.warning("members.not_written", written.error().text(), {{"code", written.error().code}});
    complain(load(database));
}

void Members::refresh_sessions(Database& database) {
    if (outdated_) return refresh(database);
    if (const auto written = write_sightings(database); !written)
        log_.warning("members.not_written", written.error().text(), {{"code", written.error().code}});
    complain(load_sessions(database));
}

Result<void> Members::keep_up(Database& database) {
    if (outdated_) refresh(database);
    return write_sightings(database);
}

Result<void> Members::write_sightings(Database& database) {
    std::vector<std::pair<Trace*, std::int64_t>> fresh;  // counted as written once they are; the snapshots hold them
    const auto collect = [&fresh](const auto& map, const auto& id_of) {
        std::vector<records::Sighting> sightings;
        for (const auto& [digest, live] : map) {
            const auto last = live.trace->last_seen();
            if (last <= live.trace->written) continue;
            sightings.push_back({id_of(live), records::time_of(last)});
            fresh.emplace_back(live.trace.get(), last);
        }
        return sightings;
    };
    const auto user_of = [](const Live& live) { return live.member->user.id; };
    const auto keys = keys_.load();
    const auto sessions = sessions_.load();
    const auto of_users = collect(keys->keys, user_of);
    const auto of_devices = collect(keys->devices, user_of);
    const auto of_sessions = collect(sessions->sessions, [](const LiveSession& live) { return live.session.id; });
    if (fresh.empty()) return {};

    auto transaction = records::Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    records::Users users(database);
    if (auto written = users.touch(of_users); !written) return written;
    if (auto written = records::Devices(database, box_key_).touch(of_devices); !written) return written;
    if (auto written = users.touch(of_devices); !written) return written;
    if (auto written = records::UserSessions(database).touch(of_sessions); !written) return written;
    if (auto kept = transaction->commit(); !kept) return kept;
    for (const auto& [trace, last] : fresh)
        trace->written = last;
    return {};
}

void Members::forget_session(std::int64_t id) noexcept {
    const auto snapshot = sessions_.load();
    for (const auto& [digest, live] : snapshot->sessions) {
        if (live.session.id == id) live.trace->ended = true;
    }
}

void Members::forget_sessions_of(std::int64_t user_id) noexcept {
    const auto snapshot = sessions_.load();
    for (const auto& [digest, live] : snapshot->sessions) {
        if (live.session.who.id == user_id) live.trace->ended = true;
    }
}

void Members::forget_key_of(std::int64_t user_id) noexcept {
    const auto snapshot = keys_.load();
    for (const auto& [digest, live] : snapshot->keys) {
        if (live.member->user.id == user_id) live.trace->ended = true;
    }
}

void Members::forget_user(std::int64_t user_id) noexcept {
    forget_sessions_of(user_id);
    const auto snapshot = keys_.load();
    for (const auto* map : {&snapshot->keys, &snapshot->devices}) {
        for (const auto& [digest, live] : *map) {
            if (live.member->user.id == user_id) live.trace->ended = true;
        }
    }
}

void Members::forget_organization(std::int64_t organization_id) noexcept {
    const auto forget = [organization_id](const auto& map) {
        for (const auto& [digest, live] : map) {
            if (live.member->user.organization_id == organization_id) live.trace->ended = true;
        }
    };
    const auto keys = keys_.load();
    forget(keys->keys);
    forget(keys->devices);
    const auto sessions = sessions_.load();
    forget(sessions->sessions);
}

// ---------------------------------------------------------------- any thread

void Members::bring_up_to_date(std::span<records::User> users) const {
    std::unordered_map<std::int64_t, records::User*> by_id;
    for (records::User& user : users)
        by_id.emplace(user.id, &user);
    const auto later = [](std::optional<records::Time>& known, std::int64_t last) {
        if (last > micros_or_never(known)) known = records::time_of(last);
    };
    const auto look = [&](const auto& map, bool polls) {
        for (const auto& [digest, live] : map) {
            const auto found = by_id.find(live.member->user.id);
            if (found == by_id.end()) continue;
            records::User& user = *found->second;
            later(user.last_seen, live.trace->last_seen());
            if (polls && user.registration) later(user.registration->last_poll, live.trace->last_seen());
        }
    };
    const auto keys = keys_.load();
    look(keys->keys, false);
    look(keys->devices, true);
    const auto sessions = sessions_.load();
    look(sessions->sessions, false);
}

MemberPtr Members::find(const Presented& presented) const {
    const auto snapshot = keys_.load();
    const auto look = [](const auto& map, const records::Digest& digest) -> MemberPtr {
        const auto found = map.find(digest);
        if (found == map.end() || found->second.trace->ended) return nullptr;
        found->second.trace->see(records::now());
        return found->second.member;
    };
    MemberPtr by_key;
    if (presented.key) {
        by_key = look(snapshot->keys, digests_.of_api_key(presented.key->reveal()));
        if (!by_key || !presented.device) return by_key;
    }
    if (!presented.device) return nullptr;
    auto by_secret =
        look(snapshot->devices, digests_.of_device(presented.device->id, presented.device->secret.reveal()));
    const bool same = by_secret && (!by_key || by_key->user.id == by_secret->user.id);
    return same ? by_secret : nullptr;
}

MemberPtr Members::find_session(std::string_view cookie) const {
    const auto snapshot = sessions_.load();
    const auto now = records::now();
    const auto found = snapshot->sessions.find(records::digest_of(cookie));
    if (found == snapshot->sessions.end() || !found->second.is_live(now)) return nullptr;
    found->second.trace->see(now);
    return found->second.member;
}

bool Members::knows(const http::Caller& caller) const {
    const auto snapshot = sessions_.load();
    const auto now = records::now();
    return std::any_of(snapshot->sessions.begin(), snapshot->sessions.end(), [&](const auto& entry) {
        const LiveSession& live = entry.second;
        return live.member->id == caller.id && live.is_live(now) && records::is_let_in(live.member->user) &&
               live.member->user.role == static_cast<const Member&>(caller).user.role;
    });
}

std::optional<records::UserSession> Members::session(std::string_view id) const {
    const auto snapshot = sessions_.load();
    const auto now = records::now();
    for (const auto& [digest, live] : snapshot->sessions) {
        if (live.member->id != id || !live.is_live(now)) continue;
        auto session = live.session;
        session.last_seen = records::time_of(live.trace->seen.load(std::memory_order_relaxed));
        return session;
    }
    return std::nullopt;
}

std::optional<http::Response> Members::admit(http::Request& request, http::Access access) const {
    const auto cookie = http::find_cookie(request, cookie_name);
    if (!cookie) return http::problem(cookie.error());
    if (!*cookie) return not_signed_in();
    auto member = find_session(**cookie);
    if (!member) return not_signed_in();
    if (const auto judged = http::judge_origin(request); !judged) return http::problem(judged.error());
    if (!records::is_let_in(member->user)) return http::problem(not_let_in(member->user));
    request.caller = member;
    if (member->rights < access) {
        return http::problem(403, "role_too_low",
                             "This takes the role org-admin or admin; " + member->name + " has the role user.");
    }
    return std::nullopt;
}

http::Gate Members::gate() const {
    return [this](http::Request& request, http::Access access) { return admit(request, access); };
}

}  // namespace gatehouse::clean
