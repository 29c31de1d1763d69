// The tables of the clean door's users: step 3 of records/migrations. Pure; any thread.
#pragma once

#include <string_view>

namespace gatehouse::records {

// Organizations, users and what belongs to them.
//  organizations, users, user_sessions: AUTOINCREMENT, so that what is remembered by its number (a session in memory,
//  sealed bytes) can't come to mean another row.
//  submission_limits: JSON, [[samples,minutes],...].
//  devices: let_in is when an administrator activated it first; NULL: it is pending.
//  submission_times: those of a user that was removed still count for its organization.
inline constexpr std::string_view schema_users = R"sql(
CREATE TABLE organizations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    device INTEGER NOT NULL CHECK (device IN (0, 1)),
    submission_limits TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX organizations_name ON organizations (lower(name));

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    title TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('user', 'org-admin', 'admin')),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    device INTEGER NOT NULL CHECK (device IN (0, 1)),
    password_hash TEXT,
    password_changed INTEGER,
    initial_password INTEGER NOT NULL CHECK (initial_password IN (0, 1)),
    submission_limits TEXT NOT NULL,
    created INTEGER NOT NULL,
    last_seen INTEGER
) STRICT;
CREATE UNIQUE INDEX users_login ON users (lower(login));
CREATE INDEX users_organization ON users (organization_id);

CREATE TABLE api_keys (
    user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    digest BLOB NOT NULL UNIQUE,
    sealed BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE devices (
    user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('esa', 'wsa', 'amp', 'other')),
    digest BLOB NOT NULL UNIQUE,
    address TEXT NOT NULL,
    network TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_poll INTEGER,
    let_in INTEGER,
    conflicts INTEGER NOT NULL,
    last_conflict INTEGER
) STRICT;
CREATE INDEX devices_pending ON devices (network) WHERE let_in IS NULL;

CREATE TABLE submission_times (
    id INTEGER PRIMARY KEY,
    user_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    submitted INTEGER NOT NULL
) STRICT;
CREATE INDEX submission_times_user ON submission_times (user_id, submitted);
CREATE INDEX submission_times_organization ON submission_times (organization_id, submitted);
CREATE INDEX submission_times_submitted ON submission_times (submitted);

CREATE TABLE user_sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    idle INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX user_sessions_user ON user_sessions (user_id);
)sql";

}  // namespace gatehouse::records
