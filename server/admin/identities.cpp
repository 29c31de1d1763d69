#include "server/admin/identities.hpp"

#include "records/digest.hpp"
#include "server/http/cookies.hpp"
#include "server/http/origin.hpp"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

namespace gatehouse::admin {

namespace {

http::Access rights_of(records::Role role) {
    return role == records::Role::operate ? http::Access::operate : http::Access::read;
}

http::Response not_signed_in() {
    return http::problem(401, "not_signed_in", "Sign in, or send a token.");
}

// The token of "Authorization: Bearer TOKEN" (RFC 6750 section 2.1); the scheme's case does not count.
std::optional<std::string_view> bearer_of(const http::Request& request) {
    const auto field = request.find("Authorization");
    if (!field) return std::nullopt;
    const auto space = field->find(' ');
    if (space == std::string_view::npos || !http::same_name(field->substr(0, space), "Bearer")) return "";
    return field->substr(space + 1);
}

std::int64_t micros_or_never(const std::optional<records::Time>& time) {
    return time ? records::micros_of(*time) : 0;
}

}  // namespace

// What changes of a session or token; the same one in all snapshots that hold it.
struct Identities::Trace {
    explicit Trace(std::int64_t last_seen) : seen(last_seen) {}

    std::atomic<std::int64_t> seen;  // by whichever worker saw it, in microseconds; 0: never
    std::atomic<bool> ended = false;
};

struct Identities::LiveSession {
    records::Session session;
    std::shared_ptr<const http::Caller> caller;
    std::shared_ptr<Trace> trace;

    [[nodiscard]] bool is_live(records::Time now) const {
        const auto last = records::time_of(trace->seen.load(std::memory_order_relaxed));
        return !trace->ended && now < session.ends && now - last < session.idle;
    }
};

struct Identities::LiveToken {
    records::Token token;
    std::shared_ptr<const http::Caller> caller;
    std::shared_ptr<Trace> trace;

