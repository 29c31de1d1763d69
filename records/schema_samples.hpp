// The tables of samples: step 4 of records/migrations. Pure; any thread.
//
//  samples      a row per submission; `number` is the order they came in. user_id and organization_id refer to nothing:
//               accounts go, what they submitted stays. score is -1 where there is none, so that it can be sorted by;
//               name_key is the file name that is sorted by: its beginning, in ASCII lower case.
//  contents     what was submitted, once; `submissions` counts who refers to it (a foreign key would search for them).
//  sample_words what samples are searched by, each list included (docs/decisions/0023): the texts that people search,
//               and `marks`: who may see it, content, state, score, tags, each as a word (records/sample_words).
//  sample_hours the numbers that each hour gave out: bounds for a search between two moments.
//  kept_*       running totals, kept by triggers.
#pragma once

#include <string_view>

namespace gatehouse::records {

constexpr std::string_view schema_samples = R"sql(
CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL UNIQUE,
    sha1 TEXT NOT NULL,
    md5 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    submissions INTEGER NOT NULL
) STRICT;
CREATE INDEX contents_sha1 ON contents (sha1);
CREATE INDEX contents_md5 ON contents (md5);

CREATE TABLE samples (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    user_id INTEGER NOT NULL,
    organization_id INTEGER NOT NULL,
    is_private INTEGER NOT NULL CHECK (is_private IN (0, 1)),
    login TEXT NOT NULL,
    content_id INTEGER,
    filename TEXT NOT NULL,
    name_key TEXT NOT NULL,
    url TEXT NOT NULL,
    vm TEXT NOT NULL,
    os TEXT NOT NULL,
    playbook TEXT NOT NULL,
    network_exit TEXT NOT NULL,
    source TEXT NOT NULL,
    classify TEXT NOT NULL,
    callback_url TEXT NOT NULL,
    email_notification TEXT NOT NULL,
    sample_password BLOB,
    state TEXT NOT NULL CHECK (state IN ('wait', 'prep', 'run', 'proc', 'succ', 'fail')),
    attempts INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    started_at INTEGER,
    completed_at INTEGER,
    message TEXT NOT NULL,
    score INTEGER NOT NULL CHECK (score BETWEEN -1 AND 100),
    severity INTEGER,
    confidence INTEGER
) STRICT;
CREATE INDEX samples_state ON samples (state);
CREATE INDEX samples_score ON samples (score);
CREATE INDEX samples_user_score ON samples (user_id, score);
CREATE INDEX samples_organization_score ON samples (organization_id, is_private, score);
CREATE INDEX samples_name ON samples (name_key);
CREATE INDEX samples_user_name ON samples (user_id, name_key);
CREATE INDEX samples_organization_name ON samples (organization_id, is_private, name_key);

CREATE TABLE tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folded TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE sample_tags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sample INTEGER NOT NULL REFERENCES samples (number) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL,
    tag TEXT NOT NULL,
    UNIQUE (sample, tag_id)
) STRICT;
CREATE TABLE behaviours (
    sample INTEGER NOT NULL REFERENCES samples (number) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    name TEXT NOT NULL,
    title TEXT NOT NULL,
    severity INTEGER NOT NULL,
    confidence INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (sample, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE reports (
    sample INTEGER PRIMARY KEY REFERENCES samples (number) ON DELETE CASCADE,
    report BLOB NOT NULL
) STRICT;

CREATE VIRTUAL TABLE sample_words USING fts5(
    name, login, tags, marks,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3 4 5 6 7 8', columnsize = 0
);
CREATE TABLE sample_hours (
    hour INTEGER PRIMARY KEY,
    lowest INTEGER NOT NULL,
    highest INTEGER NOT NULL
) STRICT;

CREATE TABLE kept_samples (
    state TEXT NOT NULL PRIMARY KEY,
    samples INTEGER NOT NULL
) STRICT;
INSERT INTO kept_samples (state, samples)
VALUES ('wait', 0), ('prep', 0), ('run', 0), ('proc', 0), ('succ', 0), ('fail', 0);
CREATE TRIGGER samples_come AFTER INSERT ON samples
BEGIN
    UPDATE kept_samples SET samples = samples + 1 WHERE state = NEW.state;
END;
CREATE TRIGGER samples_move AFTER UPDATE OF state ON samples
BEGIN
    UPDATE kept_samples SET samples = samples - 1 WHERE state = OLD.state;
    UPDATE kept_samples SET samples = samples + 1 WHERE state = NEW.state;
END;
CREATE TRIGGER samples_go AFTER DELETE ON samples
BEGIN
    UPDATE kept_samples SET samples = samples - 1 WHERE state = OLD.state;
END;
CREATE TABLE kept_contents (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    contents INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
INSERT INTO kept_contents (id, contents, bytes) VALUES (1, 0, 0);
CREATE TRIGGER contents_come AFTER INSERT ON contents
BEGIN
    UPDATE kept_contents SET contents = contents + 1, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER contents_go AFTER DELETE ON contents
BEGIN
    UPDATE kept_contents SET contents = contents - 1, bytes = bytes - OLD.bytes;
END;
)sql";

}  // namespace gatehouse::records
