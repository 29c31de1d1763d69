// The tables of disposition updates: step 6 of records/migrations. Pure; any thread.
//
//  disposition_services  who is told. version grows with each edit. probes counts attempts that found nobody there, and
//                        is never set back: the difference to what it was when a disposition was queued is how often
//                        the service was tried since. waiting and failed are running totals, kept by triggers; dropped
//                        counts failed ones that were forgotten because there were too many.
//  dispositions          what is told, a row for each service, as it was when the verdict was: it refers to no sample,
//                        because samples go and what was found is told all the same. Of one content one row is
//                        `waiting`, which may be tried, and the later ones stand `behind` it; so that what may be tried
//                        is found without looking at all that may not. queued_at begins the time in which it may be
//                        tried, anew with each retry.
#pragma once

#include <string_view>

namespace gatehouse::records {

inline constexpr std::string_view schema_dispositions = R"sql(
CREATE TABLE disposition_services (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL,
    user_name TEXT NOT NULL,
    sealed_password BLOB NOT NULL,
    network TEXT NOT NULL CHECK (network IN ('clean', 'dirty')),
    created INTEGER NOT NULL,
    version INTEGER NOT NULL,
    last_success INTEGER,
    last_failure INTEGER,
    failure_message TEXT NOT NULL,
    probes INTEGER NOT NULL,
    waiting INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    dropped INTEGER NOT NULL,
    UNIQUE (url, user_name)
) STRICT;

CREATE TABLE dispositions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service INTEGER NOT NULL REFERENCES disposition_services (id) ON DELETE CASCADE,
    sample TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    sha1 TEXT NOT NULL,
    md5 TEXT NOT NULL,
    score INTEGER NOT NULL,
    analyzed_at INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'behind', 'failed')),
    queued_at INTEGER NOT NULL,
    next_try INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    probes_before INTEGER NOT NULL,
    message TEXT NOT NULL
) STRICT;
CREATE INDEX dispositions_due ON dispositions (service, next_try, id) WHERE state = 'waiting';
CREATE UNIQUE INDEX dispositions_first ON dispositions (service, sha256) WHERE state = 'waiting';
CREATE INDEX dispositions_behind ON dispositions (service, sha256, id) WHERE state = 'behind';
CREATE INDEX dispositions_age ON dispositions (service, queued_at) WHERE state <> 'failed';
CREATE INDEX dispositions_failed ON dispositions (service, id) WHERE state = 'failed';

CREATE TRIGGER dispositions_come AFTER INSERT ON dispositions
BEGIN
    UPDATE disposition_services SET waiting = waiting + 1 WHERE id = NEW.service;
END;
CREATE TRIGGER dispositions_fail AFTER UPDATE OF state ON dispositions WHEN OLD.state <> 'failed' AND NEW.state = 'failed'
BEGIN
    UPDATE disposition_services SET waiting = waiting - 1, failed = failed + 1 WHERE id = NEW.service;
END;
CREATE TRIGGER dispositions_return AFTER UPDATE OF state ON dispositions
WHEN OLD.state = 'failed' AND NEW.state <> 'failed'
BEGIN
    UPDATE disposition_services SET waiting = waiting + 1, failed = failed - 1 WHERE id = NEW.service;
END;
CREATE TRIGGER dispositions_go AFTER DELETE ON dispositions WHEN OLD.state <> 'failed'
BEGIN
    UPDATE disposition_services SET waiting = waiting - 1 WHERE id = OLD.service;
END;
CREATE TRIGGER dispositions_drop AFTER DELETE ON dispositions WHEN OLD.state = 'failed'
BEGIN
    UPDATE disposition_services SET failed = failed - 1 WHERE id = OLD.service;
END;
)sql";

/// Step 8: finds what failed of a content when a later verdict on it is told.
inline constexpr std::string_view index_of_overtaken = R"sql(
CREATE INDEX dispositions_overtaken ON dispositions (service, sha256, id) WHERE state = 'failed';
)sql";

}  // namespace gatehouse::records