    [[nodiscard]] bool is_live(records::Time now) const { return !trace->ended && records::is_live(token, now); }
};

struct Identities::Snapshot {
    std::unordered_map<records::Digest, LiveSession, records::DigestHash> sessions;
    std::unordered_map<records::Digest, LiveToken, records::DigestHash> tokens;
};

Identities::Identities(base::Log& log) : log_(log), snapshot_(std::make_shared<const Snapshot>()) {}
Identities::~Identities() = default;

base::Result<void> Identities::load(records::Database& database) {
    const auto now = records::now();
    auto sessions = records::Sessions(database).live(now);
    if (!sessions) return base::fail(sessions.error());
    auto tokens = records::Tokens(database).live(now);
    if (!tokens) return base::fail(tokens.error());
    const auto former = snapshot_.load();
    auto next = std::make_shared<Snapshot>();
    for (auto& session : *sessions) {
        const auto known = former->sessions.find(session.digest);
        auto trace = known != former->sessions.end() ? known->second.trace
                                                     : std::make_shared<Trace>(records::micros_of(session.last_seen));
        auto caller = std::make_shared<const http::Caller>(http::Caller{
            session.operator_name, std::string(by_session), std::to_string(session.id), rights_of(session.role)});
        const records::Digest digest = session.digest;
        next->sessions.emplace(digest, LiveSession{std::move(session), std::move(caller), std::move(trace)});
    }
    for (auto& token : *tokens) {
        const auto known = former->tokens.find(token.digest);
        auto trace = known != former->tokens.end() ? known->second.trace
                                                   : std::make_shared<Trace>(micros_or_never(token.last_used));
        auto caller = std::make_shared<const http::Caller>(
            http::Caller{token.operator_name, std::string(by_token), std::to_string(token.id), rights_of(token.role)});
        const records::Digest digest = token.digest;
        next->tokens.emplace(digest, LiveToken{std::move(token), std::move(caller), std::move(trace)});
    }
    snapshot_.store(std::move(next));
    return {};
}

void Identities::refresh(records::Database& database) {
    // Before loading, or a session that was seen lately could count as idle; what ended is forgotten already.
    if (const auto written = write_sightings(database); !written) {
        log_.warning("sessions.not_written", written.error().text(), {{"code", written.error().code}});
    }
    const auto loaded = load(database);
    outdated_ = !loaded;
    if (loaded) return;
    log_.error("sessions.not_loaded",
               "Who signed in, or was given a token, just now is let in only when this succeeds; it is tried again. " +
                   loaded.error().text(),
               {{"code", loaded.error().code}});
}

base::Result<void> Identities::keep_up(records::Database& database) {
    if (outdated_) refresh(database);
    return write_sightings(database);
}

void Identities::forget_session(std::int64_t id) noexcept {
    const auto snapshot = snapshot_.load();
    for (const auto& [digest, live] : snapshot->sessions) {
        if (live.session.id == id) live.trace->ended = true;
    }
}

void Identities::forget_sessions_of(std::int64_t operator_id) noexcept {
    const auto snapshot = snapshot_.load();
    for (const auto& [digest, live] : snapshot->sessions) {
        if (live.session.operator_id == operator_id) live.trace->ended = true;
    }
}

void Identities::forget_token(std::int64_t id) noexcept {
    const auto snapshot = snapshot_.load();
    for (const auto& [digest, live] : snapshot->tokens) {
        if (live.token.id == id) live.trace->ended = true;
    }
}

void Identities::forget_operator(std::int64_t operator_id) noexcept {
    forget_sessions_of(operator_id);
    const auto snapshot = snapshot_.load();
    for (const auto& [digest, live] : snapshot->tokens) {
        if (live.token.operator_id == operator_id) live.trace->ended = true;
    }
}

base::Result<void> Identities::write_sightings(records::Database& database) {
    std::vector<records::Sighting> sightings;
    const auto snapshot = snapshot_.load();
    for (const auto& [digest, live] : snapshot->sessions) {
        const auto seen = records::time_of(live.trace->seen.load(std::memory_order_relaxed));
        if (seen > live.session.last_seen) sightings.push_back({live.session.id, seen});
    }
    if (auto written = records::Sessions(database).touch(sightings); !written) return written;
    sightings.clear();
    for (const auto& [digest, live] : snapshot->tokens) {
        const auto used = live.trace->seen.load(std::memory_order_relaxed);
        if (used > micros_or_never(live.token.last_used)) sightings.push_back({live.token.id, records::time_of(used)});
    }
    return records::Tokens(database).touch(sightings);
}

std::shared_ptr<const http::Caller> Identities::find_token(std::string_view bearer) const {
    const auto snapshot = snapshot_.load();
    const auto now = records::now();
    const auto found = snapshot->tokens.find(records::digest_of(bearer));
    if (found == snapshot->tokens.end() || !found->second.is_live(now)) return nullptr;
    found->second.trace->seen.store(records::micros_of(now), std::memory_order_relaxed);
    return found->second.caller;
}

std::shared_ptr<const http::Caller> Identities::find_session(std::string_view cookie) const {
    const auto snapshot = snapshot_.load();
    const auto now = records::now();
    const auto found = snapshot->sessions.find(records::digest_of(cookie));
    if (found == snapshot->sessions.end() || !found->second.is_live(now)) return nullptr;
    found->second.trace->seen.store(records::micros_of(now), std::memory_order_relaxed);
    return found->second.caller;
}

std::vector<records::Session> Identities::sessions() const {
    std::vector<records::Session> live;
    const auto snapshot = snapshot_.load();
    const auto now = records::now();
    for (const auto& [digest, one] : snapshot->sessions) {
        if (!one.is_live(now)) continue;
        live.push_back(one.session);
        live.back().last_seen = records::time_of(one.trace->seen.load(std::memory_order_relaxed));
    }
    std::sort(live.begin(), live.end(),
              [](const records::Session& a, const records::Session& b) { return a.last_seen > b.last_seen; });
    return live;
}

std::optional<records::Session> Identities::session(std::string_view id) const {
    for (auto& session : sessions()) {
        if (std::to_string(session.id) == id) return std::move(session);
    }
    return std::nullopt;
}

bool Identities::knows(const http::Caller& caller) const {
    const auto snapshot = snapshot_.load();
    const auto now = records::now();
    const auto is_same = [&](const http::Caller& other) {
        return other.means == caller.means && other.id == caller.id;
    };
    if (caller.means == by_session) {
        return std::any_of(snapshot->sessions.begin(), snapshot->sessions.end(), [&](const auto& entry) {
            return is_same(*entry.second.caller) && entry.second.is_live(now);
        });
    }
    if (caller.means == by_token) {
        return std::any_of(snapshot->tokens.begin(), snapshot->tokens.end(), [&](const auto& entry) {
            return is_same(*entry.second.caller) && entry.second.is_live(now);
        });
    }
    return true;  // the console's users are judged by the kernel
}

std::optional<http::Response> Identities::admit(http::Request& request, http::Access access) const {
    // A request with both counts as the token's: scripts send one on purpose.
    if (const auto bearer = bearer_of(request)) {
        request.caller = find_token(*bearer);
    } else {
        const auto cookie = http::find_cookie(request, cookie_name);
        if (!cookie) return http::problem(cookie.error());
        if (!*cookie) return not_signed_in();
        request.caller = find_session(**cookie);
        if (request.caller) {
            if (const auto judged = http::judge_origin(request); !judged) return http::problem(judged.error());
        }
    }
    if (!request.caller) return not_signed_in();
    if (access == http::Access::console) {
        return http::problem(403, "console_only", "This is for gatehousectl on the appliance itself.");
    }
    if (request.caller->rights < access) {
        return http::problem(403, "role_too_low",
                             "This takes the role operate; " + request.caller->name + " has the role read.");
    }
    return std::nullopt;
}

http::Gate Identities::gate() {
    return [this](http::Request& request, http::Access access) { return admit(request, access); };
}

}  // namespace gatehouse::admin
