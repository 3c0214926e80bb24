-- The first shape of the store.
--
-- Ids are 16 random bytes; a table that is keyed by one alone is WITHOUT ROWID, so that a look-up is one descent.
-- Tables whose rows are long (messages, queues) have whole-number keys: rows of a WITHOUT ROWID table also sit in the
-- inner pages of its tree, and what is longer than about 1,000 bytes goes to pages of its own.
-- Times are milliseconds since 1970-01-01T00:00:00Z. Numbers that stand for words are listed in `column.rs`.
-- `sealed` is for those who have the key; nothing here looks into it.
--
-- References between a lane and its sessions are not declared: the two are made together, so the check would have to be
-- deferred to COMMIT, which covers many commits, and would fail all of them. `apply.rs` checks them for each commit.

-- One row: how the store is sealed.
CREATE TABLE header (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    mode INTEGER NOT NULL,
    key_version INTEGER NOT NULL,
    check_value BLOB NOT NULL,
    kdf BLOB,
    names_key_version INTEGER NOT NULL,
    names_key BLOB NOT NULL,
    names_seals INTEGER NOT NULL
) STRICT;

-- What a platform calls a thing → our id of it.
CREATE TABLE binding (
    tag BLOB NOT NULL PRIMARY KEY CHECK (length(tag) = 16),
    id BLOB NOT NULL CHECK (length(id) = 16)
) STRICT, WITHOUT ROWID;

-- Places and persons.
CREATE TABLE record (
    kind INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    sealed BLOB NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- Lanes are never deleted and their versions only grow: that is how a commit of unknown outcome is told (`evidence.rs`).
CREATE TABLE lane (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version > 0),
    current BLOB NOT NULL CHECK (length(current) = 16),
    owner BLOB CHECK (length(owner) = 16),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX lane_by_owner ON lane (owner, id) WHERE owner IS NOT NULL;

CREATE TABLE session (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    lane BLOB NOT NULL CHECK (length(lane) = 16),
    state INTEGER NOT NULL,
    last_activity_at INTEGER NOT NULL,
    seals INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_by_lane ON session (lane, id);

-- A current session is active all the time: it stays out of the indexes by activity (state 0 is current), so that an
-- append changes no index at all.
CREATE INDEX session_current ON session (lane) WHERE state = 0;
CREATE INDEX session_by_activity ON session (lane, state, last_activity_at, id) WHERE state <> 0;
CREATE INDEX session_by_age ON session (state, last_activity_at, id) WHERE state <> 0;

-- The number is what messages are keyed by; it is never used again.
CREATE TABLE timeline (
    number INTEGER PRIMARY KEY AUTOINCREMENT CHECK (number < 0x80000000),
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    session BLOB NOT NULL REFERENCES session (id),
    sealed BLOB NOT NULL
) STRICT;

CREATE INDEX timeline_by_session ON timeline (session, id);

-- The key is (number of the timeline << 32) + position: a stretch of a timeline is one sequential read.
-- A row at position 2^32 - 1 is no message: it holds room open for those before it (`tail.rs`), and its `sealed` is empty.
CREATE TABLE message (
    key INTEGER PRIMARY KEY,
    role INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    importance INTEGER NOT NULL CHECK (importance BETWEEN 0 AND 255),
    tokenizer INTEGER,
    tokens INTEGER,
    sealed BLOB NOT NULL,
    CHECK ((tokenizer IS NULL) = (tokens IS NULL))
) STRICT;

-- Few messages are important; the key comes behind the importance by itself.
CREATE INDEX message_by_importance ON message (key >> 32, importance) WHERE importance > 0;

-- Keyed like messages: by the last one that it covers.
CREATE TABLE summary (
    key INTEGER PRIMARY KEY,
    created_at INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE checkpoint (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    lane BLOB NOT NULL REFERENCES lane (id),
    session BLOB NOT NULL REFERENCES session (id),
    created_at INTEGER NOT NULL,
    automatic INTEGER NOT NULL CHECK (automatic IN (0, 1)),
    deleted_at INTEGER,
    name BLOB NOT NULL CHECK (length(name) = 16),
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX checkpoint_by_lane ON checkpoint (lane, id, automatic);
CREATE INDEX checkpoint_by_session ON checkpoint (session, id);
CREATE INDEX checkpoint_by_age ON checkpoint (lane, automatic, created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX checkpoint_by_name ON checkpoint (lane, name, created_at, id)
    WHERE deleted_at IS NULL AND automatic = 0;

CREATE TABLE journal (
    lane BLOB NOT NULL REFERENCES lane (id),
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (lane, seq)
) STRICT, WITHOUT ROWID;

-- Wrapped keys. Deleting a row destroys what the key has sealed.
CREATE TABLE key (
    purpose INTEGER NOT NULL,
    owner BLOB NOT NULL CHECK (length(owner) = 16),
    version INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (purpose, owner)
) STRICT, WITHOUT ROWID;

-- Events that are not done; a row leaves with its event, so the table stays small. No number is used twice.
CREATE TABLE inbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    place BLOB NOT NULL CHECK (length(place) = 16),
    -- Tags of 16 bytes, one behind the other.
    events BLOB NOT NULL CHECK (length(events) % 16 = 0),
    received_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    parked INTEGER NOT NULL DEFAULT 0 CHECK (parked IN (0, 1)),
    key BLOB NOT NULL CHECK (length(key) = 16),
    sealed BLOB NOT NULL
) STRICT;

-- Tags of events, done or not. No index by time: forgetting is rare and visits most pages anyway, receiving is not rare.
CREATE TABLE seen (
    tag BLOB NOT NULL PRIMARY KEY CHECK (length(tag) = 16),
    inbox INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Tokens that were used.
CREATE TABLE spent (
    tag BLOB NOT NULL PRIMARY KEY CHECK (length(tag) = 16),
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Chunks that are neither sent nor dead; a row leaves with its chunk. No number is used twice.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    place BLOB NOT NULL CHECK (length(place) = 16),
    chunk INTEGER NOT NULL,
    private INTEGER NOT NULL CHECK (private IN (0, 1)),
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 16),
    sealed BLOB NOT NULL
) STRICT;

-- Live turns.
CREATE TABLE turn (
    lane BLOB NOT NULL PRIMARY KEY REFERENCES lane (id),
    id BLOB NOT NULL CHECK (length(id) = 16),
    upto INTEGER NOT NULL,
    state INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
