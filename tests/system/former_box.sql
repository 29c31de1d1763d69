-- The database of a box as the last version with step 4 of records/migrations left it: dumped by sqlite3 after that version
-- had stopped. former_box.py says what is in it.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE migrations (number INTEGER NOT NULL PRIMARY KEY, applied INTEGER NOT NULL) STRICT;
INSERT INTO migrations VALUES(1,1795453851012853);
INSERT INTO migrations VALUES(2,1795453851013208);
INSERT INTO migrations VALUES(3,1795453851013790);
INSERT INTO migrations VALUES(4,1795453851015107);
CREATE TABLE operators (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('read', 'operate')),
    email TEXT NOT NULL,
    display_name TEXT NOT NULL,
    created INTEGER NOT NULL,
    password_changed INTEGER NOT NULL,
    initial_password INTEGER NOT NULL CHECK (initial_password IN (0, 1))
, last_sign_in INTEGER) STRICT;
INSERT INTO operators VALUES(1,'admin','$argon2id$v=19$m=19456,t=2,p=1$tZDmS2jizMHGwoPwEGFA2Q$hxyWiNAdOfPmV2eQ4gCiG6d+SVhY8o6Y0PfysYbhOHw','operate','','',1795453851081900,1795453851081900,1,NULL);
INSERT INTO operators VALUES(2,'mira','$argon2id$v=19$m=19456,t=2,p=1$vrSaKcCwd3fcsB+7wUf9eg$V3YIDue3RB33/7vVNQyYnTyha/KFLe4ctyfozAWd+ck','operate','','Mira',1795453851133427,1795453851133427,0,NULL);
CREATE TABLE second_factors (
    operator_id INTEGER NOT NULL PRIMARY KEY REFERENCES operators (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    confirmed INTEGER,
    last_step INTEGER NOT NULL
) STRICT;
CREATE TABLE recovery_codes (
    operator_id INTEGER NOT NULL REFERENCES second_factors (operator_id) ON DELETE CASCADE,
    digest BLOB NOT NULL,
    used INTEGER,
    PRIMARY KEY (operator_id, digest)
) STRICT;
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    operator_id INTEGER NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
    door TEXT NOT NULL CHECK (door IN ('clean', 'admin')),
    created INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    idle INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL
) STRICT;
CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB NOT NULL UNIQUE,
    operator_id INTEGER NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('read', 'operate')),
    created INTEGER NOT NULL,
    expires INTEGER, last_used INTEGER,
    UNIQUE (operator_id, name)
) STRICT;
INSERT INTO tokens VALUES(1,X'ae03e65fdb4289da8ce1109fff4c54b8a916018eb3a34ab9f40a8b00a37f696f',2,'of-before','read',1795453851138857,NULL,NULL);
CREATE TABLE settings (
    name TEXT NOT NULL PRIMARY KEY,
    json TEXT NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
INSERT INTO settings VALUES('one_time_file.applied','"d56f9382f03dc45ae04baeb49a137417cecb08c4be4d6852046ecf32a47e60d3"',1795453851018904);
INSERT INTO settings VALUES('door.admin','{"hostname":"","legacy_tls":false,"policy":"modern"}',1795453851144570);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    via TEXT NOT NULL CHECK (via IN ('session', 'token', 'console', 'system')),
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    refusal TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
INSERT INTO audit VALUES(1,1795453851018904,'system','system','','user.added','ada','','{"interface":"clean"}');
INSERT INTO audit VALUES(2,1795453851018904,'system','system','','user.api_key','ada','','{"interface":"clean"}');
INSERT INTO audit VALUES(3,1795453851110433,'system','system','','certificate.changed','clean','','{"after_sha256":"6db9fccc48c58bc57058ce1f996f65197c28b672274581691e44224881660f40","before_sha256":"","interface":"clean","trigger":"start"}');
INSERT INTO audit VALUES(4,1795453851114626,'system','system','','certificate.changed','admin','','{"after_sha256":"17e768020cbb954aaf3738377dacb38090b1ac285d7d9177b2a08f38dcbc714e","before_sha256":"","interface":"admin","trigger":"start"}');
INSERT INTO audit VALUES(5,1795453851134085,'root','console','','operator.added','mira','','{}');
INSERT INTO audit VALUES(6,1795453851139859,'root','console','','token.made','of-before','','{}');
INSERT INTO audit VALUES(7,1795453851282697,'root','console','','settings.tls','admin','','{"after":"modern","interface":"admin"}');
CREATE TABLE organizations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    device INTEGER NOT NULL CHECK (device IN (0, 1)),
    submission_limits TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
INSERT INTO organizations VALUES(1,'default',1,0,'[]',1795453851018904);
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
INSERT INTO users VALUES(1,1,'ada','','','','admin',1,0,'$argon2id$v=19$m=19456,t=2,p=1$xXkfYy1i2r4tgsevzz1RIg$kADO4q2Lxl5BEalXdibbUdAwtvnIIizZXldxC+u+S44',1795453851018904,0,'[]',1795453851018904,1795453851334168);
CREATE TABLE api_keys (
    user_id INTEGER NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    digest BLOB NOT NULL UNIQUE,
    sealed BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT;
INSERT INTO api_keys VALUES(1,X'3516cb0555f38ea12a88ba2cc5a01b13bab1d6ff52e61642d340aa8c7264a24f',X'1da86eefb8206df29aa262d45a0de060d4462ccbcef2daf8d5dd14e43c78782430c6db2fd341a23d70b38c5da74cc38c4fd42b7e40cdcc27ae125e92f4cd1d1ff452',1795453851018904);
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
CREATE TABLE submission_times (
    id INTEGER PRIMARY KEY,
    user_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    submitted INTEGER NOT NULL
) STRICT;
INSERT INTO submission_times VALUES(1,1,1,1795453851334249);
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
INSERT INTO contents VALUES(1,'1b472a042c07e8f65955797bafcf468ff9e627214f77f5d2336113a3282ce81e','bf30e619087ed9fb4e8004125ab820f5a3551250','098ff7150e6a9a992ac224669d9bd6f0',28,1795453851334249,1795453851334249,1);
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
INSERT INTO samples VALUES(1,'3627e0cd6e0ee37bb402d3a9a92e6e88',1,1,0,'ada',1,'sample.bin','sample.bin','','','','','','','','','',NULL,'wait',0,1795453851334249,NULL,NULL,'',-1,NULL,NULL);
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
PRAGMA writable_schema=ON;
INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','sample_words','sample_words',0,'CREATE VIRTUAL TABLE sample_words USING fts5(
    name, login, tags, marks,
    tokenize = ''unicode61 remove_diacritics 2'', prefix = ''1 2 3 4 5 6 7 8'', columnsize = 0
)');
CREATE TABLE IF NOT EXISTS 'sample_words_data'(id INTEGER PRIMARY KEY, block BLOB);
INSERT INTO sample_words_data VALUES(1,X'0102010005');
INSERT INTO sample_words_data VALUES(10,X'000000000101010001010101');
INSERT INTO sample_words_data VALUES(137438953473,X'000001260430616461010601010202026e790106010302010362696e01020301026331010601030601026f310106010304010673616d706c65010202010275310106010303010477616974010601030500023161010c010102010302010162010203010163010601030601016f0106010304010173010202010175010601030301017701060103050003326164010601010202016e01060103020102626901020301026331010601030601026f31010601030401027361010202010275310106010303010277610106010305000433616461010601010202026e790106010302010362696e010203010373616d0102020103776169010601030500053473616d70010202010477616974010601030500063573616d706c01020200073673616d706c65010202040a090809090b090b0c0608080608080a080709090709090b0908080a0a0b0b');
CREATE TABLE IF NOT EXISTS 'sample_words_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
INSERT INTO sample_words_idx VALUES(1,X'',2);
CREATE TABLE IF NOT EXISTS 'sample_words_content'(id INTEGER PRIMARY KEY, c0, c1, c2, c3);
INSERT INTO sample_words_content VALUES(1,'sample.bin','ada','','any u1 o1 wait c1');
CREATE TABLE IF NOT EXISTS 'sample_words_config'(k PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO sample_words_config VALUES('version',4);
CREATE TABLE sample_hours (
    hour INTEGER PRIMARY KEY,
    lowest INTEGER NOT NULL,
    highest INTEGER NOT NULL
) STRICT;
INSERT INTO sample_hours VALUES(498737,1,1);
CREATE TABLE kept_samples (
    state TEXT NOT NULL PRIMARY KEY,
    samples INTEGER NOT NULL
) STRICT;
INSERT INTO kept_samples VALUES('wait',1);
INSERT INTO kept_samples VALUES('prep',0);
INSERT INTO kept_samples VALUES('run',0);
INSERT INTO kept_samples VALUES('proc',0);
INSERT INTO kept_samples VALUES('succ',0);
INSERT INTO kept_samples VALUES('fail',0);
CREATE TABLE kept_contents (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    contents INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
INSERT INTO kept_contents VALUES(1,1,28);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('organizations',1);
INSERT INTO sqlite_sequence VALUES('users',1);
INSERT INTO sqlite_sequence VALUES('audit',7);
INSERT INTO sqlite_sequence VALUES('operators',2);
INSERT INTO sqlite_sequence VALUES('tokens',1);
INSERT INTO sqlite_sequence VALUES('contents',1);
INSERT INTO sqlite_sequence VALUES('samples',1);
CREATE UNIQUE INDEX operators_name ON operators (lower(name));
CREATE INDEX sessions_operator ON sessions (operator_id);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_action ON audit (action, id);
CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE TRIGGER audit_grows BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
CREATE UNIQUE INDEX organizations_name ON organizations (lower(name));
CREATE UNIQUE INDEX users_login ON users (lower(login));
CREATE INDEX users_organization ON users (organization_id);
CREATE INDEX devices_pending ON devices (network) WHERE let_in IS NULL;
CREATE INDEX submission_times_user ON submission_times (user_id, submitted);
CREATE INDEX submission_times_organization ON submission_times (organization_id, submitted);
CREATE INDEX submission_times_submitted ON submission_times (submitted);
CREATE INDEX user_sessions_user ON user_sessions (user_id);
CREATE INDEX contents_sha1 ON contents (sha1);
CREATE INDEX contents_md5 ON contents (md5);
CREATE INDEX samples_state ON samples (state);
CREATE INDEX samples_score ON samples (score);
CREATE INDEX samples_user_score ON samples (user_id, score);
CREATE INDEX samples_organization_score ON samples (organization_id, is_private, score);
CREATE INDEX samples_name ON samples (name_key);
CREATE INDEX samples_user_name ON samples (user_id, name_key);
CREATE INDEX samples_organization_name ON samples (organization_id, is_private, name_key);
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
CREATE TRIGGER contents_come AFTER INSERT ON contents
BEGIN
    UPDATE kept_contents SET contents = contents + 1, bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER contents_go AFTER DELETE ON contents
BEGIN
    UPDATE kept_contents SET contents = contents - 1, bytes = bytes - OLD.bytes;
END;
PRAGMA writable_schema=OFF;
COMMIT;
